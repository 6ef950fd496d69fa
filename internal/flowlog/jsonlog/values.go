package jsonlog

import (
	"math/bits"
	"slices"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/endpoint"
	"beacon/internal/flowlog/octets"
)

const (
	badJSON = "malformed JSON"
	noTime  = "no time"
)

// slowObject reads a record by fastjson: what the fast path is held to.
func (p *jsonParser) slowObject(text []byte) (state jsonState, reason string) {
	v, err := p.slow.ParseBytes(text)
	if err != nil || v.Type() != fastjson.TypeObject {
		return walked, badJSON
	}
	state = walked
	p.visit(v, "", &state)
	if state == enough {
		state = walked
	}
	return state, ""
}

// visit takes the values of an object and of those in it.
func (p *jsonParser) visit(v *fastjson.Value, prefix string, state *jsonState) {
	o, _ := v.Object()
	o.Visit(func(key []byte, v *fastjson.Value) {
		if *state != walked {
			return
		}
		path := prefix + string(key)
		field, ok := p.paths[path]
		switch {
		case ok && v.Type() != fastjson.TypeNull:
			*state = p.take(field, valueText(v))
		case !ok && v.Type() == fastjson.TypeObject && p.inner[path]:
			p.visit(v, path+".", state)
		case !ok && v.Type() == fastjson.TypeArray && p.inner[path]: // the first element counts
			if list, _ := v.Array(); len(list) > 0 && list[0].Type() == fastjson.TypeObject {
				p.visit(list[0], path+".", state)
			}
		}
	})
}

// valueText returns the text of a value, a string's without its quotes.
func valueText(v *fastjson.Value) []byte {
	if list, err := v.Array(); err == nil && len(list) > 0 { // ECS: an address may be a list of one
		v = list[0]
	}
	if v.Type() == fastjson.TypeString {
		text, _ := v.StringBytes()
		return text
	}
	return v.MarshalTo(nil)
}

// fill writes the record's values into a row, or says why not.
func (p *jsonParser) fill(row int) (reason string) {
	w := p.w
	if p.optional || p.has&nameBits != 0 {
		w.Zero(row, 1)
	}
	called, addressed, reason := p.fillEnds(row)
	if reason != "" {
		return reason
	}
	if p.has>>flowlog.StartTime&1 == 0 {
		return noTime
	}
	if reason = p.start(row); reason != "" {
		return reason
	}
	if p.optional {
		p.fillOptional(row)
	}
	called.Settle(w, row, addressed, p.beside && !p.isNameless())
	return ""
}

// fillEnds writes source and destination into a row, which has been cleared, and returns
// what the record says of the destination by name, and whether it has its address.
func (p *jsonParser) fillEnds(row int) (called called.Host, addressed bool, reason string) {
	w := p.w
	if p.lacks(flowlog.Source) {
		return called, false, flowlog.NoAddress
	}
	var ok bool
	if w.Src[row], ok = p.host(flowlog.Source); !ok {
		return called, false, flowlog.BadAddress
	}
	if addressed = !p.lacks(flowlog.Destination); addressed {
		if w.Dst[row], ok = p.host(flowlog.Destination); !ok {
			return called, true, flowlog.BadAddress
		}
	}
	reason = flowlog.NoAddress
	for left := p.has & nameBits; left != 0; left &= left - 1 {
		r := flowlog.Role(bits.TrailingZeros32(left))
		if !called.Take(w, &p.values, r, p.value[r]) {
			p.unknown = append(p.unknown, r)
			reason = flowlog.BadName
		}
	}
	if called.Tells(w, addressed, p.beside && !p.isNameless()) {
		reason = ""
	}
	return called, addressed, reason
}

// lacks tells whether the record has no value of a role.
func (p *jsonParser) lacks(r flowlog.Role) bool {
	return p.has>>r&1 == 0 || p.values.Null(p.value[r])
}

