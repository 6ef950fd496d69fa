package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Sophos Firewall (SFOS, XG) device standard and central formats: key=value. A
// connection is logged when it starts and when it stops (connevent); the stop has
// the bytes.
//
// Shape: Sophos Firewall syslog guide, module Firewall; elastic/integrations,
// packages/sophos.

func init() {
	register(&device{
		name:    "sophos",
		needs:   "log_type=Firewall, src_ip, dst_ip",
		gives:   "ports, protocol, bytes, duration",
		doc:     "Sophos Firewall (XG, SFOS) firewall logs, key=value",
		example: `device="SFW" date=2020-06-21 time=00:00:02 timezone="UTC" log_type="Firewall" src_ip=10.0.0.5 dst_ip=203.0.113.9 protocol="TCP" src_port=50000 dst_port=443 bytes_sent=300 bytes_received=900`,
		mine:    sophosLine,
		read:    readSophos,
		prefer:  ended,
	})
}

func sophosLine(line []byte) bool {
	return (bytes.Contains(line, []byte(`log_type="Firewall"`)) || bytes.Contains(line, []byte("log_type=Firewall"))) &&
		bytes.Contains(line, []byte("src_ip=")) && bytes.Contains(line, []byte("dst_ip="))
}

func readSophos(m *message, v *values) string {
	p := cut.Pairs{Rest: m.line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "timestamp":
			v.text[vTime] = val
		case "date":
			v.text[vDate] = val
		case "time":
			v.text[vClock] = val
		case "timezone":
			if len(val) > 0 && (val[0] == '+' || val[0] == '-') || string(val) == "UTC" || string(val) == "GMT" {
				v.text[vZone] = zoneOffset(val)
			}
		case "src_ip":
			v.text[vSrc] = val
		case "dst_ip":
			v.text[vDst] = val
		case "src_port":
			v.text[vSrcPort] = val
		case "dst_port":
			v.text[vDstPort] = val
		case "protocol":
			v.text[vProto] = val
		case "bytes_sent", "sent_bytes":
			v.text[vSent] = val
		case "bytes_received", "recv_bytes":
			v.text[vReceived] = val
		case "duration":
			v.text[vDuration] = val
		case "con_event", "connevent":
			switch string(val) {
			case "Start":
				v.phase = begun
			case "Stop":
				v.phase = ended
			case "Interim":
				v.phase = interim
			}
		}
	}
	if v.text[vTime] != nil {
		v.text[vDate], v.text[vClock], v.text[vZone] = nil, nil, nil
	}
	return ""
}

// zoneOffset is a zone's text as one that can stand behind a time.
func zoneOffset(zone []byte) []byte {
	if zone[0] == 'U' || zone[0] == 'G' {
		return []byte("Z")
	}
	return zone
}
