package devicelog

import (
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Sysmon's event 3 in tables and JSON: Get-WinEvent and Splunk exports, winlogbeat
// (winlog.event_data), NXLog, evtx_dump. Of other events the log may hold there are
// no addresses. Where Initiated is false the other end opened the connection.
//
// Shape: Sysinternals, Sysmon, "Event ID 3: Network connection"; Elastic,
// winlogbeat's exported fields.

func init() {
	record.RegisterDialect(&record.Dialect{
		Name:    "sysmon",
		Shown:   "UtcTime, SourceIp, DestinationIp",
		Doc:     "Sysmon network connections (event 3), CSV and JSON (winlogbeat, NXLog, evtx_dump)",
		Example: "UtcTime,Image,Protocol,Initiated,SourceIp,SourcePort,DestinationIp,DestinationPort",
		Needs:   [][]string{{"utctime"}, {"sourceip"}, {"destinationip"}},
		Names: record.All(record.Time.Named("utctime"), record.Src.Named("sourceip"), record.SrcPort.Named("sourceport"), record.Dst.Named("destinationip"), record.DstPort.Named("destinationport"),
			record.Proto.Named("protocol"), record.Name.Named("destinationhostname")),
		Finish: func(v *record.Values, get func(string) []byte) string {
			if id := get("eventid"); id != nil && string(id) != "3" {
				return record.NotFlow
			}
			if code := get("eventcode"); code != nil && string(code) != "3" {
				return record.NotFlow
			}
			if cut.IsFalse(get("initiated")) {
				v.Reverse()
				v.Text[record.Name] = get("sourcehostname")
			}
			return ""
		},
	})
}
