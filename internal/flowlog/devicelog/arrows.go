package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Lines that nobody has described, with a time at the beginning and address:port ->
// address:port, as nfdump prints flows for people (where an IPv6 address has a point before
// its port) and many a home-made program does.

func init() {
	record.Register(&record.Device{
		Last:    true,
		Name:    "arrows",
		Needs:   "a time, ADDRESS:PORT -> ADDRESS:PORT",
		Gives:   "ports, protocol",
		Doc:     "lines of time and address:port -> address:port",
		Example: "2020-06-21 00:00:02 TCP 10.0.0.5:50000 -> 203.0.113.9:443",
		Mine: func(line []byte) bool {
			var v record.Values
			return arrow(line, &v)
		},
		Read: func(m *record.Message, v *record.Values) string {
			arrow(m.Line, v)
			return ""
		},
	})
}

// arrow finds the ends of a flow in a line, and its protocol.
func arrow(line []byte, v *record.Values) bool {
	before, after, ok := bytes.Cut(line, []byte("->"))
	before, after = bytes.TrimRight(before, " \t"), bytes.TrimLeft(after, " \t")
	end := bytes.IndexAny(after, " \t,;")
	if end < 0 {
		end = len(after)
	}
	var ok2, ok3 bool
	start := bytes.LastIndexAny(before, " \t") + 1
	v.Text[record.Src], v.Text[record.SrcPort], ok2 = arrowEnd(before[start:])
	v.Text[record.Dst], v.Text[record.DstPort], ok3 = arrowEnd(after[:end])
	if !ok || !ok2 || !ok3 {
		return false
	}
	for _, text := range [][]byte{before[:start], after[end:]} {
		for word := range bytes.FieldsSeq(text) {
			switch word = bytes.Trim(word, "{}()[],;"); string(bytes.ToLower(word)) {
			case "tcp", "udp", "icmp", "icmp6", "sctp", "gre", "esp":
				v.Text[record.Proto] = word
				return true
			}
		}
	}
	return true
}

// arrowEnd is address and port of address:port, or of address.port.
func arrowEnd(word []byte) (addr, port []byte, ok bool) {
	addr, port = cut.HostPort(word)
	if at := bytes.LastIndexByte(word, '.'); port == nil && at > 0 {
		addr, port = word[:at], word[at+1:]
	}
	if kind, code, ok := bytes.Cut(port, []byte(".")); ok && cut.IsNumber(kind) && cut.IsNumber(code) { // of ICMP
		port = []byte("0")
	}
	return addr, port, len(port) > 0 && cut.IsNumber(port) && cut.IsAddress(addr)
}
