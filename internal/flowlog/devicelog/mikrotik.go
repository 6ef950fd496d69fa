package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// MikroTik RouterOS firewall logs: a line a packet of a rule that logs, with the addresses
// as 10.0.0.5:50000->203.0.113.9:443. The time is syslog's.
//
// Shape: MikroTik, RouterOS manual, "Log" and "Filter", action=log.

func init() {
	register(&device{
		name:    "mikrotik",
		needs:   "in:, out:, proto, source->destination with a syslog time",
		gives:   "ports, protocol, bytes",
		doc:     "MikroTik RouterOS firewall logs",
		example: "Jun 21 00:00:02 router firewall,info forward: in:bridge out:ether1, src-mac 00:00:5e:00:53:01, proto TCP (SYN), 10.0.0.5:50000->203.0.113.9:443, len 60",
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(" in:")) && bytes.Contains(line, []byte(" out:")) && bytes.Contains(line, []byte(" proto ")) && bytes.Contains(line, []byte("->"))
		},
		read: readMikrotik,
	})
}

func readMikrotik(m *message, v *values) string {
	_, rest, _ := bytes.Cut(m.line, []byte(" proto "))
	for i, part := range bytes.Split(rest, []byte(", ")) {
		if i == 0 {
			v.text[vProto], _, _ = bytes.Cut(part, []byte(" "))
		} else if from, to, ok := bytes.Cut(part, []byte("->")); ok && v.text[vSrc] == nil {
			v.text[vSrc], v.text[vSrcPort] = cut.HostPort(from)
			v.text[vDst], v.text[vDstPort] = cut.HostPort(to)
		} else if size, ok := bytes.CutPrefix(part, []byte("len ")); ok {
			v.text[vSent] = size
		}
	}
	if v.text[vSrc] == nil {
		return notFlow
	}
	return ""
}
