package wrap

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/timelayout"
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
	best, end := 0, ""
	for _, e := range []string{" ", "\t", ";", ",", "|"} { // a value may have blanks where another byte ends it
		if n := countPairs(head, e); n > best {
			best, end = n, e
		}
	}
	if best == 0 {
		return nil
	}
	return func(r io.Reader) io.Reader {
		p := pairLines{stamper: stamper, end: end}
		return rewriteLines(r, p.object)
	}
}

// countPairs returns how many pairs the lines of a log's beginning have with this byte at the end
// of values, 0 where most of the lines are of no connection.
func countPairs(head flowlog.Head, end string) (pairs int) {
	p := pairLines{end: end}
	n, found := 0, 0
	for line := range cut.FirstLines(head) {
		if p.read(line); p.again > maxAgain {
			return 0
		}
		if p.addresses() >= 2 {
			found++
		}
		pairs += len(p.keys)
		if n++; n == firstElements {
			break
		}
	}
	if found < n/2 || found == 0 {
		return 0
	}
	return pairs
}

// pairLines reads lines of key=value, one at a time.
type pairLines struct {
	stamper    Stamper
	end        string // what ends a bare value
	keys, vals [][]byte
	again      int                     // values of a source's key besides the first
	roles      map[string]flowlog.Role // of the keys so far
	out        []byte
}

// maxKeys is how many keys have their roles kept: more are no names of values.
const maxKeys = 4096

// role returns what a value is by its key.
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

// maxAgain is how often the key of a source may come again on a line of one flow: conntrack gives
// both directions. Lines with more hold several flows, as XML without ends of lines does.
const maxAgain = 1

// maxPairs is how many pairs of a line are read: several times what any firewall writes.
const maxPairs = 256

// read takes the pairs of a line; of several with one key the first.
func (p *pairLines) read(line []byte) {
	p.keys, p.vals, p.again = p.keys[:0], p.vals[:0], 0
	pairs := cut.Pairs{Rest: line, End: p.end, Assign: '='}
	for key, val, ok := pairs.Next(); ok && len(p.keys) < maxPairs; key, val, ok = pairs.Next() {
		if !slices.ContainsFunc(p.keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
			p.keys, p.vals = append(p.keys, key), append(p.vals, bytes.TrimRight(val, ",;"))
		} else if p.role(key) == flowlog.Source {
			p.again++
		}
	}
}

// addresses returns how many of the values are addresses, with or without a port.
func (p *pairLines) addresses() (n int) {
	for _, val := range p.vals {
		if host, _ := cut.HostPort(val); cut.IsAddress(val) || cut.IsAddress(host) {
			n++
		}
	}
	return n
}

// object returns a line as an object of JSON: an empty one where it has no address, the line
// itself where it has no pairs.
func (p *pairLines) object(line []byte) []byte {
	if p.read(line); len(p.keys) == 0 {
		return line
	}
	if p.addresses() == 0 {
		return []byte("{}")
	}
	p.out = append(p.out[:0], '{')
	if text := p.time(line); text != nil {
		p.append("timestamp", text)
	}
	own := len(p.out) > 1
	for i, key := range p.keys {
		role := p.role(key)
		if own && role == flowlog.StartTime {
			continue
		}
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
	p.out[len(p.out)-1] = '}'
	return p.out
}

// time returns the time of a line of which no single value is one: of its date and time,
// else of its header; nil where there is none.
func (p *pairLines) time(line []byte) []byte {
	for i, key := range p.keys {
		if p.role(key) == flowlog.StartTime && wholeTime(p.vals[i]) {
			return nil
		}
	}
	if date, clock := p.value("date"), p.value("time"); len(date) > 0 && (bytes.IndexByte(clock, ':') > 0 || bytes.IndexByte(date, ':') < 0 && timelayout.IsCompactClock(clock)) {
		text := append(append(append([]byte(nil), date...), ' '), clock...)
		if zone := p.value("tz"); len(zone) > 0 && (zone[0] == '+' || zone[0] == '-') {
			text = append(text, zone...)
		}
		return text
	}
	h := p.stamper.Header(line)
	return bytes.TrimLeft(h.Text, "*.") // which Cisco writes before it
}

// value returns the value of a key, nil where there is none.
func (p *pairLines) value(key string) []byte {
	i := slices.IndexFunc(p.keys, func(k []byte) bool { return string(k) == key })
	if i < 0 {
		return nil
	}
	return p.vals[i]
}

// wholeTime tells whether a value may be a date with a time of day, or a number since the
// Unix epoch: a firewall's time=3 is how long a connection lasted, and time=00:00:02 stands
// beside a date.
func wholeTime(val []byte) bool {
	if colon := bytes.IndexByte(val, ':'); colon >= 0 {
		return colon >= len("Jun 1 00")
	}
	_, digits := cut.Digits(val, len("1592697602"))
	return digits == len("1592697602")
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
