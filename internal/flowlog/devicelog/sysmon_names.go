package devicelog

import (
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Sysmon's event 3 in tables and JSON: Get-WinEvent and Splunk exports, winlogbeat
// (winlog.event_data), NXLog, evtx_dump. Of other events the log may hold there are
// no addresses. Where Initiated is false the other end opened the connection.
// Only of a connection that the host opened is it certain which end is its own
// address, the source: where it was called, published records have it at either end.
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
			if !isConnection(get) {
				return record.NotFlow
			}
			if cut.IsFalse(get("initiated")) {
				v.Reverse()
				v.Text[record.Name] = get("sourcehostname")
			}
			return ""
		},
		Host: func(v *record.Values, get func(string) []byte) string {
			initiated := get("initiated")
			if cut.Null(initiated) || cut.IsFalse(initiated) || !isConnection(get) {
				return record.NotFlow
			}
			for _, column := range computerColumns {
				if name := get(column); !cut.Null(name) {
					return v.OfHost(name)
				}
			}
			return record.NotFlow
		},
	})
}

// computerColumns is the columns that name the computer of an event, the most telling first:
// of Windows, winlogbeat, Get-WinEvent, NXLog, and the agent's own.
var computerColumns = []string{"computer", "computername", "machinename", "hostname"}

// isConnection tells whether an event is a network connection, as far as it says.
func isConnection(get func(string) []byte) bool {
	for _, column := range [...]string{"eventid", "eventcode"} {
		if id := get(column); id != nil && string(id) != "3" {
			return false
		}
	}
	return true
}
