package devicelog

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/wrap"
)

// lineReader reads the lines of one block.
type lineReader struct {
	*reading
	w       *flowlog.Worker
	stamper wrap.Stamper // its own copy
	values  values
}

func (r *reading) parse(w *flowlog.Worker, text []byte) error {
	l := &lineReader{reading: r, w: w, stamper: r.stamper}
	return flowlog.EachLine(w, text, l.line)
}

// line reads one line.
func (l *lineReader) line(line []byte) error {
	if !l.mine(line) {
		l.w.Other()
		return nil
	}
	var flow flowlog.Flow
	switch reason := l.flow(line, &flow); reason {
	case "":
		return l.w.Add(&flow)
	case notFlow, noAddress:
		l.w.Other()
		return nil
	default:
		return l.w.Bad(line, reason)
	}
}

// flow reads a line as a flow, or says why it is none.
func (l *lineReader) flow(line []byte, f *flowlog.Flow) (reason string) {
	m := message{line, &l.stamper}
	l.values = values{}
	if reason := l.read(&m, &l.values); reason != "" {
		return reason
	}
	if !l.counts(l.values.phase) {
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
