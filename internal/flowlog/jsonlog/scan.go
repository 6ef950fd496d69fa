package jsonlog

import (
	"math/bits"
	"slices"

	"beacon/internal/flow"
	"beacon/internal/flowlog"

	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/octets"
	"beacon/internal/flowlog/timeparts"
	"github.com/valyala/fastjson"
)

// jsonParser reads the records of one block. Fast path: one walk over a
// record's keys, in place, that ends as soon as it has what it needs; the keys
// are expected to come in the order of the record before. Slow path, for
// whatever the first one does not understand: fastjson.
//
// Note: fastjson for every record reads Zeek's at 0.2 GB/s a core, the walk at
// over 1 GB/s (BenchmarkJSON).
type jsonParser struct {
	*jsonLayout
	w      *flowlog.Worker
	text   []byte         // the block, padded
	clocks []clocks.Clock // its own copies
	top    jsonNode
	slow   fastjson.Parser
	path   []byte

	plan           plan // of the lines to come; nil for none
	gained, failed int  // lines that were read by a plan, and those that had to be read again

	optional bool // columns besides time, source and destination are read
	plain    bool // the slow path only, for tests
	wasSlow  bool // the last record took the slow path

	// Of the record that is being read, by role:
	value   [roleCount][]byte // text of a string without quotes, or of another value
	field   [roleCount]uint8  // index in fields
	has     uint32            // bits of the roles that have a value
	final   uint32            // of these, the values that no other field can better
	unknown []flowlog.Role    // of the values that can't be read
	assumed bool              // its zone isn't understood

	joined, joinedEnds *timeparts.Reader // of times that are joined with parts; nil for others
	texts              [partCount][]byte // of the parts
}

// jsonNode is an object of the records: what is known of its keys.
type jsonNode struct {
	path string    // of the object, with a point behind it; "" at the top
	keys []jsonKey // in the order in which they come
}

// jsonKey is a key as it stands in the text.
type jsonKey struct {
	word, mask uint64 // its first eight bytes, little-endian
	text       string // "key":
	field      int    // index in fields, -1 for a value that is not read
	node       *jsonNode
}

const (
	maxNodeKeys = 256 // keys of an object that are remembered
	maxKeyText  = 60  // bytes of a key that is remembered: less than blockPad
)

// jsonState is how the walk of a record ended.
type jsonState uint8

const (
	walked   jsonState = iota // to its end
	enough                    // before it: nothing more is needed
	rejected                  // it is of another kind
	unclear                   // it needs the slow path
)

func newJSONParser(l *jsonLayout, w *flowlog.Worker, padded []byte) *jsonParser {
	p := &jsonParser{jsonLayout: l, w: w, text: padded, optional: w.Optional()}
	p.clocks = append(p.clocks, l.clocks...)
	p.setJoined()
	return p
}

// record reads the object in [start, end) of the block.
func (p *jsonParser) record(start, end int) error {
	w := p.w
	p.has, p.final, p.unknown, p.assumed = 0, 0, p.unknown[:0], false
	state := unclear
	if !p.plain && p.text[start] == '{' && p.text[end-1] == '}' {
		var at int
		if at, state = p.object(&p.top, start+1, end); state == walked && at != end {
			state = unclear
		}
	}
	reason := ""
	if p.wasSlow = state == unclear; p.wasSlow { // Slow path
		p.has, p.final = 0, 0
		state, reason = p.slowObject(p.text[start:end])
	}
	if state == rejected || p.kindful && p.has>>flowlog.RecordKind&1 == 0 && reason == "" {
		w.Other()
		return nil
	}
	if reason == "" {
		if p.kindly {
			p.dropOthers()
		}
		reason = p.fill(w.Filled)
	}
	switch reason {
	case "":
		for _, r := range p.unknown {
			w.Unknown(p.text[start:end], r)
		}
		p.noteTimes()
		if w.Filled++; w.Filled == flow.BatchRows {
			return w.Flush()
		}
		return nil
	case flowlog.NoAddress:
		w.Other()
		return nil
	}
	return w.Bad(p.text[start:end], reason)
}

