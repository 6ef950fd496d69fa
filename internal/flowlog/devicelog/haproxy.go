package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// HAProxy's HTTP and TCP logs, as a proxy that clients ask for other servers: the
// destination is the host of a whole URL or CONNECT, or else what the configuration
// captures of a request (its Host header or the SNI), which stands in braces. Lines
// that tell of no host are passed over, for a backend's name is none.
//
//	haproxy[123]: 10.0.0.5:50000 [21/Jun/2020:00:00:02.892] fe be/srv 0/0/1/2/3 200 1200 - - ---- 1/1/1/1/0 0/0 {a.example} "GET /x HTTP/1.1"
//
// The time in brackets is when the connection or the request arrived, without a zone.
//
// Shape: HAProxy Configuration Manual, "Log formats" (HTTP and TCP).

func init() {
	record.Register(&record.Device{
		Names:   true,
		Name:    "haproxy",
		Needs:   "client:port, [accept date], frontend, backend/server, a whole URL, CONNECT or {captured host}",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "HAProxy HTTP and TCP logs that tell which host was asked for",
		Example: `Jun 21 00:00:02 lb haproxy[123]: 10.0.0.5:50000 [21/Jun/2020:00:00:02.892] fe be/srv 0/0/1/2/3 200 1200 - - ---- 1/1/1/1/0 0/0 {a.example} "GET /x HTTP/1.1"`,
		Mine:    func(line []byte) bool { return haproxyLine(line) != nil },
		Read:    readHAProxy,
	})
}

// haproxyLine returns a line from the client on, nil where it is none of HAProxy's.
func haproxyLine(line []byte) []byte {
	open := bytes.Index(line, []byte(" ["))
	if at := bytes.Index(line, []byte("]: ")); at >= 0 && open < at { // a process id before
		if next := bytes.Index(line[at:], []byte(" [")); next >= 0 {
			open = at + next
		}
	}
	if open < 0 || len(line) < open+30 || line[open+4] != '/' || line[open+8] != '/' || line[open+13] != ':' {
		return nil
	}
	start := bytes.LastIndexByte(line[:open], ' ') + 1
	if client, port := clientPort(line[start:open]); !cut.IsAddress(client) || len(port) == 0 {
		return nil
	}
	var f [haproxyFields][]byte
	if cut.Words(line[start:], f[:]) < haproxyFields || bytes.IndexByte(f[haproxyServer], '/') < 0 || bytes.Count(f[haproxyTimers], []byte("/")) < 2 {
		return nil
	}
	return line[start:]
}

// Where the fields of HAProxy's lines stand, counted from 0.
const (
	haproxyClient = iota
	haproxyTime
	_ // frontend
	haproxyServer
	haproxyTimers
	haproxyStatus // bytes in a TCP log
	haproxyBytes
	haproxyFields
)

func readHAProxy(m *record.Message, v *record.Values) string {
	line := haproxyLine(m.Line)
	var f [haproxyFields][]byte
	cut.Words(line, f[:])
	v.Text[record.Src], v.Text[record.SrcPort] = clientPort(f[haproxyClient])
	v.Text[record.Time] = f[haproxyTime]
	timers := f[haproxyTimers]
	v.Text[record.Duration], v.Unit = bytes.TrimPrefix(timers[bytes.LastIndexByte(timers, '/')+1:], []byte("+")), ms // + while it goes on
	v.Text[record.Received] = f[haproxyBytes]
	if bytes.Count(timers, []byte("/")) == 2 { // Tw/Tc/Tt: a TCP log
		v.Text[record.Received] = f[haproxyStatus]
	}
	v.Text[record.Received] = bytes.TrimPrefix(v.Text[record.Received], []byte("+"))
	v.Text[record.Proto] = []byte("tcp")
	captured, rest, ok := bytes.Cut(line, []byte(" {"))
	if !ok {
		rest = captured
	} else if captured, after, ok := bytes.Cut(rest, []byte("}")); ok {
		v.Text[record.Name], v.Text[record.DstPort] = capturedHost(captured)
		rest = after
	}
	if _, request, ok := bytes.Cut(rest, []byte(` "`)); ok {
		method, target, _ := bytes.Cut(request, []byte(" "))
		url, _, _ := bytes.Cut(target, []byte(" "))
		if string(method) == "CONNECT" || bytes.Contains(url, []byte("://")) {
			proxyTarget(v, method, url)
		}
	}
	if cut.Null(v.Text[record.Name]) {
		return record.NoAddress
	}
	return ""
}

// clientPort takes address:port apart; of an IPv6 address too, which has no brackets.
func clientPort(text []byte) (client, port []byte) {
	colon := bytes.LastIndexByte(text, ':')
	if colon < 0 {
		return text, nil
	}
	return text[:colon], text[colon+1:]
}

// capturedHost returns the first of the captured texts that is a host, with its port.
func capturedHost(texts []byte) (host, port []byte) {
	for text := range bytes.SplitSeq(texts, []byte("|")) {
		if host, port := cut.HostPort(text); bytes.IndexByte(host, '.') > 0 && !bytes.ContainsAny(host, " /\"") {
			return host, port
		}
	}
	return nil, nil
}
