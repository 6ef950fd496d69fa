package cut

import "bytes"

// Pairs reads key=value one after the other: values bare, or in double or single
// quotes with \" for a quote inside.
type Pairs struct {
	Rest   []byte
	End    string // bytes that end a bare value
	Assign byte   // between key and value
}

// Next returns the next pair.
func (p *Pairs) Next() (key, val []byte, ok bool) {
	for {
		at := bytes.IndexByte(p.Rest, p.Assign)
		if at < 0 {
			return nil, nil, false
		}
		from := at
		for from > 0 && keyByte(p.Rest[from-1]) {
			from--
		}
		key = p.Rest[from:at]
		p.Rest = p.Rest[at+1:]
		if len(p.Rest) > 0 && (p.Rest[0] == '"' || p.Rest[0] == '\'') {
			val = p.quoted(p.Rest[0])
		} else {
			val = p.bare()
		}
		if len(key) > 0 {
			return key, val, true
		}
	}
}

func keyByte(ch byte) bool {
	return Letter(ch) || ch-'0' <= 9 || ch == '_' || ch == '-' || ch == '.' || ch == '/'
}

func (p *Pairs) bare() (val []byte) {
	n := 0
	for n < len(p.Rest) && p.Rest[n] != p.End[0] && (len(p.End) == 1 || p.Rest[n] != p.End[1]) {
		n++
	}
	val, p.Rest = p.Rest[:n], p.Rest[n:]
	return val
}

func (p *Pairs) quoted(quote byte) (val []byte) {
	for n := 1; n < len(p.Rest); n++ {
		switch p.Rest[n] {
		case '\\':
			n++
		case quote:
			val, p.Rest = p.Rest[1:n], p.Rest[n+1:]
			return val
		}
	}
	val, p.Rest = p.Rest[1:], nil
	return val
}

// Extension reads the key=value of CEF: a value goes on to the next key.
type Extension struct {
	Rest []byte
}

// Next returns the next pair.
func (x *Extension) Next() (key, val []byte, ok bool) {
	at := x.assign(0)
	if at < 0 {
		return nil, nil, false
	}
	key = x.Rest[bytes.LastIndexByte(x.Rest[:at], ' ')+1 : at]
	next := x.assign(at + 1)
	if next < 0 {
		val, x.Rest = x.Rest[at+1:], nil
	} else {
		end := bytes.LastIndexByte(x.Rest[at+1:next], ' ')
		val, x.Rest = x.Rest[at+1:at+1+max(end, 0)], x.Rest[at+1+end+1:]
	}
	return key, bytes.TrimSpace(val), true
}

// assign returns the next = that has a key before it and is not escaped.
func (x *Extension) assign(from int) int {
	for {
		at := bytes.IndexByte(x.Rest[from:], '=')
		if at < 0 {
			return -1
		}
		at += from
		start := at
		for start > 0 && (keyByte(x.Rest[start-1]) || x.Rest[start-1] == '[' || x.Rest[start-1] == ']') {
			start--
		}
		if start < at && (start == 0 || x.Rest[start-1] == ' ') {
			return at
		}
		from = at + 1
	}
}

// Letter says whether a byte is a letter of ASCII.
func Letter(ch byte) bool { return ch|0x20 >= 'a' && ch|0x20 <= 'z' }
