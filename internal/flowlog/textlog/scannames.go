package textlog

import (
	"bytes"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/addr"
)

// nameKinds are the roles whose texts are looked up in the cache, and what tells them apart
// there: a host may have a port behind it, a query has none.
var nameKinds = map[flowlog.Role]uint8{flowlog.HostName: 0, flowlog.Query: 1}

// scanNames reads the host names of a column of n lines. It returns how many lines,
// from the first, it could read.
//
// Note: names are looked up by their texts once all of the lines are found, so that the cache
// misses are waited for together.
func (l *lineParser) scanNames(text []byte, step *scanStep, n int) int {
	s := &l.lines
	if s.names == nil {
		s.names, s.nameKeys = make([][]byte, scanLines), make([]addr.NameKey, scanLines)
	}
	kind, cached := nameKinds[step.role]
	at := s.at[:n]
	for i, p := range at {
		rest := text[p:s.starts[i+1]]
		size := bytes.IndexByte(rest, step.stop)
		if size < 0 || size > 0 && (rest[0] == '"' || rest[0] == ' ' || rest[size-1] == ' ') {
			n = i
			break
		}
		name := text[p : p+size]
		if step.stop != l.separator && bytes.IndexByte(name, l.separator) >= 0 {
			n = i
			break
		}
		if s.names[i], s.nameKeys[i] = name, (addr.NameKey{}); cached {
			s.nameKeys[i] = addr.NameKeyOf(name, kind)
		}
		at[i] = p + size + 1
	}
	cache := l.w.ShortNames()
	cache.Touch(s.nameKeys[:n])
	for i := range s.names[:n] {
		key := &s.nameKeys[i]
		if id, ok := cache.Get(key); ok {
			s.called[i].TakeKnown(step.role, id)
			continue
		}
		if !s.called[i].Take(l.w, &l.cells, step.role, s.names[i]) {
			return i
		}
		if id, ok := s.called[i].Known(step.role); ok {
			cache.Keep(key, id)
		}
	}
	return n
}

// settleNames completes the destinations of n lines by the names that were read. It
// returns how many lines, from the first, have one.
func (l *lineParser) settleNames(n int) int {
	for i := range l.lines.called[:n] {
		if !l.lines.called[i].Settle(l.w, l.w.Filled+i, l.addressed, l.beside) {
			return i
		}
	}
	return n
}
