package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Junos RT_FLOW, structured (key="value") or not. A message bears the time at which it
// was written: CREATE when the session began, CLOSE when it ended, elapsed-time seconds
// later. Both together are one flow; DENY stands alone.
//
//	session closed TCP FIN: 10.0.0.5/50000->203.0.113.9/443 junos-https 198.51.100.1/1->203.0.113.9/443 None None 6 policy trust untrust 7 5(300) 4(900) 5 ...
//
// Shape: Juniper's System Log Explorer, RT_FLOW_SESSION_*; elastic/integrations,
// packages/juniper_srx.

func init() {
	record.Register(&record.Device{
		Name:    "juniper",
		Needs:   "RT_FLOW_SESSION_CLOSE, _DENY or _CREATE",
		Gives:   "ports, protocol, bytes, duration",
		Doc:     "Juniper SRX RT_FLOW session logs, structured or not",
		Example: `<14>1 2020-06-21T00:00:02.000Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 source-address="10.0.0.5" source-port="50000" destination-address="203.0.113.9" destination-port="443" protocol-id="6" elapsed-time="5"]`,
		Mine:    func(line []byte) bool { return bytes.Contains(line, []byte("RT_FLOW_SESSION_")) },
		Read:    readJuniper,
		Joined:  true,
	})
}

func readJuniper(m *record.Message, v *record.Values) string {
	at := bytes.Index(m.Line, []byte("RT_FLOW_SESSION_"))
	kind := m.Line[at+len("RT_FLOW_SESSION_"):]
	switch {
	case bytes.HasPrefix(kind, []byte("CLOSE")):
		v.Phase = record.Ended
	case bytes.HasPrefix(kind, []byte("CREATE")):
		v.Phase = record.Begun
	case bytes.HasPrefix(kind, []byte("DENY")):
		v.Phase = record.Single
	default:
		return record.NotFlow
	}
	if !bytes.Contains(kind, []byte("source-address=")) {
		reason := juniperPlain(kind, v)
		v.Text[record.Kind] = v.Text[record.Proto]
		return reason
	}
	p := cut.Pairs{Rest: kind, End: " ]", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "source-address":
			v.Text[record.Src] = val
		case "source-port":
			v.Text[record.SrcPort] = val
		case "destination-address":
			v.Text[record.Dst] = val
		case "destination-port":
			v.Text[record.DstPort] = val
		case "protocol-id":
			v.Text[record.Proto] = val
		case "bytes-from-client":
			v.Text[record.Sent] = val
		case "bytes-from-server":
			v.Text[record.Received] = val
		case "elapsed-time":
			v.Text[record.Duration] = val
		}
	}
	v.Text[record.Kind] = v.Text[record.Proto] // ports recur in other protocols
	return ""
}

// juniperPlain reads a message that is not structured: addresses around the first
// "->", the protocol as the number before the policy's name, counters as
// packets(bytes).
func juniperPlain(text []byte, v *record.Values) string {
	arrow := bytes.Index(text, []byte("->"))
	if arrow < 0 {
		return record.TooShort
	}
	from := text[:arrow]
	from = from[bytes.LastIndexByte(from, ' ')+1:]
	to, rest, _ := bytes.Cut(text[arrow+2:], []byte(" "))
	v.Text[record.Src], v.Text[record.SrcPort], _ = bytes.Cut(from, []byte("/"))
	v.Text[record.Dst], v.Text[record.DstPort], _ = bytes.Cut(to, []byte("/"))
	words := bytes.Fields(rest)
	for i, word := range words {
		if v.Text[record.Proto] == nil {
			switch number, _, kind := bytes.Cut(word, []byte("(")); {
			case kind && cut.IsNumber(number): // DENY: 6(0)
				v.Text[record.Proto] = number
			case cut.IsNumber(word) && i > 0:
				v.Text[record.Proto] = word
			}
			continue
		}
		if open := bytes.IndexByte(word, '('); open > 0 && cut.IsNumber(word[:open]) {
			bytesOf := bytes.TrimRight(word[open+1:], ")")
			if v.Text[record.Sent] == nil {
				v.Text[record.Sent] = bytesOf
			} else if v.Text[record.Received] == nil {
				v.Text[record.Received] = bytesOf
				if i+1 < len(words) && cut.IsNumber(words[i+1]) {
					v.Text[record.Duration] = words[i+1]
				}
			}
		}
	}
	return ""
}
