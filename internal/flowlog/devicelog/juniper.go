package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
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
	register(&device{
		name:    "juniper",
		needs:   "RT_FLOW_SESSION_CLOSE, _DENY or _CREATE",
		gives:   "ports, protocol, bytes, duration",
		doc:     "Juniper SRX RT_FLOW session logs, structured or not",
		example: `<14>1 2020-06-21T00:00:02.000Z srx RT_FLOW - RT_FLOW_SESSION_CLOSE [junos@2636.1.1.1.2.26 source-address="10.0.0.5" source-port="50000" destination-address="203.0.113.9" destination-port="443" protocol-id="6" elapsed-time="5"]`,
		mine:    func(line []byte) bool { return bytes.Contains(line, []byte("RT_FLOW_SESSION_")) },
		read:    readJuniper,
		joined:  true,
	})
}

func readJuniper(m *message, v *values) string {
	at := bytes.Index(m.line, []byte("RT_FLOW_SESSION_"))
	kind := m.line[at+len("RT_FLOW_SESSION_"):]
	switch {
	case bytes.HasPrefix(kind, []byte("CLOSE")):
		v.phase = ended
	case bytes.HasPrefix(kind, []byte("CREATE")):
		v.phase = begun
	case bytes.HasPrefix(kind, []byte("DENY")):
		v.phase = single
	default:
		return notFlow
	}
	if !bytes.Contains(kind, []byte("source-address=")) {
		reason := juniperPlain(kind, v)
		v.text[vKind] = v.text[vProto]
		return reason
	}
	p := cut.Pairs{Rest: kind, End: " ]", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "source-address":
			v.text[vSrc] = val
		case "source-port":
			v.text[vSrcPort] = val
		case "destination-address":
			v.text[vDst] = val
		case "destination-port":
			v.text[vDstPort] = val
		case "protocol-id":
			v.text[vProto] = val
		case "bytes-from-client":
			v.text[vSent] = val
		case "bytes-from-server":
			v.text[vReceived] = val
		case "elapsed-time":
			v.text[vDuration] = val
		}
	}
	v.text[vKind] = v.text[vProto] // ports recur in other protocols
	return ""
}

// juniperPlain reads a message that is not structured: addresses around the first
// "->", the protocol as the number before the policy's name, counters as
// packets(bytes).
func juniperPlain(text []byte, v *values) string {
	arrow := bytes.Index(text, []byte("->"))
	if arrow < 0 {
		return tooShort
	}
	from := text[:arrow]
	from = from[bytes.LastIndexByte(from, ' ')+1:]
	to, rest, _ := bytes.Cut(text[arrow+2:], []byte(" "))
	v.text[vSrc], v.text[vSrcPort], _ = bytes.Cut(from, []byte("/"))
	v.text[vDst], v.text[vDstPort], _ = bytes.Cut(to, []byte("/"))
	words := bytes.Fields(rest)
	for i, word := range words {
		if v.text[vProto] == nil {
			switch number, _, kind := bytes.Cut(word, []byte("(")); {
			case kind && cut.IsNumber(number): // DENY: 6(0)
				v.text[vProto] = number
			case cut.IsNumber(word) && i > 0:
				v.text[vProto] = word
			}
			continue
		}
		if open := bytes.IndexByte(word, '('); open > 0 && cut.IsNumber(word[:open]) {
			bytesOf := bytes.TrimRight(word[open+1:], ")")
			if v.text[vSent] == nil {
				v.text[vSent] = bytesOf
			} else if v.text[vReceived] == nil {
				v.text[vReceived] = bytesOf
				if i+1 < len(words) && cut.IsNumber(words[i+1]) {
					v.text[vDuration] = words[i+1]
				}
			}
		}
	}
	return ""
}
