package packetfilter

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// What the kernel's LOG target writes for iptables, nftables and ufw, and so do
// UniFi gateways: a line a packet. The time is syslog's, but in Proxmox's own log. An ICMP error
// quotes the packet that it is about in brackets.
//
// Shape: iptables-extensions(8), LOG; elastic/integrations, packages/iptables; Proxmox VE
// Administration Guide, "Logging of firewall rules".

func init() {
	record.Register(&record.Device{
		Name:    "netfilter",
		Needs:   "SRC, DST, IN, OUT with a syslog time",
		Gives:   "ports, protocol, bytes",
		Doc:     "iptables, nftables, ufw, UniFi and Proxmox packet logs of the kernel",
		Example: "Jun 21 00:00:02 host kernel: [UFW AUDIT] IN= OUT=eth0 SRC=10.0.0.5 DST=203.0.113.9 LEN=60 TTL=64 ID=1 DF PROTO=TCP SPT=50000 DPT=443 SYN",
		Mine: func(line []byte) bool {
			has := func(key string) bool { return bytes.Contains(line, []byte(key)) }
			return has(" SRC=") && has(" DST=") && (has("IN=") && has("OUT=") || (has(": IN=") || has(": OUT=")) && has(" PROTO=")) // Proxmox may write one alone
		},
		Read: readNetfilter,
	})
}

// netfilterValues are the keys of values; of two LEN the second is UDP's.
var netfilterValues = map[string]record.Value{"SRC": record.Src, "DST": record.Dst, "LEN": record.Sent, "PROTO": record.Proto, "SPT": record.SrcPort, "DPT": record.DstPort}

func readNetfilter(m *record.Message, v *record.Values) string {
	at := bytes.Index(m.Line, []byte(" SRC="))
	v.Text[record.Time] = proxmoxTime(m.Line[:at])
	text := m.Line[at:]
	if quoted := bytes.IndexByte(text, '['); quoted >= 0 {
		text = text[:quoted]
	}
	v.TakePairs(text, netfilterValues)
	return ""
}

// proxmoxTime returns the time before a packet in Proxmox's log, in brackets as Apache's has them:
// "101 6 tap101i0-IN 21/Jun/2020:00:00:02 +0000 policy DROP: IN=fwbr101i0"; nil in other logs.
func proxmoxTime(before []byte) []byte {
	const size = len("21/Jun/2020:00:00:02 +0000")
	at := bytes.IndexByte(before, '/') - 2
	if at < 0 || len(before) < at+size || before[at+6] != '/' || before[at+11] != ':' {
		return nil
	}
	return append(append([]byte("["), before[at:at+size]...), ']')
}
