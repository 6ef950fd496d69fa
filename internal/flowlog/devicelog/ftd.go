package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Cisco Firepower Threat Defense's connection events over syslog: 430002 at a
// connection's beginning, 430003 at its end, "Key: value" apart by commas. The others
// (intrusions, files) are of no connection of their own.
//
// Shape: Cisco, "Cisco Secure Firewall Threat Defense Syslog Messages", 430001 to 430005.

func init() {
	record.Register(&record.Device{
		Name:    "cisco-ftd",
		Needs:   "%FTD-1-430002 or 430003, SrcIP, DstIP, FirstPacketSecond or a syslog time",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "Cisco Firepower Threat Defense connection events, syslog",
		Example: "<113>2020-06-21T00:00:32Z ftd %FTD-1-430003: FirstPacketSecond: 2020-06-21T00:00:02Z, SrcIP: 10.0.0.5, DstIP: 203.0.113.9, SrcPort: 50000, DstPort: 443, Protocol: tcp, ConnectionDuration: 30, InitiatorBytes: 300, ResponderBytes: 900",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("-430002:")) || bytes.Contains(line, []byte("-430003:"))
		},
		Read:   readFTD,
		Prefer: record.Ended,
	})
}

func readFTD(m *record.Message, v *record.Values) string {
	_, rest, _ := bytes.Cut(m.Line, []byte("-43000"))
	v.Phase = record.Ended
	if bytes.HasPrefix(rest, []byte("2:")) {
		v.Phase = record.Begun
	}
	_, rest, _ = bytes.Cut(rest, []byte(": "))
	for pair := range bytes.SplitSeq(rest, []byte(", ")) {
		key, val, _ := bytes.Cut(pair, []byte(": "))
		switch string(bytes.TrimSpace(key)) {
		case "FirstPacketSecond":
			v.Text[record.Time] = val
		case "SrcIP":
			v.Text[record.Src] = val
		case "DstIP":
			v.Text[record.Dst] = val
		case "SrcPort":
			v.Text[record.SrcPort] = val
		case "DstPort":
			v.Text[record.DstPort] = val
		case "Protocol":
			v.Text[record.Proto] = val
		case "ConnectionDuration":
			v.Text[record.Duration] = val
		case "InitiatorBytes":
			v.Text[record.Sent] = val
		case "ResponderBytes":
			v.Text[record.Received] = val
		case "URL":
			if v.Text[record.Name] == nil {
				v.Text[record.Name], _ = cut.URLHost(val, true)
			}
		case "SSLServerName", "ReferencedHost", "DNSQuery":
			v.Text[record.Name] = val
		}
	}
	return ""
}
