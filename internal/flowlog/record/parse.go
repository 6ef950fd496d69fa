package record

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/join"
	"beacon/internal/flowlog/wrap"
)

// LineReader reads the lines of one block.
type LineReader struct {
	*Reading
	W       *flowlog.Worker
	Stamper wrap.Stamper // its own copy
	Values  Values
	join    *join.Joiner // nil where a record is a flow
}

func (r *Reading) parse(w *flowlog.Worker, text []byte, j *join.Joiner) error {
	l := &LineReader{Reading: r, W: w, Stamper: r.stamper, join: j}
	if r.clock != nil {
		own := *r.clock
		l.Stamper.Clock = &own
	}
	return flowlog.EachLine(w, text, l.line)
}

// line reads one line.
func (l *LineReader) line(line []byte) error {
	if !l.Mine(line) {
		l.W.Other()
		return nil
	}
	var flow flowlog.Flow
	if reason := l.flow(line, &flow); reason != "" {
		return l.passOver(line, reason)
	}
	return l.add(&flow)
}

// passOver counts a record that gives no flow for a reason.
func (l *LineReader) passOver(text []byte, reason string) error {
	if reason == NotFlow || reason == NoAddress {
		l.W.Other()
		return nil
	}
	return l.W.Bad(text, reason)
}

// FillAdd hands on the flow of l.Values, the texts of a record.
func (l *LineReader) FillAdd(text []byte) error {
	var f flowlog.Flow
	m := Message{Line: text, s: &l.Stamper}
	if reason := l.fill(&m, &l.Values, &f); reason != "" {
		return l.passOver(text, reason)
	}
	return l.W.Add(&f)
}

// add hands on a flow. Of a connection that takes two messages, it joins them.
func (l *LineReader) add(f *flowlog.Flow) error {
	if l.join != nil {
		key := join.KeyOf(l.Values.Text[Kind], f)
		switch l.Values.Phase {
		case Begun:
			return l.join.Begin(l.W, key, f)
		case Ended:
			return l.join.Close(l.W, key, f)
		}
	}
	return l.W.Add(f)
}

// flow reads a line as a flow, or says why it is none.
func (l *LineReader) flow(line []byte, f *flowlog.Flow) (reason string) {
	m := Message{line, &l.Stamper}
	l.Values = Values{}
	if reason := l.Read(&m, &l.Values); reason != "" {
		return reason
	}
	if phase := l.Values.Phase; (l.join == nil || phase == Passed) && !l.counts(phase) {
		return NotFlow
	}
	return l.fill(&m, &l.Values, f)
}

// counts says whether a message of a phase is the flow. Where the log has none of
// the preferred messages, the others are.
func (r *Reading) counts(p Phase) bool {
	switch p {
	case Single, Half, Request, r.Prefer:
		return true
	case Interim:
		return r.Joined
	}
	return r.lacks
}
