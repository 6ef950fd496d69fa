package devicelog

import (
	"bytes"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// nginx's stream logs, for which it has no format of its own: the one of its
// documentation and those made from it. In front stand the client, the time in
// brackets, the protocol, the status, bytes sent and received, the seconds of the
// session; behind them in quotes, in any order, what tells the destination: an
// address with a port ($upstream_addr) or a name ($ssl_preread_server_name).
//
//	10.0.0.5 [21/Jun/2020:00:00:02 +0000] TCP 200 900 300 1.234 "203.0.113.9:443" "300" "900" "0.010" "a.example"
//
// The time is when the session ended.
//
// Shape: nginx, ngx_stream_log_module and ngx_stream_ssl_preread_module.

func init() {
	register(&device{
		name:    "nginx-stream",
		needs:   `client, [time], protocol, status, bytes, session time, "upstream address" or "server name"`,
		gives:   "port, protocol, bytes, duration, name",
		doc:     "nginx stream logs in the format of its documentation, also with $ssl_preread_server_name",
		example: `10.0.0.5 [21/Jun/2020:00:00:02 +0000] TCP 200 900 300 1.234 "203.0.113.9:443" "300" "900" "0.010" "a.example"`,
		mine:    nginxStreamLine,
		read:    readNginxStream,
	})
}

func nginxStreamLine(line []byte) bool {
	space, at := bytes.Index(line, []byte(" [")), bytes.Index(line, []byte("] "))
	if space <= 0 || at < space || !cut.IsAddress(line[:space]) {
		return false
	}
	rest := line[at+2:]
	return bytes.HasPrefix(rest, []byte("TCP ")) || bytes.HasPrefix(rest, []byte("UDP "))
}

func readNginxStream(m *message, v *values) string {
	space, at := bytes.Index(m.line, []byte(" [")), bytes.Index(m.line, []byte("] "))
	v.text[vSrc], v.text[vEnd] = m.line[:space], m.line[space+1:at+1]
	var f [5][]byte
	if cut.Words(m.line[at+2:], f[:]) < len(f) {
		return tooShort
	}
	v.text[vProto], v.text[vReceived], v.text[vSent], v.text[vDuration] = f[0], f[2], f[3], f[4]
	if lasted, ok := flowlog.ParseSeconds(f[4], 0); ok {
		v.early = time.Duration(lasted)
	}
	_, rest, quoted := bytes.Cut(m.line[at+2:], []byte(`"`))
	for quoted {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte(`"`))
		host, port := cut.HostPort(text)
		switch {
		case cut.IsAddress(host) && len(port) > 0 && v.text[vDst] == nil:
			v.text[vDst], v.text[vDstPort] = host, port
		case !cut.IsAddress(host) && bytes.IndexByte(host, '.') > 0 && cut.IsName(host) && !bytes.ContainsAny(host, " /") && v.text[vName] == nil:
			v.text[vName] = host
		}
		_, rest, quoted = bytes.Cut(rest, []byte(`"`))
	}
	return ""
}
