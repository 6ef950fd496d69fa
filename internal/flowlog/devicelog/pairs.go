package devicelog

import "bytes"

// pairs reads key=value one after the other: values bare, or in double or single
// quotes with \" for a quote inside.
type pairs struct {
	rest   []byte
	end    string // bytes that end a bare value
	assign byte   // between key and value
}

// next is the next pair.
func (p *pairs) next() (key, val []byte, ok bool) {
	for {
		at := bytes.IndexByte(p.rest, p.assign)
		if at < 0 {
			return nil, nil, false
		}
		from := at
		for from > 0 && keyByte(p.rest[from-1]) {
			from--
		}
		key = p.rest[from:at]
		p.rest = p.rest[at+1:]
		if len(p.rest) > 0 && (p.rest[0] == '"' || p.rest[0] == '\'') {
			val = p.quoted(p.rest[0])
		} else {
			val = p.bare()
		}
		if len(key) > 0 {
			return key, val, true
		}
	}
}

func keyByte(ch byte) bool {
	return letter(ch) || ch-'0' <= 9 || ch == '_' || ch == '-' || ch == '.' || ch == '/'
}

func (p *pairs) bare() (val []byte) {
	n := 0
	for n < len(p.rest) && p.rest[n] != p.end[0] && (len(p.end) == 1 || p.rest[n] != p.end[1]) {
		n++
	}
	val, p.rest = p.rest[:n], p.rest[n:]
	return val
}

func (p *pairs) quoted(quote byte) (val []byte) {
	for n := 1; n < len(p.rest); n++ {
		switch p.rest[n] {
		case '\\':
			n++
		case quote:
			val, p.rest = p.rest[1:n], p.rest[n+1:]
			return val
		}
	}
	val, p.rest = p.rest[1:], nil
	return val
}
