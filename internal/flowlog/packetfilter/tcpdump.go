package packetfilter

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// The text of tcpdump, where it has the day of each packet (-tt or -tttt), and that of pf's log
// (tcpdump -e -i pflog0). The port stands behind the address and a point, -n gives both in digits.
// As in a capture, each packet is a flow.
//
//	2020-06-21 00:00:02.892702 IP 10.0.0.5.50000 > 203.0.113.9.443: Flags [S], seq 1, length 0
//	2020-06-21 00:00:02.892702 rule 3/0(match): block out on em0: 10.0.0.5.50000 > 203.0.113.9.443: Flags [S], length 0
//
// Shape: tcpdump(1), "Output format"; pflogd(8).

func init() {
	record.Register(&record.Device{
		Name:    "tcpdump",
		Needs:   "a time with its day, IP or rule, source > destination",
		Gives:   "ports, protocol, bytes",
		Doc:     "tcpdump's text with the day of each packet (tcpdump -n -tttt), and that of pf's log",
		Example: "2020-06-21 00:00:02.892702 IP 10.0.0.5.50000 > 203.0.113.9.443: Flags [S], seq 1, win 64240, length 0",
		Mine:    func(line []byte) bool { return tcpdumpEnds(line) >= 0 },
		Read:    readTcpdump,
	})
}

// tcpdumpEnds returns where the ends of a packet begin, -1 in a line of another kind.
func tcpdumpEnds(line []byte) int {
	to := bytes.Index(line, []byte(" > "))
	if to < 0 || bytes.IndexByte(line[to:], ':') < 0 {
		return -1
	}
	from := bytes.LastIndexByte(line[:to], ' ') + 1
	before := line[:from]
	if bytes.HasSuffix(before, []byte(" IP ")) || bytes.HasSuffix(before, []byte(" IP6 ")) || bytes.Contains(before, []byte(" rule ")) && bytes.Contains(before, []byte(" on ")) {
		return from
	}
	return -1
}

func readTcpdump(m *record.Message, v *record.Values) string {
	from, rest, _ := bytes.Cut(m.Line[tcpdumpEnds(m.Line):], []byte(" > "))
	to, what, ok := bytes.Cut(rest, []byte(": "))
	if !ok {
		to = bytes.TrimSuffix(rest, []byte(":"))
	}
	v.Text[record.Src], v.Text[record.SrcPort] = pointPort(from)
	v.Text[record.Dst], v.Text[record.DstPort] = pointPort(to)
	switch {
	case bytes.HasPrefix(what, []byte("Flags [")):
		v.Text[record.Proto] = []byte("tcp")
	case bytes.HasPrefix(what, []byte("ICMP6")):
		v.Text[record.Proto] = []byte("icmp6")
	case bytes.HasPrefix(what, []byte("ICMP")):
		v.Text[record.Proto] = []byte("icmp")
	case bytes.HasPrefix(what, []byte("sctp")):
		v.Text[record.Proto] = []byte("sctp")
	case v.Text[record.DstPort] != nil: // tcpdump says what is in it
		v.Text[record.Proto] = []byte("udp")
	}
	if _, size, ok := bytes.Cut(what, []byte("length ")); ok {
		size, _, _ = bytes.Cut(size, []byte(":"))
		v.Text[record.Sent] = size
	}
	return ""
}

// pointPort is address and port of address.port; of an address alone the port is nil.
func pointPort(text []byte) (addr, port []byte) {
	if at := bytes.LastIndexByte(text, '.'); at > 0 && !cut.IsAddress(text) {
		if addr, port = text[:at], text[at+1:]; !cut.IsNumber(port) { // a name: it was run without -n
			port = nil
		}
		return addr, port
	}
	return text, nil
}
