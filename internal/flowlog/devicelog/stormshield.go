package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// Stormshield (SNS) logs: key=value, startime before time, both local with tz.
// logtype "connection" and "plugin" are written when a connection ends and have
// its bytes, "filter" when a rule lets it through.
//
// Shape: Stormshield's "Description of Audit logs"; elastic/integrations,
// packages/stormshield.

func init() {
	record.Register(&record.Device{
		Name:    "stormshield",
		Needs:   "startime, src, dst, logtype connection, plugin or filter",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Stormshield SNS connection and filter logs, key=value",
		Example: `id=firewall time="2020-06-21 00:00:07" fw="SN310" tz=+0000 startime="2020-06-21 00:00:02" ipproto=tcp src=10.0.0.5 srcport=50000 dst=203.0.113.9 dstport=443 sent=300 rcvd=900 duration=5.00 logtype="connection"`,
		Mine:    stormshieldLine,
		Read:    readStormshield,
		Prefer:  record.Ended,
	})
}

func stormshieldLine(line []byte) bool {
	return bytes.Contains(line, []byte("id=firewall")) && bytes.Contains(line, []byte("startime=")) && bytes.Contains(line, []byte(" src="))
}

var stormshieldValues = map[string]record.Value{"startime": record.Time, "time": record.End, "tz": record.Zone, "src": record.Src, "srcport": record.SrcPort, "dst": record.Dst, "dstport": record.DstPort, "dstname": record.Name,
	"ipproto": record.Proto, "sent": record.Sent, "rcvd": record.Received, "duration": record.Duration, "logtype": record.Kind}

func readStormshield(m *record.Message, v *record.Values) string {
	v.TakePairs(m.Line, stormshieldValues)
	if v.Text[record.Proto] == nil {
		v.TakePairs(m.Line, map[string]record.Value{"proto": record.Proto})
	}
	switch string(v.Text[record.Kind]) {
	case "connection", "plugin":
		v.Phase = record.Ended
	case "filter":
		v.Phase = record.Begun
	default:
		return record.NotFlow
	}
	return ""
}
