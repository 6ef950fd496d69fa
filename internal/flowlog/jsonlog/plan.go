package jsonlog

import (
	"sync"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
	"beacon/internal/flowlog/octets"
)

// plan is how lines begin whose record was found to hold time, source and destination in
// plain values of the top level: the keys in their order, up to the last of the three. Fast
// path: a group of lines is read by it step by step, as separated text is (see textlog), and
// a line that is written otherwise in any way is left to record.
//
// A plan takes no more than record would: it ends where the walk over a record has enough.
type plan []planStep

// planStep is a key and what is done with its value.
type planStep struct {
	literal    string // what stands between the value before and this one, with a string's quote
	head, mask uint64 // its first eight bytes
	tail       uint64 // its last eight bytes; of a shorter one what head is
	quoted     bool   // the value is a string
	role       flowlog.Role
	field      int // index in fields; -1 for a value that is not read
}

// planLines is the most lines that are read together, as textlog.scanLines.
const planLines = 256

// maxPlan is the most keys of a plan: more are not worth the loops.
const maxPlan = 32

// A plan is made of each line that the last one fails on, until in a block more than
// patience lines and one of each planGain that were read failed. A failure costs about what
// so many lines by a plan save.
const (
	patience = 16
	planGain = 8
)

// planned are the roles that a plan reads.
const planned = 1<<flowlog.StartTime | 1<<flowlog.Source | 1<<flowlog.Destination

// plannable tells whether all that is wanted of a record may be read by a plan.
func (p *jsonParser) plannable() bool {
	if p.plain || p.optional || p.want != planned || p.zeroTime || p.kindly {
		return false
	}
	for _, f := range p.fields {
		if f.only != nil {
			return false
		}
	}
	return true
}

// replan takes the plan of the record in [i, end), which was read without one.
func (p *jsonParser) replan(i, end int) {
	switch p.failed++; {
	case p.failed > patience+p.gained/planGain:
		p.plan = nil
	case !p.wasSlow:
		p.plan = p.makePlan(i, end)
	}
}

// makePlan returns the plan of lines like the record in [i, end), nil if there is none.
func (p *jsonParser) makePlan(i, end int) (steps plan) {
	s := p.text
	has := uint32(0)
	for from := i; has != planned && len(steps) < maxPlan; {
		i++ // the brace or comma
		if s[i] != '"' {
			return nil
		}
		to, escaped := stringEnd(s, i+1, end)
		if to < 0 || escaped || s[to+1] != ':' || to+2-from > maxKeyText {
			return nil
		}
		step := planStep{field: -1}
		if k, ok := p.paths[string(s[i+1:to])]; ok {
			f := &p.fields[k]
			if step.field, step.role = k, f.role; f.rank != 0 || has>>f.role&1 != 0 {
				return nil
			}
			has |= 1 << f.role
		}
		i = to + 2
		switch s[i] {
		case '{', '[':
			return nil
		case '"':
			i++
			step.quoted = true
			if to, escaped = stringEnd(s, i, end); to < 0 || escaped && step.field >= 0 {
				return nil
			}
			to++
		default:
			if step.role == flowlog.Source || step.role == flowlog.Destination {
				return nil
			}
			to = i + scalarLength(s[i:end])
		}
		step.literal = string(s[from:i])
		step.mask = ^uint64(0) >> (64 - 8*min(8, len(step.literal)))
		step.head = octets.Load64(s[from:]) & step.mask
		if step.tail = step.head; len(step.literal) > 8 {
			step.tail = octets.Load64(s[i-8:])
		}
		steps = append(steps, step)
		if s[to] != ',' {
			break
		}
		from, i = to, to
	}
	if has != planned {
		return nil
	}
	return steps
}

// planScan is the state of the lines that are read together.
type planScan struct {
	starts  [planLines + 1]int // of the lines in the text, and of what follows them
	at      [planLines]int     // where each line is read on
	keys    [planLines]addr.Key
	places  [planLines]int // lines whose address isn't in the worker's cache
	numbers [planLines]uint32
	found   [planLines]uint32 // their ids
}

var planScans = sync.Pool{New: func() any { return new(planScan) }}