// fillOptional writes what is neither time nor address.
func (p *jsonParser) fillOptional(row int) {
	w := p.w
	for left := p.has &^ (1<<flowlog.StartTime | 1<<flowlog.Source | 1<<flowlog.Destination | 1<<flowlog.RecordKind | nameBits | partBits); left != 0; left &= left - 1 {
		r := flowlog.Role(bits.TrailingZeros32(left))
		text, as := p.value[r], r
		switch r {
		case flowlog.EndTime:
			if p.has>>flowlog.Duration&1 != 0 || p.values.Null(text) {
				continue
			}
			if !p.end(row) {
				p.unknown = append(p.unknown, r)
			}
			continue
		case flowlog.SourcePart, flowlog.DestinationPart:
			if p.has>>flowlog.ByteCount&1 != 0 {
				if r == flowlog.SourcePart && p.has>>flowlog.SourceByteCount&1 == 0 && w.SrcBytes != nil {
					as = flowlog.SourceByteCount
					break
				}
				continue
			}
			if r == flowlog.DestinationPart {
				as = flowlog.ByteCount
			}
		}
		if !p.values.Value(w, row, as, text) {
			p.unknown = append(p.unknown, as)
		}
	}
}

// addr returns the host id of an address.
func (p *jsonParser) addr(text []byte) (uint32, bool) {
	n := len(text)
	if n <= 15 && cap(text) >= 16 { // Fast path
		b := text[:16]
		return p.w.Addrs.Lookup(p.w.Hosts, addr.WordsKey(octets.Load64(b), octets.Load64(b[8:]), n))
	}
	return p.w.Addr(text)
}

// host returns the host id of the address with or without a port, or of the name with a
// domain, that is the record's value of a role.
func (p *jsonParser) host(r flowlog.Role) (uint32, bool) {
	text := p.value[r]
	if id, ok := p.addr(text); ok {
		return id, true
	}
	if id, ok := p.w.Host(text); ok {
		return id, true
	}
	return endpoint.Read(p.w, r, text)
}

// time returns the value of a role as ns since the Unix epoch.
func (p *jsonParser) time(r flowlog.Role) (int64, bool) {
	text := p.value[r]
	c := &p.clocks[p.field[r]]
	if cap(text) >= 48 { // Fast path
		if t, n, ok := c.Scan(text[:48]); ok && n == len(text) {
			return t, true
		}
	}
	if t, ok := c.Parse(text); ok {
		return t, true
	}
	return looseTime(text, p.opt)
}

// looseTime reads a time that is not written as the clock's: a number by its
// own magnitude, or a date.
func looseTime(text []byte, opt *flowlog.Options) (int64, bool) {
	other, ok := flowlog.NewClock(text, opt)
	if !ok {
		return 0, false
	}
	return other.Parse(text)
}

// eachValue calls do with the path and text of each value of a JSON object
// that is neither object nor null; an array is one value.
func eachValue(record []byte, do func(path string, text []byte)) {
	v, err := fastjson.ParseBytes(record)
	if err != nil {
		return
	}
	var visit func(v *fastjson.Value, prefix string)
	visit = func(v *fastjson.Value, prefix string) {
		o, err := v.Object()
		if err != nil {
			return
		}
		o.Visit(func(key []byte, v *fastjson.Value) {
			switch path := prefix + string(key); v.Type() {
			case fastjson.TypeNull:
			case fastjson.TypeObject:
				visit(v, path+".")
			case fastjson.TypeArray:
				do(path, valueText(v))
				if list, _ := v.Array(); len(list) > 0 {
					visit(list[0], path+".")
				}
			default:
				do(path, valueText(v))
			}
		})
	}
	visit(v, "")
}

// sniffRecords is how many records of a log's beginning are looked at.
const sniffRecords = 256

// sniffJSON returns a Format.Sniff that asks whether one of the log's first records
// has values at all of these paths: of each group of paths, at one of them.
func sniffJSON(groups ...[]string) func(flowlog.Head) bool {
	told(groups...)
	return func(head flowlog.Head) bool { return sampleOf(head).has(groups) }
}

// has tells whether one of the first records has a value at a path of each group.
func (s *sample) has(groups [][]string) bool {
	return slices.ContainsFunc(s.shapes, func(shape *shape) bool {
		return shape.first < sniffRecords && !slices.ContainsFunc(groups, shape.lacks)
	})
}

// lacks tells whether a record of the shape has a value at none of the paths.
func (s *shape) lacks(paths []string) bool {
	return !slices.ContainsFunc(s.paths, func(path string) bool { return slices.Contains(paths, path) })
}

// nestedEnd returns the place behind the object or array that begins at a place, -1
// where it does not end before end.
func nestedEnd(text []byte, at, end int) int {
	depth := 0
	for at < end {
		switch text[at] {
		case '"':
			to, _ := stringEnd(text, at+1, end)
			if to < 0 {
				return -1
			}
			at = to
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return -1
}
