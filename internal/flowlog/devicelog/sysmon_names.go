package devicelog

import "beacon/internal/flowlog/cut"

// Sysmon's event 3 in tables and JSON: Get-WinEvent and Splunk exports, winlogbeat
// (winlog.event_data), NXLog, evtx_dump. Of other events the log may hold there are
// no addresses. Where Initiated is false the other end opened the connection.
//
// Shape: Sysinternals, Sysmon, "Event ID 3: Network connection"; Elastic,
// winlogbeat's exported fields.

func init() {
	registerDialect(&dialect{
		name:    "sysmon",
		shown:   "UtcTime, SourceIp, DestinationIp",
		doc:     "Sysmon network connections (event 3), CSV and JSON (winlogbeat, NXLog, evtx_dump)",
		example: "UtcTime,Image,Protocol,Initiated,SourceIp,SourcePort,DestinationIp,DestinationPort",
		needs:   [][]string{{"utctime"}, {"sourceip"}, {"destinationip"}},
		names: all(vTime.named("utctime"), vSrc.named("sourceip"), vSrcPort.named("sourceport"), vDst.named("destinationip"), vDstPort.named("destinationport"),
			vProto.named("protocol"), vName.named("destinationhostname")),
		finish: func(v *values, get func(string) []byte) string {
			if id := get("eventid"); id != nil && string(id) != "3" {
				return notFlow
			}
			if code := get("eventcode"); code != nil && string(code) != "3" {
				return notFlow
			}
			if cut.IsFalse(get("initiated")) {
				v.reverse()
				v.text[vName] = get("sourcehostname")
			}
			return ""
		},
	})
}
