package textlog

import (
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/timeparts"
)

// Times that are joined of several columns.

// setTimes makes the parser's own readers of such times.
func (l *lineParser) setTimes() {
	l.joined, l.joinedEnds, l.record = nil, nil, nil
	if l.starts.Last() == 0 {
		return
	}
	l.joined = l.starts.Reader(l.values.Null)
	l.record = make([][]byte, l.starts.Last())
	if l.stops.Last() > 0 {
		l.joinedEnds = l.stops.Reader(l.values.Null)
	}
}

// start reads the start time of the line that was split into a row.
func (l *lineParser) start(row int, field []byte) (reason string) {
	if l.joined == nil || l.values.Null(field) {
		t, ok := l.times.Parse(field)
		if l.w.Time[row] = t; !ok {
			return flowlog.BadTime
		}
		return ""
	}
	l.w.Time[row], l.assumed, reason = l.joined.Read(l.split.Fields, field)
	return reason
}

// stop reads the end time of the line that was split into a row, whose start is known.
func (l *lineParser) stop(row int, field []byte) bool {
	if l.joinedEnds == nil || l.values.Null(field) {
		return l.cells.Value(l.w, row, flowlog.EndTime, field)
	}
	t, _, reason := l.joinedEnds.Read(l.split.Fields, field)
	if reason == "" {
		l.w.Store(row, flowlog.EndTime, []int64{l.joinedEnds.Until(l.w.Time[row], t)})
	}
	return reason == ""
}

// isPart tells whether a column, from 0, is scanned as a text: a part of times, or times with
// parts.
func (d *delimited) isPart(column int) bool {
	switch d.roles[column] {
	case flowlog.StartTime:
		return d.starts.Last() > 0
	case flowlog.EndTime:
		return d.stops.Last() > 0
	}
	return slices.Contains(d.starts.Columns(), column+1)
}

// scanTexts keeps the fields of n lines. It returns how many lines, from the first, have it.
func (l *lineParser) scanTexts(text []byte, step *scanStep, n int) int {
	s := &l.lines
	if s.texts == nil {
		s.texts = map[int]*[scanLines][]byte{}
	}
	fields := s.texts[step.column]
	if fields == nil {
		fields = new([scanLines][]byte)
		s.texts[step.column] = fields
	}
	for i, p := range s.at[:n] {
		field, next, ok := l.field(text, p, i, step)
		if !ok {
			return i
		}
		fields[i], s.at[i] = field, next
	}
	return n
}

// joinTimes makes the times of n lines of the fields that were kept. It returns how many lines,
// from the first, have one.
func (l *lineParser) joinTimes(n int) int {
	columns := l.joined.Columns()
	starts := l.lines.texts[slices.Index(l.roles, flowlog.StartTime)]
	var texts [timeparts.Most]*[scanLines][]byte
	for k, c := range columns {
		texts[k] = l.lines.texts[c-1]
	}
	for i := range n {
		for k, c := range columns {
			l.record[c-1] = texts[k][i]
		}
		t, ok := l.joinTime(l.joined, starts[i])
		if !ok {
			n = i // the lines before it may have ends
			break
		}
		l.w.Time[l.w.Filled+i] = t
	}
	at := slices.Index(l.roles, flowlog.EndTime)
	if at < 0 || l.joinedEnds == nil {
		return n
	}
	for i := range n {
		t := int64(0)
		if end := l.lines.texts[at][i]; !l.values.Null(end) {
			for k, c := range columns {
				l.record[c-1] = texts[k][i]
			}
			var ok bool
			if t, ok = l.joinTime(l.joinedEnds, end); !ok {
				return i
			}
			t = l.joinedEnds.Until(l.w.Time[l.w.Filled+i], t)
		}
		l.lines.ended = append(l.lines.ended, t)
	}
	return n
}

// joinTime reads a time; false where parseLine has to tell what it is.
func (l *lineParser) joinTime(r *timeparts.Reader, time []byte) (int64, bool) {
	if l.values.Null(time) {
		return 0, false
	}
	t, assumed, reason := r.Read(l.record, time)
	return t, !assumed && reason == ""
}
