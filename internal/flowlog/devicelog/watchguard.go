package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
)

// WatchGuard Firebox traffic logs: words in a fixed order, then key="value". The
// time in parentheses is in UTC.
//
//	msg_id="3000-0148" Allow 1-Trusted 0-External 52 tcp 20 127 10.0.0.5 203.0.113.9 50000 443 offset 8 S ... (HTTPS-00)
//
// Shape: WatchGuard Fireware Log Catalog; elastic/integrations,
// packages/watchguard_firebox.

func init() {
	register(&device{
		name:    "watchguard",
		needs:   "msg_id, Allow or Deny, both addresses",
		gives:   "ports, protocol, bytes, duration, name",
		doc:     "WatchGuard Firebox traffic logs",
		example: `Jun 21 00:00:02 Firebox (2020-06-21T00:00:02) firewall: msg_id="3000-0148" Allow 1-Trusted 0-External 52 tcp 20 127 10.0.0.5 203.0.113.9 50000 443 offset 8 S`,
		mine:    watchguardLine,
		read:    readWatchguard,
		prefer:  ended,
		utc:     true,
	})
}

func watchguardLine(line []byte) bool {
	at := bytes.Index(line, []byte(`msg_id="`))
	return at >= 0 && (bytes.Contains(line[at:], []byte(" Allow ")) || bytes.Contains(line[at:], []byte(" Deny ")))
}

func readWatchguard(m *message, v *values) string {
	if open := bytes.Index(m.line, []byte("(20")); open >= 0 {
		if end := bytes.IndexByte(m.line[open:], ')'); end > 0 {
			v.text[vTime] = m.line[open+1 : open+end]
		}
	}
	rest := m.line[bytes.Index(m.line, []byte(`msg_id="`)):]
	rest = rest[max(bytes.IndexByte(rest, ' '), 0):]
	var proto []byte
	for len(rest) > 0 && v.text[vDstPort] == nil {
		var word []byte
		word, rest, _ = bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
		switch {
		case bytes.IndexByte(word, '=') >= 0:
			rest = nil
		case v.text[vSrc] == nil && !cut.IsAddress(word):
			if cut.Letter(cut.First(word)) {
				proto = word
			}
		case v.text[vSrc] == nil:
			v.text[vSrc], v.text[vProto] = word, proto
		case v.text[vDst] == nil:
			v.text[vDst] = word
		case v.text[vSrcPort] == nil && cut.IsNumber(word):
			v.text[vSrcPort] = word
		case cut.IsNumber(word):
			v.text[vDstPort] = word
		default:
			rest = nil
		}
	}
	p := cut.Pairs{Rest: m.line, End: " ", Assign: '='}
	for key, val, ok := p.Next(); ok; key, val, ok = p.Next() {
		switch string(key) {
		case "duration":
			v.text[vDuration] = val
		case "sent_bytes":
			v.text[vSent] = val
		case "rcvd_bytes":
			v.text[vReceived] = val
		case "dstname", "host":
			v.text[vName] = val
		case "msg_id":
			v.text[vKind] = val
		}
	}
	switch string(v.text[vKind]) {
	case "3000-0151": // the connection ends
		v.phase = ended
	case "3000-0148":
		v.phase = single
		if bytes.Contains(m.line, []byte(" Allow ")) {
			v.phase = begun
		}
	default:
		v.phase = interim
	}
	return ""
}
