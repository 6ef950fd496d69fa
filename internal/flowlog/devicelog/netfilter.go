package devicelog

import "bytes"

// What the kernel's LOG target writes for iptables, nftables and ufw, and so do
// UniFi gateways: a line a packet. The time is syslog's. An ICMP error quotes the
// packet that it is about in brackets.
//
// Shape: iptables-extensions(8), LOG; elastic/integrations, packages/iptables.

func init() {
	register(&device{
		name:    "netfilter",
		needs:   "SRC, DST, IN, OUT with a syslog time",
		gives:   "ports, protocol, bytes",
		doc:     "iptables, nftables, ufw and UniFi packet logs of the kernel",
		example: "Jun 21 00:00:02 host kernel: [UFW AUDIT] IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 LEN=60 TTL=64 ID=1 DF PROTO=TCP SPT=50000 DPT=443 SYN",
		mine: func(line []byte) bool {
			return bytes.Contains(line, []byte(" SRC=")) && bytes.Contains(line, []byte(" DST=")) && bytes.Contains(line, []byte("IN=")) && bytes.Contains(line, []byte("OUT="))
		},
		read: readNetfilter,
	})
}

// netfilterValues are the keys of values; of two LEN the second is UDP's.
var netfilterValues = map[string]value{"SRC": vSrc, "DST": vDst, "LEN": vSent, "PROTO": vProto, "SPT": vSrcPort, "DPT": vDstPort}

func readNetfilter(m *message, v *values) string {
	text := m.line[bytes.Index(m.line, []byte(" SRC=")):]
	if quoted := bytes.IndexByte(text, '['); quoted >= 0 {
		text = text[:quoted]
	}
	v.takePairs(text, netfilterValues)
	return ""
}
