package arrowlog

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/timeparts"
)

// Start times may be joined of several columns: a day and a time of day, a time and its zone.
// They are joined as texts, as those of a table of text are.

// partsOf returns the columns that may hold parts of the start times.
func partsOf(fields []*field, names []string, roles []flowlog.Role) (p timeparts.Parts) {
	at := slices.Index(roles, flowlog.StartTime)
	if at < 0 || !fields[at].mayBePart() {
		return p
	}
	return timeparts.Of(names, roles).Where(func(column int) bool { return fields[column-1].mayBePart() })
}

// mayBePart tells whether the values of a column may be parts of times. An instant is whole.
func (f *field) mayBePart() bool {
	switch f.kind {
	case kindTimestamp:
		return f.zone == ""
	case kindInt, kindDate, kindTime:
		return true
	}
	return f.isText()
}

// join finds out by the first batch with start times which parts count for them, and has the
// others left out. Of a batch before that one it returns the column without values: that of the
// start times, or of the days beside times of day.
func (r *reader) join(b *batch) (void string, err error) {
	parts := r.parts
	if parts.Last() == 0 {
		return "", nil
	}
	c := r.columns[r.startAt()]
	rows, err := r.firstRows(b)
	if err != nil || rows == nil {
		return c.field.path, err
	}
	found, err := parts.FindIn(rows, c.index+1, c.opt)
	if err != nil && parts.Date > 0 && !slices.ContainsFunc(rows[parts.Date], func(day []byte) bool { return !flowlog.NullText(day) }) {
		return r.names[parts.Date-1], nil
	}
	r.parts = timeparts.Parts{}
	counts := found.Columns()
	switch {
	case err != nil && (parts.Date > 0 || c.field.isOfDay()):
		return "", err
	case err == nil && len(counts) > 0:
		r.times = map[flowlog.Role]*timeparts.Found{flowlog.StartTime: &found}
	case !c.field.holds(flowlog.StartTime):
		return "", c.field.unfit(flowlog.StartTime)
	}
	if found.Note.Text != "" {
		r.notes = append(r.notes, found.Note)
	}
	r.columns = slices.DeleteFunc(r.columns, func(c *column) bool {
		switch c.role {
		case flowlog.Ignored:
			return !slices.Contains(counts, c.index+1)
		case flowlog.EndTime:
			if r.times != nil && rows[c.index+1] != nil {
				if ends := found.EndsIn(rows, c.index+1, c.opt); ends.Last() > 0 {
					r.times[flowlog.EndTime] = &ends
					return false
				}
			}
			if c.field.isOfDay() {
				r.notes = append(r.notes, flowlog.Note{Text: "flows whose end isn't read, since %s holds times of day", Detail: c.field.path})
			}
			return c.field.isOfDay()
		}
		return false
	})
	r.unlearnt = slices.DeleteFunc(r.unlearnt, func(c *column) bool { return r.times[c.role] != nil || !slices.Contains(r.columns, c) })
	return "", nil
}

// startAt returns which of the columns is that of the start times.
func (r *reader) startAt() int {
	return slices.IndexFunc(r.columns, func(c *column) bool { return c.role == flowlog.StartTime })
}

// clockSamples is how many values are looked at to find out how times are written.
const clockSamples = 2000

// firstRows returns rows of the times and their parts, from the first one of a batch with a
// start time on; nil where none has one.
func (r *reader) firstRows(b *batch) (rows timeparts.Rows, err error) {
	cursors, err := r.place(b)
	if err != nil {
		return nil, err
	}
	var l loader
	var claim claims.Claim
	defer claim.Release()
	l.begin(r.from, b, &claim)
	vectors := make([]*vector, len(r.columns))
	last := 0
	for k, c := range r.columns {
		if last = max(last, c.index+1); c.role > flowlog.StartTime && (c.role != flowlog.EndTime || !c.field.mayBePart()) {
			continue
		}
		if vectors[k], err = l.loadColumn(c, cursors[k]); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.field.path, err)
		}
		vectors[k].dict = r.dictOf(c)
	}
	from, start := 0, vectors[r.startAt()]
	for from < start.n && start.null(from) {
		from++
	}
	if from == start.n {
		return nil, nil
	}
	rows = make(timeparts.Rows, last+1)
	for k, v := range vectors {
		if v == nil {
			continue
		}
		c := r.columns[k]
		texts := make([][]byte, min(v.n-from, clockSamples))
		read := textColumn(&table{}, c, texts)
		read.open(v, nil)
		if err := read.fill(from, len(texts)); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.field.path, err)
		}
		rows[c.index+1] = texts
	}
	return rows, nil
}

// textColumn returns a reader of values as texts, which are good until the next batch.
func textColumn(t *table, c *column, texts [][]byte) *typed[[]byte] {
	return &typed[[]byte]{column: c, t: t, one: textOf, into: func() [][]byte { return texts }}
}

// textOf returns a value as a text that stands for itself.
func textOf(v *vector, i int) (text []byte, reason string) {
	if v.isText() {
		return v.bytes(i), ""
	}
	n, _ := v.int(i)
	var layout string
	switch {
	case v.kind == kindDate && (v.unit == nsPerDay || n%(nsPerDay/v.unit) == 0):
		layout = time.DateOnly
	case v.kind == kindTime:
		layout = "15:04:05.999999999"
	case v.kind == kindTimestamp || v.kind == kindDate:
		layout = "2006-01-02 15:04:05.999999999"
	default:
		return strconv.AppendInt(nil, n, 10), ""
	}
	if v.unit == nsPerDay {
		return time.Unix(n*(nsPerDay/1e9), 0).UTC().AppendFormat(nil, layout), ""
	}
	perSecond := int64(time.Second) / v.unit
	return time.Unix(n/perSecond, n%perSecond*v.unit).UTC().AppendFormat(nil, layout), ""
}

// part returns the reader of a part of the times or, after them, of joined times.
func (t *table) part(r *reader, rows timeparts.Rows, c *column) columnReader {
	texts := make([][]byte, flow.BatchRows)
	rows[c.index+1] = texts
	column := textColumn(t, c, texts)
	if found := r.times[c.role]; found != nil {
		j := timeparts.NewJoiner(found, rows, c.index+1)
		column.then = func(n int) {
			ns := t.w.Time[:n]
			if c.role == flowlog.EndTime {
				ns = t.scratch[:n]
			}
			t.troubles = j.Times(t.w, ns, c.role, c.field.path, t.troubles)
			if c.role == flowlog.EndTime {
				t.w.Store(0, c.role, ns)
			}
		}
	}
	return column
}
