package packetfilter

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// The distributed firewall of VMware NSX, written by each ESXi host: a line "match" for the first
// packet of a connection, and TERM when it ended, with the packets and bytes of both sides. Both
// together are one flow. What a rule dropped or rejected has no TERM.
//
//	INET match PASS 1004 OUT 60 TCP 10.0.0.5/50000->203.0.113.9/443 S
//	INET TERM PASS 1004 OUT TCP FIN 10.0.0.5/50000->203.0.113.9/443 5/4 300/900
//
// Shape: VMware NSX administration guide, "Firewall packet logs"; splunk/splunk-connect-for-syslog,
// tests/test_vmware.py.

func init() {
	record.Register(&record.Device{
		Name:    "nsx",
		Needs:   "INET match or TERM, source->destination",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "VMware NSX distributed firewall, dfwpktlogs and syslog",
		Example: "2020-06-21T00:00:02.892Z esx1 dfwpktlogs: 50000 INET match PASS 1004 OUT 60 TCP 10.0.0.5/50000->203.0.113.9/443 S",
		Mine: func(line []byte) bool {
			return (bytes.Contains(line, []byte("INET ")) || bytes.Contains(line, []byte("INET6 "))) && bytes.Contains(line, []byte("->")) &&
				(bytes.Contains(line, []byte(" match ")) || bytes.Contains(line, []byte(" TERM ")))
		},
		Read:   readNSX,
		Joined: true,
	})
}

func readNSX(m *record.Message, v *record.Values) string {
	_, text, _ := bytes.Cut(m.Line, []byte("INET"))
	before, after, _ := bytes.Cut(text, []byte("->"))
	at := bytes.LastIndexByte(before, ' ') + 1
	v.Text[record.Src], v.Text[record.SrcPort], _ = bytes.Cut(before[at:], []byte("/"))
	words := bytes.Fields(after)
	if len(words) == 0 {
		return record.TooShort
	}
	v.Text[record.Dst], v.Text[record.DstPort], _ = bytes.Cut(words[0], []byte("/"))
	v.Phase = record.Begun
	ended := false
	for word := range bytes.FieldsSeq(before[:at]) {
		switch string(word) {
		case "TCP", "UDP", "ICMP", "ICMP6", "SCTP", "GRE", "ESP":
			v.Text[record.Proto] = word
		case "IN", "OUT": // a host logs both of connections between its machines
			v.Text[record.Kind] = word
		case "DROP", "REJECT":
			v.Phase = record.Single
		case "TERM":
			ended = true
		}
	}
	if ended {
		v.Phase = record.Ended
		if len(words) > 2 {
			v.Text[record.Sent], v.Text[record.Received], _ = bytes.Cut(words[2], []byte("/"))
		}
	}
	return ""
}
