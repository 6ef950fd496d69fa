package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

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

func readStormshield(m *message, v *values) string {
	p := cut.Pairs{Rest: m.line, End: " ", Assign: '='}
	var proto []byte
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "startime":
			v.text[vTime] = val
		case "time":
			v.text[vEnd] = val
		case "tz":
			v.text[vZone] = val
		case "src":
			v.text[vSrc] = val
		case "srcport":
			v.text[vSrcPort] = val
		case "dst":
			v.text[vDst] = val
		case "dstport":
			v.text[vDstPort] = val
		case "dstname":
			v.text[vName] = val
		case "ipproto":
			v.text[vProto] = val
		case "proto":
			proto = val
		case "sent":
			v.text[vSent] = val
		case "rcvd":
			v.text[vReceived] = val
		case "duration":
			v.text[vDuration] = val
		case "logtype":
			v.text[vKind] = val
		}
	}
	if v.text[vProto] == nil {
		v.text[vProto] = proto
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
