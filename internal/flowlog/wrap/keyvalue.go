package wrap

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// Lines of key=value (logfmt, and what firewalls that nobody has described write), which
// become lines of JSON. They are taken for that only where no format knows them: keys are
// then found by the names that columns have, and --map can name others. A line without a
// time of its own gets its header's.
//
// Shape: Brandur Leach, "logfmt"; the manuals of firewalls with "extended" syslog.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "lines of key=value", Rank: 9, Weak: true, Last: true, Sniff: sniffPairs})
}

func sniffPairs(head flowlog.Head) func(io.Reader) io.Reader {
	// The anchor finds where a time ends; what year it is of is left to the reader of JSON.
	stamper := Stamper{Anchor: FirstAnchor(head, &flowlog.Options{})}
	var p pairLines
	n, found := 0, 0
	for line := range cut.FirstLines(head) {
		if p.read(line); p.addresses() >= 2 {
			found++
		}
		if n++; n == firstElements {
			break
		}
	}
	if found == 0 || found < n/2 {
		return nil
	}
	return func(r io.Reader) io.Reader {
		p := pairLines{stamper: stamper}
		return rewriteLines(r, p.object)
	}
}

// pairLines reads lines of key=value, one at a time.
type pairLines struct {
	stamper    Stamper
	keys, vals [][]byte
	roles      map[string]flowlog.Role // of the keys so far
	out        []byte
}

// maxKeys is how many keys have their roles kept: more are no names of values.
const maxKeys = 4096

// role is what a value is by its key.
func (p *pairLines) role(key []byte) flowlog.Role {
	role, known := p.roles[string(key)]
	if !known {
		role, _ = flowlog.RoleOf(string(key))
		if p.roles == nil || len(p.roles) == maxKeys {
			p.roles = map[string]flowlog.Role{}
		}
		p.roles[string(key)] = role
	}
	return role
}

// maxPairs is how many pairs of a line are read: several times what any firewall writes.
const maxPairs = 256

// read takes the pairs of a line; of several with one key the first.
func (p *pairLines) read(line []byte) {
	p.keys, p.vals = p.keys[:0], p.vals[:0]
	pairs := cut.Pairs{Rest: line, End: " ", Assign: '='}
	for key, val, ok := pairs.Next(); ok && len(p.keys) < maxPairs; key, val, ok = pairs.Next() {
		if !slices.ContainsFunc(p.keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
			p.keys, p.vals = append(p.keys, key), append(p.vals, bytes.TrimRight(val, ",;"))
		}
	}
}

// addresses is how many of the values are addresses, with or without a port.
func (p *pairLines) addresses() (n int) {
	for _, val := range p.vals {
		if host, _ := cut.HostPort(val); cut.IsAddress(val) || cut.IsAddress(host) {
			n++
		}
	}
	return n
}

// object is a line as an object of JSON, the line itself where it is of no connection.
func (p *pairLines) object(line []byte) []byte {
	if p.read(line); p.addresses() < 2 {
		return line
	}
	p.out = append(p.out[:0], '{')
	timed := false
	for i, key := range p.keys {
		role := p.role(key)
		timed = timed || role == flowlog.StartTime
		val := p.vals[i]
		if host, port := cut.HostPort(val); len(port) > 0 && cut.IsAddress(host) {
			switch role {
			case flowlog.Source:
				p.append("src_port", port)
				val = host
			case flowlog.Destination:
				p.append("dst_port", port)
				val = host
			}
		}
		p.append(string(key), val)
	}
	if h := p.stamper.Header(line); h.Timed && !timed {
		p.append("timestamp", bytes.TrimLeft(h.Text, "*.")) // which Cisco writes before it
	}
	p.out[len(p.out)-1] = '}'
	return p.out
}

// append adds a key with its value to the object, and a comma.
func (p *pairLines) append(key string, val []byte) {
	p.out = appendText(p.out, key)
	p.out = append(p.out, ':')
	p.out = append(appendText(p.out, string(val)), ',')
}

// appendText appends a text as JSON's string.
func appendText(dst []byte, text string) []byte {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r >= 0x7f }) {
		quoted, _ := json.Marshal(text) // a string has no errors
		return append(dst, quoted...)
	}
	return append(append(append(dst, '"'), text...), '"')
}
