package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// What the kernel's LOG target writes for iptables, nftables and ufw, and so do
// UniFi gateways: a line a packet. The time is syslog's. An ICMP error quotes the
// packet that it is about in brackets.
//
// Shape: iptables-extensions(8), LOG; elastic/integrations, packages/iptables.

func init() {
	record.Register(&record.Device{
		Name:    "netfilter",
		Needs:   "SRC, DST, IN, OUT with a syslog time",
		Gives:   "ports, protocol, bytes",
		Doc:     "iptables, nftables, ufw and UniFi packet logs of the kernel",
		Example: "Jun 21 00:00:02 host kernel: [UFW AUDIT] IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 LEN=60 TTL=64 ID=1 DF PROTO=TCP SPT=50000 DPT=443 SYN",
		Mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(" SRC=")) && bytes.Contains(line, []byte(" DST=")) && bytes.Contains(line, []byte("IN=")) && bytes.Contains(line, []byte("OUT="))
		},
		Read: readNetfilter,
	})
}

// netfilterValues are the keys of values; of two LEN the second is UDP's.
var netfilterValues = map[string]record.Value{"SRC": record.Src, "DST": record.Dst, "LEN": record.Sent, "PROTO": record.Proto, "SPT": record.SrcPort, "DPT": record.DstPort}

func readNetfilter(m *record.Message, v *record.Values) string {
	text := m.Line[bytes.Index(m.Line, []byte(" SRC=")):]
	if quoted := bytes.IndexByte(text, '['); quoted >= 0 {
		text = text[:quoted]
	}
	v.TakePairs(text, netfilterValues)
	return ""
}
