package devicelog

import (
	"bytes"

	"beacon/internal/flowlog/cut"
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
	register(&device{
		names:   true,
		name:    "proxy-access",
		needs:   "client, [time], a request with a whole URL or CONNECT host:port",
		gives:   "port, protocol, bytes, name",
		doc:     "Access logs of Apache, nginx and others as a forward proxy, common or combined",
		example: `10.0.0.5 - - [21/Jun/2020:00:00:02 +0000] "CONNECT a.example:443 HTTP/1.1" 200 1200 "-" "curl/7.68"`,
		mine:    func(line []byte) bool { return proxyRequest(line) != nil && !squidCombined(line) },
		read:    readAccess,
	})
}

// proxyRequest is the request of a line of an access log if it is one to a proxy,
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

func readAccess(m *message, v *values) string {
	request := proxyRequest(m.line)
	open := bytes.IndexByte(m.line, '[')
	close := bytes.Index(m.line, []byte(`] "`))
	v.text[vSrc] = m.line[:bytes.IndexByte(m.line, ' ')]
	v.text[vTime] = m.line[open : close+1]
	var f [2][]byte
	cut.Words(m.line[close+3+len(request)+1:], f[:])
	v.text[vReceived] = f[1]
	method, target, _ := bytes.Cut(request, []byte(" "))
	url, _, _ := bytes.Cut(target, []byte(" "))
	proxyTarget(v, method, url)
	return ""
}

// proxyTarget finds whom a request to a proxy was for.
func proxyTarget(v *values, method, url []byte) {
	host, port := cut.URLHost(url, string(method) == "CONNECT")
	v.text[vProto], v.text[vDstPort], v.text[vName] = []byte("tcp"), port, host
}
