package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// Meraki MX flow logs: epoch seconds, the device, what it is, key=value. Of
// ip_flow_start and ip_flow_end, which say the same, the start is the flow.
//
// Shape: Meraki documentation, "Syslog Event Types and Log Samples";
// elastic/integrations, packages/cisco_meraki.

func init() {
	register(&device{
		name:    "meraki",
		needs:   "flows or ip_flow_start, src, dst",
		gives:   "ports, protocol",
		doc:     "Cisco Meraki MX flows over syslog",
		example: "<134>1 1592697602.892702 MX84 flows allow src=10.0.0.5 dst=203.0.113.9 mac=00:11:22:33:44:55 protocol=tcp sport=50000 dport=443",
		mine:    merakiLine,
		read:    readMeraki,
		prefer:  begun,
	})
}

var merakiKinds = [...]string{" flows ", " ip_flow_start ", " ip_flow_end ", "firewall src="}

func merakiLine(line []byte) bool {
	if !bytes.Contains(line, []byte("src=")) || !bytes.Contains(line, []byte(" dst=")) || !bytes.Contains(line, []byte(" protocol=")) {
		return false
	}
	for _, kind := range merakiKinds {
		if bytes.Contains(line, []byte(kind)) {
			return true
		}
	}
	return false
}

func readMeraki(m *message, v *values) string {
	switch {
	case bytes.Contains(m.line, []byte(" ip_flow_start ")):
		v.phase = begun
	case bytes.Contains(m.line, []byte(" ip_flow_end ")):
		v.phase = ended
	}
	p := cut.Pairs{Rest: m.line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "src":
			v.text[vSrc] = val
		case "dst":
			v.text[vDst] = val
		case "sport":
			v.text[vSrcPort] = val
		case "dport":
			v.text[vDstPort] = val
		case "protocol":
			v.text[vProto] = val
		}
	}
	return ""
}
