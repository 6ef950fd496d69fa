package devicelog

import "bytes"

// Stormshield (SNS) logs: key=value, startime before time, both local with tz.
// logtype "connection" and "plugin" are written when a connection ends and have
// its bytes, "filter" when a rule lets it through.
//
// Shape: Stormshield's "Description of Audit logs"; elastic/integrations,
// packages/stormshield.

func init() {
	register(&device{
		name:    "stormshield",
		needs:   "startime, src, dst, logtype connection, plugin or filter",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "Stormshield SNS connection and filter logs, key=value",
		example: `id=firewall time="2020-06-21 00:00:07" fw="SN310" tz=+0000 startime="2020-06-21 00:00:02" ipproto=tcp src=10.0.0.5 srcport=50000 dst=203.0.113.9 dstport=443 sent=300 rcvd=900 duration=5.00 logtype="connection"`,
		mine:    stormshieldLine,
		read:    readStormshield,
		prefer:  ended,
	})
}

func stormshieldLine(line []byte) bool {
	return bytes.Contains(line, []byte("id=firewall")) && bytes.Contains(line, []byte("startime=")) && bytes.Contains(line, []byte(" src="))
}

var stormshieldValues = map[string]value{"startime": vTime, "time": vEnd, "tz": vZone, "src": vSrc, "srcport": vSrcPort, "dst": vDst, "dstport": vDstPort, "dstname": vName,
	"ipproto": vProto, "sent": vSent, "rcvd": vReceived, "duration": vDuration, "logtype": vKind}

func readStormshield(m *message, v *values) string {
	v.takePairs(m.line, stormshieldValues)
	if v.text[vProto] == nil {
		v.takePairs(m.line, map[string]value{"proto": vProto})
	}
	switch string(v.text[vKind]) {
	case "connection", "plugin":
		v.phase = ended
	case "filter":
		v.phase = begun
	default:
		return notFlow
	}
	return ""
}
