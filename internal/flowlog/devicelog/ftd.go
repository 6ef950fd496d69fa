package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Cisco Firepower Threat Defense's connection events over syslog: 430002 at a
// connection's beginning, 430003 at its end, "Key: value" apart by commas. The others
// (intrusions, files) are of no connection of their own.
//
// Shape: Cisco, "Cisco Secure Firewall Threat Defense Syslog Messages", 430001 to 430005.

func init() {
	register(&device{
		name:    "cisco-ftd",
		needs:   "%FTD-1-430002 or 430003, SrcIP, DstIP, FirstPacketSecond or a syslog time",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "Cisco Firepower Threat Defense connection events, syslog",
		example: "<113>2020-06-21T00:00:32Z ftd %FTD-1-430003: FirstPacketSecond: 2020-06-21T00:00:02Z, SrcIP: 10.0.0.5, DstIP: 203.0.113.9, SrcPort: 50000, DstPort: 443, Protocol: tcp, ConnectionDuration: 30, InitiatorBytes: 300, ResponderBytes: 900",
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("-430002:")) || bytes.Contains(line, []byte("-430003:"))
		},
		read:   readFTD,
		prefer: ended,
	})
}

func readFTD(m *message, v *values) string {
	_, rest, _ := bytes.Cut(m.line, []byte("-43000"))
	v.phase = ended
	if bytes.HasPrefix(rest, []byte("2:")) {
		v.phase = begun
	}
	_, rest, _ = bytes.Cut(rest, []byte(": "))
	for pair := range bytes.SplitSeq(rest, []byte(", ")) {
		key, val, _ := bytes.Cut(pair, []byte(": "))
		switch string(bytes.TrimSpace(key)) {
		case "FirstPacketSecond":
			v.text[vTime] = val
		case "SrcIP":
			v.text[vSrc] = val
		case "DstIP":
			v.text[vDst] = val
		case "SrcPort":
			v.text[vSrcPort] = val
		case "DstPort":
			v.text[vDstPort] = val
		case "Protocol":
			v.text[vProto] = val
		case "ConnectionDuration":
			v.text[vDuration] = val
		case "InitiatorBytes":
			v.text[vSent] = val
		case "ResponderBytes":
			v.text[vReceived] = val
		case "URL":
			if v.text[vName] == nil {
				v.text[vName], _ = cut.URLHost(val, true)
			}
		case "SSLServerName", "ReferencedHost", "DNSQuery":
			v.text[vName] = val
		}
	}
	return ""
}
