package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/record"
)

// Access logs of Apache and nginx, common or combined, where they are forward
// proxies: then a request's target is a whole URL, or host:port of a CONNECT. Lines
// with a path alone are requests to the server itself, and are passed over.
//
//	10.0.0.5 - - [21/Jun/2020:00:00:02 +0000] "CONNECT a.example:443 HTTP/1.1" 200 1200 "-" "curl/7.68"
//
// Shape: Apache HTTP Server, mod_log_config, "Common Log Format"; nginx,
// ngx_http_log_module.

func init() {
	record.Register(&record.Device{
		Names:   true,
		Name:    "proxy-access",
		Needs:   "client, [time], a request with a whole URL or CONNECT host:port",
		Gives:   "port, protocol, bytes, name",
		Doc:     "Access logs of Apache, nginx and others as a forward proxy, common or combined",
		Example: `10.0.0.5 - - [21/Jun/2020:00:00:02 +0000] "CONNECT a.example:443 HTTP/1.1" 200 1200 "-" "curl/7.68"`,
		Mine:    func(line []byte) bool { return proxyRequest(line) != nil && !squidCombined(line) },
		Read:    readAccess,
	})
}

// proxyRequest returns the request of a line of an access log if it is one to a proxy,
// nil in other lines.
func proxyRequest(line []byte) []byte {
	space := bytes.IndexByte(line, ' ')
	at := bytes.Index(line, []byte(`] "`))
	if space <= 0 || at < 0 || bytes.IndexByte(line[:at], '[') < 0 || !cut.IsAddress(line[:space]) {
		return nil
	}
	request, _, ok := bytes.Cut(line[at+3:], []byte(`"`))
	method, target, _ := bytes.Cut(request, []byte(" "))
	if !ok || len(method) == 0 || len(target) == 0 {
		return nil
	}
	if scheme := bytes.Index(target, []byte("://")); string(method) == "CONNECT" || scheme > 0 && bytes.IndexByte(target[:scheme], '/') < 0 {
		return request
	}
	return nil
}

func readAccess(m *record.Message, v *record.Values) string {
	request := proxyRequest(m.Line)
	open := bytes.IndexByte(m.Line, '[')
	close := bytes.Index(m.Line, []byte(`] "`))
	v.Text[record.Src] = m.Line[:bytes.IndexByte(m.Line, ' ')]
	v.Text[record.Time] = m.Line[open : close+1]
	var f [2][]byte
	cut.Words(m.Line[close+3+len(request)+1:], f[:])
	v.Text[record.Received] = f[1]
	method, target, _ := bytes.Cut(request, []byte(" "))
	url, _, _ := bytes.Cut(target, []byte(" "))
	proxyTarget(v, method, url)
	return ""
}

// proxyTarget finds whom a request to a proxy was for.
func proxyTarget(v *record.Values, method, url []byte) {
	host, port := cut.URLHost(url, string(method) == "CONNECT")
	v.Text[record.Proto], v.Text[record.DstPort], v.Text[record.Name] = []byte("tcp"), port, host
}
