package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// WatchGuard Firebox traffic logs: words in a fixed order, then key="value". The
// time in parentheses is in UTC.
//
//	msg_id="3000-0148" Allow 1-Trusted 0-External 52 tcp 20 127 10.0.0.5 203.0.113.9 50000 443 offset 8 S ... (HTTPS-00)
//
// Shape: WatchGuard Fireware Log Catalog; elastic/integrations,
// packages/watchguard_firebox.

func init() {
	record.Register(&record.Device{
		Name:    "watchguard",
		Needs:   "msg_id, Allow or Deny, both addresses",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "WatchGuard Firebox traffic logs",
		Example: `Jun 21 00:00:02 Firebox (2020-06-21T00:00:02) firewall: msg_id="3000-0148" Allow 1-Trusted 0-External 52 tcp 20 127 10.0.0.5 203.0.113.9 50000 443 offset 8 S`,
		Mine:    watchguardLine,
		Read:    readWatchguard,
		Prefer:  record.Ended,
		UTC:     true,
	})
}

func watchguardLine(line []byte) bool {
	at := bytes.Index(line, []byte(`msg_id="`))
	return at >= 0 && (bytes.Contains(line[at:], []byte(" Allow ")) || bytes.Contains(line[at:], []byte(" Deny ")))
}

func readWatchguard(m *record.Message, v *record.Values) string {
	if open := bytes.Index(m.Line, []byte("(20")); open >= 0 {
		if end := bytes.IndexByte(m.Line[open:], ')'); end > 0 {
			v.Text[record.Time] = m.Line[open+1 : open+end]
		}
	}
	rest := m.Line[bytes.Index(m.Line, []byte(`msg_id="`)):]
	rest = rest[max(bytes.IndexByte(rest, ' '), 0):]
	var proto []byte
	for len(rest) > 0 && v.Text[record.DstPort] == nil {
		var word []byte
		word, rest, _ = bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
		switch {
		case bytes.IndexByte(word, '=') >= 0:
			rest = nil
		case v.Text[record.Src] == nil && !cut.IsAddress(word):
			if cut.Letter(cut.First(word)) {
				proto = word
			}
		case v.Text[record.Src] == nil:
			v.Text[record.Src], v.Text[record.Proto] = word, proto
		case v.Text[record.Dst] == nil:
			v.Text[record.Dst] = word
		case v.Text[record.SrcPort] == nil && cut.IsNumber(word):
			v.Text[record.SrcPort] = word
		case cut.IsNumber(word):
			v.Text[record.DstPort] = word
		default:
			rest = nil
		}
	}
	p := cut.Pairs{Rest: m.Line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "duration":
			v.Text[record.Duration] = val
		case "sent_bytes":
			v.Text[record.Sent] = val
		case "rcvd_bytes":
			v.Text[record.Received] = val
		case "dstname", "host":
			v.Text[record.Name] = val
		case "msg_id":
			v.Text[record.Kind] = val
		}
	}
	switch string(v.Text[record.Kind]) {
	case "3000-0151": // the connection ends
		v.Phase = record.Ended
	case "3000-0148":
		v.Phase = record.Single
		if bytes.Contains(m.Line, []byte(" Allow ")) {
			v.Phase = record.Begun
		}
	default:
		v.Phase = record.Interim
	}
	return ""
}
