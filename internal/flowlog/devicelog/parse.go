package devicelog

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/wrap"
)

// lineReader reads the lines of one block.
type lineReader struct {
	*reading
	w       *flowlog.Worker
	stamper wrap.Stamper // its own copy
	values  values
	join    *join.Joiner // nil where a record is a flow
}

func (r *reading) parse(w *flowlog.Worker, text []byte, j *join.Joiner) error {
	l := &lineReader{reading: r, w: w, stamper: r.stamper, join: j}
	return flowlog.EachLine(w, text, l.line)
}

// line reads one line.
func (l *lineReader) line(line []byte) error {
	if !l.mine(line) {
		l.w.Other()
		return nil
	}
	var flow flowlog.Flow
	if reason := l.flow(line, &flow); reason != "" {
		return l.passOver(line, reason)
	}
	return l.add(&flow)
}

// passOver counts a record that gives no flow for a reason.
func (l *lineReader) passOver(text []byte, reason string) error {
	if reason == notFlow || reason == noAddress {
		l.w.Other()
		return nil
	}
	return l.w.Bad(text, reason)
}

// fillAdd hands on the flow of l.values, the texts of a record.
func (l *lineReader) fillAdd(text []byte) error {
	var f flowlog.Flow
	m := message{line: text, s: &l.stamper}
	if reason := l.fill(&m, &l.values, &f); reason != "" {
		return l.passOver(text, reason)
	}
	return l.w.Add(&f)
}

// add hands on a flow. Of a connection that takes two messages, it joins them.
func (l *lineReader) add(f *flowlog.Flow) error {
	if l.join != nil {
		key := join.KeyOf(l.values.text[vKind], f)
		switch l.values.phase {
		case begun:
			return l.join.Begin(l.w, key, f)
		case ended:
			return l.join.Close(l.w, key, f)
		}
	}
	return l.w.Add(f)
}

// flow reads a line as a flow, or says why it is none.
func (l *lineReader) flow(line []byte, f *flowlog.Flow) (reason string) {
	m := message{line, &l.stamper}
	l.values = values{}
	if reason := l.read(&m, &l.values); reason != "" {
		return reason
	}
	if l.join == nil && !l.counts(l.values.phase) {
		return notFlow
	}
	return l.fill(&m, &l.values, f)
}

// counts says whether a message of a phase is the flow. Where the log has none of
// the preferred messages, the others are.
func (r *reading) counts(p phase) bool {
	switch p {
	case single, half, request, r.prefer:
		return true
	case interim:
		return r.joined
	}
	return r.lacks
}
