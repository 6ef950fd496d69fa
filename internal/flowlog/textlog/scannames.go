package textlog

import "bytes"

// scanNames reads the host names of a column of n lines. It returns how many lines,
// from the first, it could read.
func (l *lineParser) scanNames(text []byte, step *scanStep, n int) int {
	s := &l.lines
	at := s.at[:n]
	for i, p := range at {
		rest := text[p:s.starts[i+1]]
		size := bytes.IndexByte(rest, step.stop)
		if size < 0 || size > 0 && (rest[0] == '"' || rest[0] == ' ' || rest[size-1] == ' ') {
			return i
		}
		name := rest[:size]
		if step.stop != l.separator && bytes.IndexByte(name, l.separator) >= 0 || !s.called[i].Take(l.w, &l.cells, step.role, name) {
			return i
		}
		at[i] = p + size + 1
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
