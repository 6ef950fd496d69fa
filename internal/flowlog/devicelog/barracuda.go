package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/record"
)

// Barracuda CloudGen Firewall's activity log: a message where a session is allowed, and one
// where it is removed, which says what it moved; and one for what is blocked. The first is
// the flow, for the other's time is the session's end. The fields are apart by bars, with
// names or, in the log file, by their place.
//
//	Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.0.5|srcPort=50000|srcMAC=|dstIP=203.0.113.9|dstPort=443|...|duration=30000|count=1|receivedBytes=900|sentBytes=300
//	Remove: FWD|TCP|eth1|10.0.0.5|50000|00:00:00:00:00:00|203.0.113.9|443|https|eth0|LAN-2-INET|Normal Operation|198.51.100.1|203.0.113.9|30000|1|900|300|5|7
//
// Shape: Barracuda Campus, "How to configure syslog streaming", "Firewall activity log".

func init() {
	record.Register(&record.Device{
		Name:    "barracuda",
		Needs:   "Allow:, Remove:, Block: or the like, and fields apart by bars, with a syslog time",
		Gives:   "ports, protocol, bytes (where only ends are logged)",
		Doc:     "Barracuda CloudGen Firewall activity log, syslog",
		Example: "Jun 21 00:00:32 fw box_Firewall_Activity: Info fw Remove: type=FWD|proto=TCP|srcIF=eth1|srcIP=10.0.0.5|srcPort=50000|srcMAC=|dstIP=203.0.113.9|dstPort=443|duration=30000|count=1|receivedBytes=900|sentBytes=300",
		Mine: func(line []byte) bool {
			action, body := barracudaBody(line)
			return action != nil && bytes.Count(body, []byte("|")) >= barracudaFields
		},
		Read:   readBarracuda,
		Prefer: record.Begun,
	})
}

// barracudaFields is how many bars a message has at least: up to the port of the destination.
const barracudaFields = 7

var barracudaActions = [][]byte{[]byte("Allow: "), []byte("Remove: "), []byte("Block: "), []byte("Deny: "), []byte("Drop: "), []byte("Fail: "), []byte("Detect: ")}

func barracudaBody(line []byte) (action, body []byte) {
	bar := bytes.IndexByte(line, '|')
	if bar < 0 {
		return nil, nil
	}
	for _, action := range barracudaActions {
		if at := bytes.LastIndex(line[:bar], action); at >= 0 {
			return action, bytes.TrimLeft(line[at+len(action):], " ")
		}
	}
	return nil, nil
}

var barracudaKeys = map[string]record.Value{
	"proto": record.Proto, "srcIP": record.Src, "srcPort": record.SrcPort, "dstIP": record.Dst, "dstPort": record.DstPort,
	"receivedBytes": record.Received, "sentBytes": record.Sent,
}

// barracudaPlaces is where the values stand that have no names.
var barracudaPlaces = map[int]record.Value{
	1: record.Proto, 3: record.Src, 4: record.SrcPort, 6: record.Dst, 7: record.DstPort, 16: record.Received, 17: record.Sent,
}

func readBarracuda(m *record.Message, v *record.Values) string {
	action, body := barracudaBody(m.Line)
	switch string(action) {
	case "Remove: ":
		v.Phase = record.Ended
	case "Allow: ", "Detect: ":
		v.Phase = record.Begun
	}
	i := 0
	for field := range bytes.SplitSeq(body, []byte("|")) {
		if key, val, ok := bytes.Cut(field, []byte("=")); ok {
			if at, known := barracudaKeys[string(key)]; known {
				v.Text[at] = val
			}
		} else if at, known := barracudaPlaces[i]; known {
			v.Text[at] = field
		}
		i++
	}
	return ""
}
