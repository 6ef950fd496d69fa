package packetfilter

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// ipfw, the packet filter of FreeBSD and formerly macOS: a line for each packet that a rule with
// the word log matched. The time is syslog's. ICMP has its type and code behind the protocol,
// other protocols their number.
//
// Shape: FreeBSD, sys/netpfil/ipfw/ip_fw_log.c.

func init() {
	record.Register(&record.Device{
		Name:    "ipfw",
		Needs:   "ipfw: with a syslog time",
		Gives:   "ports, protocol",
		Doc:     "ipfw packet logs of FreeBSD and others",
		Example: "Jun 21 00:00:02 gw kernel: ipfw: 1100 Deny TCP 10.0.0.5:50000 203.0.113.9:443 out via em0",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte("ipfw: ")) && bytes.Contains(line, []byte(" via "))
		},
		Read: readIPFW,
	})
}

func readIPFW(m *record.Message, v *record.Values) string {
	_, rest, _ := bytes.Cut(m.Line, []byte("ipfw: "))
	words := bytes.Fields(rest)
	for i, word := range words[:max(len(words)-2, 0)] { // a rule's action may have several words
		proto, number, _ := bytes.Cut(word, []byte(":"))
		switch string(proto) {
		case "P":
			proto = number
		case "TCP", "UDP", "UDPLite", "SCTP", "ICMP", "ICMPv6":
		default:
			continue
		}
		v.Text[record.Proto] = proto
		v.Text[record.Src], v.Text[record.SrcPort] = addressPort(words[i+1])
		v.Text[record.Dst], v.Text[record.DstPort] = addressPort(words[i+2])
		return ""
	}
	return record.NotFlow
}

// addressPort is address and port of address:port; of an address alone the port is nil.
func addressPort(word []byte) (addr, port []byte) {
	if cut.IsAddress(word) {
		return word, nil
	}
	return cut.HostPort(word)
}
