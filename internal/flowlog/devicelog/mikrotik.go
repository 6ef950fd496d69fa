package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// MikroTik RouterOS firewall logs: a line a packet of a rule that logs, with the addresses
// as 10.0.0.5:50000->203.0.113.9:443. The time is syslog's.
//
// Shape: MikroTik, RouterOS manual, "Log" and "Filter", action=log.

func init() {
	record.Register(&record.Device{
		Name:    "mikrotik",
		Needs:   "in:, out:, proto, source->destination with a syslog time",
		Gives:   "ports, protocol, bytes",
		Doc:     "MikroTik RouterOS firewall logs",
		Example: "Jun 21 00:00:02 router firewall,info forward: in:bridge out:ether1, src-mac 00:00:5e:00:53:01, proto TCP (SYN), 10.0.0.5:50000->203.0.113.9:443, len 60",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(" in:")) && bytes.Contains(line, []byte(" out:")) && bytes.Contains(line, []byte(" proto ")) && bytes.Contains(line, []byte("->"))
		},
		Read: readMikrotik,
	})
}

func readMikrotik(m *record.Message, v *record.Values) string {
	_, rest, _ := bytes.Cut(m.Line, []byte(" proto "))
	for i, part := range bytes.Split(rest, []byte(", ")) {
		if i == 0 {
			v.Text[record.Proto], _, _ = bytes.Cut(part, []byte(" "))
		} else if from, to, ok := bytes.Cut(part, []byte("->")); ok && v.Text[record.Src] == nil {
			v.Text[record.Src], v.Text[record.SrcPort] = cut.HostPort(from)
			v.Text[record.Dst], v.Text[record.DstPort] = cut.HostPort(to)
		} else if size, ok := bytes.CutPrefix(part, []byte("len ")); ok {
			v.Text[record.Sent] = size
		}
	}
	if v.Text[record.Src] == nil {
		return record.NotFlow
	}
	return ""
}
