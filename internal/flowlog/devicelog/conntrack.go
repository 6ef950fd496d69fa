package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Linux's connection tracking, as conntrack -E -o timestamp prints its events: a
// connection is NEW, UPDATEd and at last DESTROYed, when -o extended or nf_conntrack_acct
// counts its bytes. The first src and dst are the originator's.
//
// Shape: conntrack-tools, conntrack(8).

func init() {
	record.Register(&record.Device{
		Name:    "conntrack",
		Needs:   "[time], [NEW] or [DESTROY], src, dst (conntrack -E -o timestamp)",
		Gives:   "ports, protocol, bytes (of a log of DESTROY alone)",
		Doc:     "Linux conntrack events",
		Example: "[1592697602.123456]\t    [NEW] tcp      6 120 SYN_SENT src=10.0.0.5 dst=203.0.113.9 sport=50000 dport=443 [UNREPLIED] src=203.0.113.9 dst=198.51.100.1 sport=443 dport=50000",
		Mine:    func(line []byte) bool { return conntrackEvent(line) != nil },
		Read:    readConntrack,
		Prefer:  record.Begun,
	})
}

var conntrackEvents = [][]byte{[]byte("[NEW] "), []byte("[UPDATE] "), []byte("[DESTROY] ")}

// conntrackEvent returns an event from its name on, nil in other lines.
func conntrackEvent(line []byte) []byte {
	for _, name := range conntrackEvents {
		if at := bytes.Index(line, name); at >= 0 && bytes.Contains(line[at:], []byte(" src=")) && bytes.Contains(line[at:], []byte(" dst=")) {
			return line[at:]
		}
	}
	return nil
}

var conntrackKeys = map[string]record.Value{
	"src": record.Src, "dst": record.Dst, "sport": record.SrcPort, "dport": record.DstPort, "bytes": record.Sent,
}

func readConntrack(m *record.Message, v *record.Values) string {
	event := conntrackEvent(m.Line)
	switch event[1] {
	case 'N':
		v.Phase = record.Begun
	case 'U':
		v.Phase = record.Interim
	default:
		v.Phase = record.Ended
	}
	if before := bytes.TrimSpace(m.Line[:len(m.Line)-len(event)]); len(before) > 2 && before[0] == '[' {
		v.Text[record.Time], _, _ = bytes.Cut(before[1:], []byte("]"))
	}
	_, rest, _ := bytes.Cut(event, []byte("] "))
	var words [3][]byte
	if cut.Words(rest, words[:]) == len(words) {
		v.Text[record.Proto] = words[0]
		if string(words[0]) == "ipv4" || string(words[0]) == "ipv6" { // -o extended
			v.Text[record.Proto] = words[2]
		}
	}
	v.TakePairs(rest, conntrackKeys)
	if at := bytes.LastIndex(rest, []byte(" bytes=")); at > bytes.Index(rest, []byte(" bytes=")) { // of the reply
		v.Text[record.Received], _, _ = bytes.Cut(rest[at+len(" bytes="):], []byte(" "))
	}
	return ""
}
