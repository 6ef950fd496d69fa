// Package endpoint reads an address with a port behind it.
package endpoint

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
)

// The longest prefixes of networks, in bits: what stands behind a slash may be one.
const (
	longestIPv4 = 32
	longestIPv6 = 128
)

// Read reads 10.0.0.5:443, [2001:db8::5]:443, 10.0.0.5/443, 10.0.0.5#443 or 10.0.0.5.443 in a
// column of addresses with role r: it returns the id of the address, and stores the port in the
// worker's next free row, where a column of ports may replace it. It returns false if the text
// is of none of these forms.
func Read(w *flowlog.Worker, r flowlog.Role, text []byte) (id uint32, ok bool) {
	host, port, ok := cut(text)
	if !ok {
		return 0, false
	}
	if id, ok = w.Addr(host); !ok {
		return 0, false
	}
	switch {
	case r == flowlog.Source && w.SrcPort != nil:
		w.SrcPort[w.Filled] = port
	case r == flowlog.Destination && w.Port != nil:
		w.Port[w.Filled] = port
	}
	return id, true
}

// cut cuts a text at what stands before its port: the last colon, or a # (BIND), a slash
// (Cisco, Juniper) or a point (see lastPoint). A number behind a slash that may
// be the length of a prefix is no port.
func cut(text []byte) (host []byte, port uint16, ok bool) {
	at := bytes.LastIndexAny(text, "#/")
	if at < 0 {
		at = lastPoint(text)
	}
	if at < 0 {
		at = bytes.LastIndexByte(text, ':')
	}
	if at < 0 {
		return nil, 0, false
	}
	v, ok := numbers.ParseUint(text[at+1:])
	if text[at] == '/' && (v <= longestIPv4 || v <= longestIPv6 && bytes.IndexByte(text, ':') >= 0) {
		return nil, 0, false
	}
	return text[:at], uint16(v), ok && v <= flowlog.SourcePort.Limit()
}

// lastPoint returns the place of the point before a port (tcpdump, BSD's netstat): the fourth
// of an IPv4 address, which has three, or the only one behind the last colon of an IPv6 address,
// the fourth of one that ends like IPv4; -1 for none.
func lastPoint(text []byte) int {
	colon := bytes.LastIndexByte(text, ':')
	points := bytes.Count(text[colon+1:], []byte("."))
	switch is6 := bytes.IndexByte(text, ':') < colon; {
	case colon < 0 && points == 4, is6 && text[0] != '[' && (points == 1 || points == 4):
		return bytes.LastIndexByte(text, '.')
	}
	return -1
}