// scan reads at most limit lines, from start on, into the worker's rows, by the plan. It
// returns the beginnings of the lines that it tried, and how many of them, from the first,
// it could read.
func (p *jsonParser) scan(s *planScan, start, limit int) (starts []int, read int) {
	w := p.w
	limit = min(limit, planLines, flow.BatchRows-w.Filled)
	n := octets.Lines(p.text, start, s.starts[:limit+1])
	starts = s.starts[:n+1]
	copy(s.at[:n], starts)
	for i := range p.plan {
		step := &p.plan[i]
		n = s.literals(p.text, step, n)
		switch step.role {
		case flowlog.StartTime:
			n = p.scanTimes(s, step, n)
		case flowlog.Source:
			n = p.scanAddrs(s, step, w.Src[w.Filled:][:n])
		case flowlog.Destination:
			n = p.scanAddrs(s, step, w.Dst[w.Filled:][:n])
		default:
			n = s.skip(p.text, step, n)
		}
	}
	for i, at := range s.at[:n] {
		last := starts[i+1] - 2
		if p.text[last] == '\r' {
			last--
		}
		if last < at || p.text[last] != '}' {
			return starts, i
		}
	}
	return starts, n
}

// literals moves behind a step's literal in n lines. It returns how many lines, from the
// first, have it.
func (s *planScan) literals(text []byte, step *planStep, n int) int {
	size := len(step.literal)
	behind := max(0, size-8)
	for i, at := range s.at[:n] {
		if at+size >= s.starts[i+1] {
			return i
		}
		q := text[at:]
		if octets.Load64(q)&step.mask != step.head || octets.Load64(q[behind:])&step.mask != step.tail {
			return i
		}
		if size > 16 && string(q[:size]) != step.literal {
			return i
		}
		s.at[i] = at + size
	}
	return n
}

// skip moves behind a value that is not read in n lines. It returns how many lines, from the
// first, have one, with another key behind it.
func (s *planScan) skip(text []byte, step *planStep, n int) int {
	for i, at := range s.at[:n] {
		end := s.starts[i+1] - 1
		if step.quoted {
			to, _ := stringEnd(text, at, end)
			if to < 0 {
				return i
			}
			s.at[i] = to + 1
			continue
		}
		if ch := text[at]; ch <= ' ' || ch == '"' || ch == '{' || ch == '[' {
			return i
		}
		size := scalarLength(text[at:end])
		if size == 0 || text[at+size] != ',' {
			return i
		}
		s.at[i] = at + size
	}
	return n
}

// scanTimes reads the start times of n lines.
func (p *jsonParser) scanTimes(s *planScan, step *planStep, n int) int {
	c := &p.clocks[step.field]
	stop, behind := byte(','), 0
	if step.quoted {
		stop, behind = '"', 1
	}
	times := p.w.Time[p.w.Filled:][:n]
	for i, at := range s.at[:n] {
		t, size, ok := c.Scan(p.text[at : at+48])
		if !ok || p.text[at+size] != stop || at+size >= s.starts[i+1] {
			return i
		}
		times[i] = t
		s.at[i] = at + size + behind
	}
	return n
}

// scanAddrs reads an address of each line.
func (p *jsonParser) scanAddrs(s *planScan, step *planStep, ids []uint32) int {
	w := p.w
	missed := w.Addrs.Fields(p.text, '"', s.at[:len(ids)], s.starts[1:], s.keys[:], ids, s.places[:])
	n, m := len(ids), 0
	for _, i := range s.places[:missed] {
		key := s.keys[i]
		var b [16]byte
		if v, ok := addr.ParseIPv4(key.Text(&b)); ok && key.Length() <= 15 {
			s.places[m], s.numbers[m] = i, v
			m++
			continue
		}
		at := s.at[i] - key.Length() - 1
		to, escaped := stringEnd(p.text, at, s.starts[i+1]-1)
		ok := to >= 0 && !escaped
		if ok {
			ids[i], ok = p.w.Addr(p.text[at:to])
		}
		if !ok { // a name, a null, or what is no address
			n = i
			break
		}
		s.at[i] = to + 1
	}
	w.Addrs.Numbers(w.Hosts, s.numbers[:m], s.places[:], s.keys[:], ids, s.found[:])
	return n
}
