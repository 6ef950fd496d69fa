package devicelog

import (
	"bytes"
	"time"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
	"beacon/internal/flowlog/timelayout"
)

// Sophos Firewall (SFOS, XG) device standard and central formats: key=value. A
// connection is logged when it starts and when it stops (connevent); the stop has
// the bytes.
//
// Shape: Sophos Firewall syslog guide, module Firewall; elastic/integrations,
// packages/sophos.

func init() {
	record.Register(&record.Device{
		Name:    "sophos",
		Needs:   "log_type=Firewall, src_ip, dst_ip",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Sophos Firewall (XG, SFOS) firewall logs, key=value",
		Example: `device="SFW" date=2020-06-21 time=00:00:02 timezone="UTC" log_type="Firewall" src_ip=10.0.0.5 dst_ip=203.0.113.9 protocol="TCP" src_port=50000 dst_port=443 bytes_sent=300 bytes_received=900`,
		Mine:    sophosLine,
		Read:    readSophos,
		Prefer:  record.Ended,
	})
}

func sophosLine(line []byte) bool {
	return (bytes.Contains(line, []byte(`log_type="Firewall"`)) || bytes.Contains(line, []byte("log_type=Firewall"))) &&
		bytes.Contains(line, []byte("src_ip=")) && bytes.Contains(line, []byte("dst_ip="))
}

func readSophos(m *record.Message, v *record.Values) string {
	p := cut.Pairs{Rest: m.Line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "timestamp":
			v.Text[record.Time] = val
		case "date":
			v.Text[record.Date] = val
		case "time":
			v.Text[record.Clock] = val
		case "timezone":
			v.Text[record.Zone] = zoneOffset(val)
		case "src_ip":
			v.Text[record.Src] = val
		case "dst_ip":
			v.Text[record.Dst] = val
		case "src_port":
			v.Text[record.SrcPort] = val
		case "dst_port":
			v.Text[record.DstPort] = val
		case "protocol":
			v.Text[record.Proto] = val
		case "bytes_sent", "sent_bytes":
			v.Text[record.Sent] = val
		case "bytes_received", "recv_bytes":
			v.Text[record.Received] = val
		case "duration":
			v.Text[record.Duration] = val
		case "con_event", "connevent":
			switch string(val) {
			case "Start":
				v.Phase = record.Begun
			case "Stop":
				v.Phase = record.Ended
			case "Interim":
				v.Phase = record.Interim
			}
		}
	}
	if v.Text[record.Time] != nil {
		v.Text[record.Date], v.Text[record.Clock], v.Text[record.Zone] = nil, nil, nil
	}
	return ""
}

// zoneOffset returns a zone as it can stand behind a time, nil for one that isn't known.
func zoneOffset(zone []byte) []byte {
	if len(zone) == 0 || zone[0] == '+' || zone[0] == '-' {
		return zone
	}
	if string(zone) == "UTC" || string(zone) == "GMT" {
		return []byte("Z")
	}
	if seconds, ok := timelayout.Offset(string(zone)); ok {
		return time.Unix(0, 0).In(time.FixedZone("", seconds)).AppendFormat(nil, "-07:00")
	}
	return nil
}