// object walks over an object from behind its brace, and says where it ended.
func (p *jsonParser) object(node *jsonNode, i, end int) (int, jsonState) {
	s := p.text
	for s[i] <= ' ' && i < end {
		i++
	}
	if s[i] == '}' {
		return i + 1, walked
	}
	for at := 0; i < end; {
		k := node.find(s[i:], &at)
		if k == nil {
			if k = p.learn(node, s[i:end], &at); k == nil {
				return i, unclear
			}
		}
		i += len(k.text)
		for s[i] <= ' ' && i < end {
			i++
		}
		switch ch := s[i]; {
		case ch == '"':
			to, escaped := stringEnd(s, i+1, end)
			if to < 0 || escaped && k.field >= 0 {
				return i, unclear
			}
			if k.field >= 0 {
				if state := p.take(k.field, s[i+1:to]); state != walked {
					return i, state
				}
			}
			i = to + 1
		case ch == '{' && k.node != nil:
			var state jsonState
			if i, state = p.object(k.node, i+1, end); state != walked {
				return i, state
			}
		case ch == '[' && k.node != nil: // the first element counts
			to := nestedEnd(s, i, end)
			if to < 0 {
				return i, unclear
			}
			if at := blankEnd(s[:end], i+1); at < end && s[at] == '{' {
				if at, state := p.object(k.node, at+1, end); state != walked {
					return at, state
				}
			}
			i = to
		case ch == '{' || ch == '[':
			to := nestedEnd(s, i, end)
			if to < 0 || k.field >= 0 && p.fields[k.field].role != flowlog.Answers {
				return i, unclear
			}
			if k.field >= 0 {
				if state := p.take(k.field, s[i:to]); state != walked {
					return i, state
				}
			}
			i = to
		default:
			n := scalarLength(s[i:end])
			if n == 0 {
				return i, unclear
			}
			if k.field >= 0 {
				to := i + n
				for s[to-1] <= ' ' {
					to--
				}
				if ch != 'n' { // null is no value
					if state := p.take(k.field, s[i:to]); state != walked {
						return i, state
					}
				}
			}
			i += n
		}
		for s[i] <= ' ' && i < end {
			i++
		}
		if i >= end {
			return i, unclear
		}
		if s[i] == '}' {
			return i + 1, walked
		}
		if s[i] != ',' {
			return i, unclear
		}
		for i++; s[i] <= ' ' && i < end; {
			i++
		}
	}
	return i, unclear
}

// take keeps the value of a field, and says whether the walk is over.
func (p *jsonParser) take(field int, text []byte) jsonState {
	f := &p.fields[field]
	if f.only != nil {
		if !slices.ContainsFunc(f.only, func(value string) bool { return value == string(text) }) {
			return rejected
		}
		return walked
	}
	bit := uint32(1) << f.role
	if p.has&bit != 0 && p.fields[p.field[f.role]].rank <= f.rank {
		return walked
	}
	if p.zeroTime && (f.role == flowlog.StartTime || f.role == flowlog.EndTime) && string(text) == "0" {
		return walked
	}
	if f.role == flowlog.RecordKind && p.kinds != nil {
		if !p.isFlow(text) {
			return rejected
		}
		if string(text) == p.nameless {
			p.final |= nameBits & p.want
		}
	}
	p.value[f.role], p.field[f.role] = text, uint8(field)
	p.has |= bit
	if f.rank == 0 {
		if p.final |= bit; p.final == p.want {
			return enough
		}
	}
	return walked
}

// nameBits are the roles of names of hosts.
const nameBits = 1<<flowlog.HostName | 1<<flowlog.Query | 1<<flowlog.Target | 1<<flowlog.Answers

