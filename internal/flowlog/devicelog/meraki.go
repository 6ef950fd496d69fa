package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Meraki MX flow logs: epoch seconds, the device, what it is, key=value. Of
// ip_flow_start and ip_flow_end, which say the same, the start is the flow.
//
// Shape: Meraki documentation, "Syslog Event Types and Log Samples";
// elastic/integrations, packages/cisco_meraki.

func init() {
	record.Register(&record.Device{
		Name:    "meraki",
		Needs:   "flows or ip_flow_start, src, dst",
		Gives:   "ports, protocol",
		Doc:     "Cisco Meraki MX flows over syslog",
		Example: "<134>1 1592697602.892702 MX84 flows allow src=10.0.0.5 dst=203.0.113.9 mac=00:11:22:33:44:55 protocol=tcp sport=50000 dport=443",
		Mine:    merakiLine,
		Read:    readMeraki,
		Prefer:  record.Begun,
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

func readMeraki(m *record.Message, v *record.Values) string {
	switch {
	case bytes.Contains(m.Line, []byte(" ip_flow_start ")):
		v.Phase = record.Begun
	case bytes.Contains(m.Line, []byte(" ip_flow_end ")):
		v.Phase = record.Ended
	}
	p := cut.Pairs{Rest: m.Line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "src":
			v.Text[record.Src] = val
		case "dst":
			v.Text[record.Dst] = val
		case "sport":
			v.Text[record.SrcPort] = val
		case "dport":
			v.Text[record.DstPort] = val
		case "protocol":
			v.Text[record.Proto] = val
		}
	}
	return ""
}
