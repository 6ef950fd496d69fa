package jsonlog

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
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
		}
	})
}

// valueText is the text of a value, a string's without its quotes.
func valueText(v *fastjson.Value) []byte {
	if v.Type() == fastjson.TypeString {
		text, _ := v.StringBytes()
		return text
	}
	return v.MarshalTo(nil)
}

// fill writes the record's values into a row, or says why not.
func (p *jsonParser) fill(row int) (reason string) {
	w := p.w
	if p.has&(1<<flowlog.Source|1<<flowlog.Destination) != 1<<flowlog.Source|1<<flowlog.Destination {
		return flowlog.NoAddress
	}
	src, dst := p.value[flowlog.Source], p.value[flowlog.Destination]
	id, ok := p.addr(src)
	w.Src[row] = id
	if ok {
		id, ok = p.addr(dst)
		w.Dst[row] = id
	}
	if !ok {
		if p.values.Null(src) || p.values.Null(dst) {
			return flowlog.NoAddress
		}
		return flowlog.BadAddress
	}
	if p.has>>flowlog.StartTime&1 == 0 {
		return noTime
	}
	t, ok := p.time(flowlog.StartTime)
	w.Time[row] = t
	if !ok {
		return flowlog.BadTime
	}
	if !p.optional {
		return ""
	}
	w.Zero(row, 1)
	p.fillOptional(row)
	return ""
}

// fillOptional writes what is neither time nor address.
func (p *jsonParser) fillOptional(row int) {
	w := p.w
	for left := p.has &^ (1<<flowlog.StartTime | 1<<flowlog.Source | 1<<flowlog.Destination | 1<<flowlog.RecordKind); left != 0; left &= left - 1 {
		r := flowlog.Role(bits.TrailingZeros32(left))
		text, as := p.value[r], r
		switch r {
		case flowlog.EndTime:
			if p.has>>flowlog.Duration&1 != 0 || p.values.Null(text) {
				continue
			}
			t, ok := p.time(flowlog.EndTime)
			if ok {
				w.Duration[row] = max(0, t-w.Time[row])
			} else {
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

// addr is the host id of an address.
func (p *jsonParser) addr(text []byte) (uint32, bool) {
	n := len(text)
	if n <= 15 && cap(text) >= 16 { // Fast path
		b := text[:16]
		return p.w.Addrs.Lookup(p.w.Hosts, flowlog.WordsKey(flowlog.Load64(b), flowlog.Load64(b[8:]), n))
	}
	return p.w.Addr(text)
}

// time is the value of a role as ns since the Unix epoch.
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

// jsonRecords is the whole objects of the beginning of a JSON log.
func jsonRecords(head flowlog.Head) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		text := head[head.Start():]
		for at := 0; ; {
			start, end := nextObject(text, at)
			if end < 0 || text[start] == '{' && !yield(text[start:end]) {
				return
			}
			at = end
		}
	}
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
			default:
				do(path, valueText(v))
			}
		})
	}
	visit(v, "")
}

// sniffRecords is how many records of a log's beginning are looked at.
const sniffRecords = 256

// sniffJSON is a Format.Sniff that asks whether one of the log's first records
// has values at all of these paths: of each group of paths, at one of them.
func sniffJSON(groups ...[]string) func(flowlog.Head) bool {
	return func(head flowlog.Head) bool {
		n := 0
		for record := range jsonRecords(head) {
			if n++; n > sniffRecords {
				break
			}
			found := make([]bool, len(groups))
			eachValue(record, func(path string, _ []byte) {
				for i, group := range groups {
					found[i] = found[i] || slices.Contains(group, path)
				}
			})
			if !slices.Contains(found, false) {
				return true
			}
		}
		return false
	}
}
