// Package cut takes records of text apart: rows of tables, objects of JSON, pairs of
// key and value, URLs. What it returns lies in the text that it was given.
package cut

import "bytes"

// Words splits a line at runs of blanks into at most len(fields) fields.
func Words(line []byte, fields [][]byte) (n int) {
	for n < len(fields) {
		line = bytes.TrimLeft(line, " ")
		if len(line) == 0 {
			break
		}
		fields[n], line, _ = bytes.Cut(line, []byte(" "))
		n++
	}
	return n
}

// URLHost is host and port of a URL, or of host:port (CONNECT); the port of the
// scheme where it names none.
func URLHost(url []byte, bare bool) (host, port []byte) {
	if scheme, rest, ok := bytes.Cut(url, []byte("://")); ok {
		url = rest
		switch string(bytes.ToLower(scheme)) {
		case "http", "ws":
			port = []byte("80")
		case "https", "wss":
			port = []byte("443")
		case "ftp":
			port = []byte("21")
		}
	} else if !bare {
		return nil, nil
	}
	if end := bytes.IndexAny(url, "/?#"); end >= 0 {
		url = url[:end]
	}
	url = url[bytes.LastIndexByte(url, '@')+1:]
	if close := bytes.IndexByte(url, ']'); len(url) > 0 && url[0] == '[' && close > 0 {
		if rest := url[close+1:]; len(rest) > 1 && rest[0] == ':' {
			port = rest[1:]
		}
		return url[:close+1], port
	}
	if colon := bytes.LastIndexByte(url, ':'); colon >= 0 && bytes.IndexByte(url, ':') == colon {
		return url[:colon], url[colon+1:]
	}
	return url, port
}

// HostPort takes address:port or [address]:port apart.
func HostPort(text []byte) (host, port []byte) {
	if len(text) > 0 && text[0] == '[' {
		if close := bytes.IndexByte(text, ']'); close > 0 {
			return text[1:close], bytes.TrimPrefix(text[close+1:], []byte(":"))
		}
	}
	colon := bytes.LastIndexByte(text, ':')
	if colon < 0 || bytes.IndexByte(text, ':') != colon {
		return text, nil
	}
	return text[:colon], text[colon+1:]
}

// Field returns the first field of a comma-separated record, without its quotes, and
// what follows; ok is false at the last one.
func Field(p []byte) (field, rest []byte, ok bool) {
	if len(p) > 0 && p[0] == '"' {
		if end := bytes.IndexByte(p[1:], '"'); end >= 0 {
			field, rest = p[1:1+end], p[end+2:]
			if at := bytes.IndexByte(rest, ','); at >= 0 {
				return field, rest[at+1:], true
			}
			return field, nil, false
		}
	}
	at := bytes.IndexByte(p, ',')
	if at < 0 {
		return p, nil, false
	}
	return p[:at], p[at+1:], true
}

// BlankField returns the next field of a line, without its quotes.
func BlankField(p []byte, between byte) (field, rest []byte, more bool) {
	if len(p) > 0 && (p[0] == '"' || p[0] == '[') {
		quote := byte('"')
		if p[0] == '[' {
			quote = ']'
		}
		if end := bytes.IndexByte(p[1:], quote); end >= 0 && (end+2 == len(p) || p[end+2] == between) {
			field = p[1 : 1+end]
			if quote == ']' {
				field = p[:end+2]
			}
			if end+2 == len(p) {
				return field, nil, false
			}
			return field, p[end+3:], true
		}
	}
	at := bytes.IndexByte(p, between)
	if at < 0 {
		return p, nil, false
	}
	return p[:at], p[at+1:], true
}
