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

// join finds out by the first batch which parts count for the start times, and has the others
// left out.
func (r *reader) join(b *batch) error {
	parts := r.parts
	if parts.Last() == 0 {
		return nil
	}
	r.parts = timeparts.Parts{}
	start := slices.IndexFunc(r.columns, func(c *column) bool { return c.role == flowlog.StartTime })
	cursors, err := r.place(b)
	if err != nil {
		return err
	}
	c := r.columns[start]
	rows := make(timeparts.Rows, max(c.index+1, parts.Last())+1)
	for k, c := range r.columns[:start+1] {
		if rows[c.index+1], err = r.firstTexts(b, c, cursors[k]); err != nil {
			return fmt.Errorf("column %s: %w", c.field.name, err)
		}
	}
	found, err := parts.FindIn(rows, c.index+1, c.opt)
	counts := found.Columns()
	switch {
	case err != nil && (parts.Date > 0 || c.field.isOfDay()):
		return err
	case err == nil && len(counts) > 0:
		r.times = &found
		r.unlearnt = slices.DeleteFunc(r.unlearnt, func(other *column) bool { return other == c })
	case !c.field.holds(flowlog.StartTime):
		return c.field.unfit(flowlog.StartTime)
	}
	if found.Note.Text != "" {
		r.notes = append(r.notes, found.Note)
	}
	r.columns = slices.DeleteFunc(r.columns, func(c *column) bool {
		return c.role == flowlog.Ignored && !slices.Contains(counts, c.index+1)
	})
	return nil
}

// clockSamples is how many values are looked at to find out how times are written.
const clockSamples = 2000

// firstTexts returns the first values of a column as texts.
func (r *reader) firstTexts(b *batch, c *column, at []cursor) ([][]byte, error) {
	var l loader
	var claim claims.Claim
	defer claim.Release()
	l.begin(r.from, b, &claim)
	v, err := l.loadColumn(c, at)
	if err != nil {
		return nil, err
	}
	v.dict = r.dictOf(c)
	n := int(min(b.rows, clockSamples))
	texts := make([][]byte, n)
	read := textColumn(&table{}, c, texts)
	read.open(v, nil)
	return texts, read.fill(0, n)
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

// part returns the reader of a part of the start times or, after them, of these.
func (t *table) part(c *column) columnReader {
	texts := make([][]byte, flow.BatchRows)
	t.joiner.Rows[c.index+1] = texts
	r := textColumn(t, c, texts)
	if c.role == flowlog.StartTime {
		r.then = func(n int) { t.troubles = t.joiner.Times(t.w.Time[:n], c.field.name, t.troubles) }
	}
	return r
}