// dropOthers drops the values that are none of the record's kind.
func (p *jsonParser) dropOthers() {
	kind := ""
	if p.has>>flowlog.RecordKind&1 != 0 {
		kind = string(p.value[flowlog.RecordKind])
	}
	for left := p.has; left != 0; left &= left - 1 {
		r := bits.TrailingZeros32(left)
		f := &p.fields[p.field[r]]
		if f.kind != "" && f.kind != kind || kind == p.nameless && (f.named || f.role.NamesHost()) {
			p.has &^= 1 << r
		}
	}
}

// isNameless tells whether the record is of the kind that names no host.
func (p *jsonParser) isNameless() bool {
	return p.has>>flowlog.RecordKind&1 != 0 && string(p.value[flowlog.RecordKind]) == p.nameless
}

func (p *jsonParser) isFlow(kind []byte) bool {
	for _, k := range p.kinds {
		if string(kind) == k {
			return true
		}
	}
	return false
}

// find returns the key at the beginning of s, which has eight bytes or more: the
// next one, or another one that is known; at is moved behind it.
func (n *jsonNode) find(s []byte, at *int) *jsonKey {
	word := octets.Load64(s)
	for i := *at; i < len(n.keys); i++ {
		if k := &n.keys[i]; word&k.mask == k.word && string(s[:len(k.text)]) == k.text {
			*at = i + 1
			return k
		}
	}
	for i := range n.keys[:min(*at, len(n.keys))] {
		if k := &n.keys[i]; word&k.mask == k.word && string(s[:len(k.text)]) == k.text {
			*at = i + 1
			return k
		}
	}
	return nil
}

// learn reads the key at the beginning of s for the first time; nil where it
// is none, or one that is written with escapes.
func (p *jsonParser) learn(n *jsonNode, s []byte, at *int) *jsonKey {
	if len(s) == 0 || s[0] != '"' {
		return nil
	}
	to, escaped := stringEnd(s, 1, len(s))
	if to < 0 || escaped {
		return nil
	}
	colon := blankEnd(s, to+1)
	if colon == len(s) || s[colon] != ':' {
		return nil
	}
	k := jsonKey{text: string(s[:colon+1]), field: -1}
	p.path = append(append(p.path[:0], n.path...), s[1:to]...)
	if i, ok := p.paths[string(p.path)]; ok {
		k.field = i
	} else if p.inner[string(p.path)] {
		k.node = &jsonNode{path: string(p.path) + "."}
	}
	var word [8]byte
	size := copy(word[:], k.text)
	k.word, k.mask = octets.Load64(word[:]), ^uint64(0)>>(64-8*size)
	if len(n.keys) >= maxNodeKeys || len(k.text) > maxKeyText {
		return &k
	}
	n.keys = append(n.keys, jsonKey{})
	copy(n.keys[*at+1:], n.keys[*at:])
	n.keys[*at] = k
	*at++
	return &n.keys[*at-1]
}

// stringEnd returns the place of the quote that ends a string whose text begins at
// i, -1 where none does before end, and whether an escape stands in it. The
// text is padded or end is its length.
func stringEnd(s []byte, i, end int) (at int, escaped bool) {
	for i+8 <= len(s) {
		word := octets.Load64(s[i:])
		m := octets.ZeroByte(word^'"'*octets.LowBits) | octets.ZeroByte(word^'\\'*octets.LowBits)
		if m == 0 {
			if i += 8; i >= end {
				return -1, escaped
			}
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		if i >= end {
			return -1, escaped
		}
		if s[i] == '"' {
			return i, escaped
		}
		escaped = true
		i += 2
	}
	for ; i < end; i++ {
		switch s[i] {
		case '"':
			return i, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return -1, escaped
}

// scalarLength returns the length of a number or literal, blanks behind it included.
func scalarLength(s []byte) int {
	n := 0
	for ; n+8 <= len(s); n += 8 {
		word := octets.Load64(s[n:])
		if m := octets.ZeroByte(word^','*octets.LowBits) | octets.ZeroByte(word^'}'*octets.LowBits); m != 0 {
			return n + bits.TrailingZeros64(m)>>3
		}
	}
	for ; n < len(s); n++ {
		if s[n] == ',' || s[n] == '}' {
			return n
		}
	}
	return n
}
