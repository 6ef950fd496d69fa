package devicelog

import (
	"bytes"
	"time"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/numbers"
	"beacon/internal/flowlog/record"
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
	record.Register(&record.Device{
		Name:    "nginx-stream",
		Needs:   `client, [time], protocol, status, bytes, session time, "upstream address" or "server name"`,
		Gives:   "port, protocol, bytes, duration, name",
		Doc:     "nginx stream logs in the format of its documentation, also with $ssl_preread_server_name",
		Example: `10.0.0.5 [21/Jun/2020:00:00:02 +0000] TCP 200 900 300 1.234 "203.0.113.9:443" "300" "900" "0.010" "a.example"`,
		Mine:    nginxStreamLine,
		Read:    readNginxStream,
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

func readNginxStream(m *record.Message, v *record.Values) string {
	space, at := bytes.Index(m.Line, []byte(" [")), bytes.Index(m.Line, []byte("] "))
	v.Text[record.Src], v.Text[record.End] = m.Line[:space], m.Line[space+1:at+1]
	var f [5][]byte
	if cut.Words(m.Line[at+2:], f[:]) < len(f) {
		return record.TooShort
	}
	v.Text[record.Proto], v.Text[record.Received], v.Text[record.Sent], v.Text[record.Duration] = f[0], f[2], f[3], f[4]
	if lasted, ok := numbers.ParseSeconds(f[4], 0); ok {
		v.Early = time.Duration(lasted)
	}
	_, rest, quoted := bytes.Cut(m.Line[at+2:], []byte(`"`))
	for quoted {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte(`"`))
		host, port := cut.HostPort(text)
		switch {
		case cut.IsAddress(host) && len(port) > 0 && v.Text[record.Dst] == nil:
			v.Text[record.Dst], v.Text[record.DstPort] = host, port
		case !cut.IsAddress(host) && bytes.IndexByte(host, '.') > 0 && cut.IsName(host) && !bytes.ContainsAny(host, " /") && v.Text[record.Name] == nil:
			v.Text[record.Name] = host
		}
		_, rest, quoted = bytes.Cut(rest, []byte(`"`))
	}
	return ""
}
