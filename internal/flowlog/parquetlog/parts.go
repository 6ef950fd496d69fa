package parquetlog

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/claims"
	"beacon/internal/flowlog/timeparts"
)

// Start times may be joined of several columns: a day and a time of day, a time and its zone.
// They are joined as texts, as those of a table of text are.

// pickParts adds the columns that may hold parts of the start times to those that are read.
func (f *parquetFile) pickParts(all []*parquetColumn, names []string, roles []flowlog.Role) {
	f.names, f.roles = names, roles
	at := slices.Index(roles, flowlog.StartTime)
	if at < 0 || !all[at].mayBePart() {
		return
	}
	f.parts = timeparts.Of(names, roles).Where(func(column int) bool { return all[column-1].mayBePart() })
	for _, column := range f.parts.Columns() {
		f.columns = append(f.columns, all[column-1])
	}
}

// mayBePart tells whether the values of a column may be parts of times. An instant is whole.
func (c *parquetColumn) mayBePart() bool {
	if stamp, ok := c.logical.(*schema.TimestampLogicalType); ok && stamp.IsAdjustedToUTC() || c.isDecimal {
		return false
	}
	return c.physical == parquet.Types.ByteArray || c.physical == parquet.Types.Int32 || c.physical == parquet.Types.Int64
}

// join finds out which parts count for the start times, and has the others left out.
func (f *parquetFile) join(from io.ReaderAt, opt *flowlog.Options) (err error) {
	if f.parts.Last() == 0 {
		return nil
	}
	start := f.start()
	rows, err := f.firstRows(from)
	if err != nil {
		return err
	}
	found, err := f.parts.FindIn(rows, start.number, f.opt.For(start.name))
	if err != nil && f.parts.Date > 0 && (start.isOfDay() || start.physical == parquet.Types.ByteArray) {
		return err
	}
	if found.Note.Text != "" {
		f.notes = append(f.notes, found.Note)
	}
	counts := found.Columns()
	if len(counts) > 0 && err == nil {
		f.times = map[flowlog.Role]*timeparts.Found{flowlog.StartTime: &found}
	}
	f.leaveOut(func(c *parquetColumn) bool { return c.role == flowlog.Ignored && !slices.Contains(counts, c.number) })
	if f.times == nil {
		return nil
	}
	if found.Date > 0 {
		f.roles[found.Date-1] = flowlog.StartTime
		opt.NoteColumns(f.names, f.roles)
	}
	f.leaveOut(func(c *parquetColumn) bool {
		if c.role != flowlog.EndTime || !c.mayBePart() {
			return false
		}
		if ends := found.EndsIn(rows, c.number, f.opt.For(c.name)); ends.Last() > 0 {
			f.times[flowlog.EndTime] = &ends
			return false
		}
		if c.isOfDay() {
			f.notes = append(f.notes, flowlog.Note{Text: "flows whose end isn't read, since %s holds times of day", Detail: c.name})
		}
		return c.isOfDay()
	})
	return nil
}

// start returns the column of the start times.
func (f *parquetFile) start() *parquetColumn {
	return f.columns[slices.IndexFunc(f.columns, func(c *parquetColumn) bool { return c.role == flowlog.StartTime })]
}

// isOfDay tells whether a column's type is a time of day.
func (c *parquetColumn) isOfDay() bool { _, ok := c.logical.(*schema.TimeLogicalType); return ok }

// leaveOut takes columns out of those that are read.
func (f *parquetFile) leaveOut(drop func(c *parquetColumn) bool) {
	for k := len(f.columns) - 1; k >= 0; k-- {
		if drop(f.columns[k]) {
			f.columns = slices.Delete(f.columns, k, k+1)
			for _, g := range f.groups {
				g.chunks = slices.Delete(g.chunks, k, k+1)
			}
		}
	}
}

// firstRows returns the first rows of the times and their parts, but for those of row groups
// that begin without start times.
func (f *parquetFile) firstRows(from io.ReaderAt) (timeparts.Rows, error) {
	rows := make(timeparts.Rows, len(f.names)+1)
	t := &parquetTable{picked: make([]uint32, flow.BatchRows)}
	var claim claims.Claim
	defer claim.Release()
	start := f.start()
	for _, g := range f.groups {
		before := len(rows[start.number])
		n := int(min(g.rows, int64(clockSamples-before)))
		if n == 0 {
			break
		}
		for k, c := range f.columns {
			if c.role > flowlog.StartTime && (c.role != flowlog.EndTime || !c.mayBePart()) {
				continue
			}
			out := make([][]byte, n)
			col := newColumn(t, c, c.texts(), "", func() [][]byte { return out }, nil)
			col.open(from, g.chunks[k], g.rows, &claim)
			if err := col.fill(n); err != nil {
				return nil, err
			}
			rows[c.number] = append(rows[c.number], out...)
		}
		if !slices.ContainsFunc(rows[start.number][before:], func(text []byte) bool { return !flowlog.NullText(text) }) {
			for k := range rows {
				rows[k] = rows[k][:min(before, len(rows[k]))]
			}
		}
	}
	return rows, nil
}

// texts decodes values as texts.
func (c *parquetColumn) texts() plainFunc[[]byte] {
	var last, text []byte
	return func(dst [][]byte, data []byte, _ int) ([]byte, error) {
		return c.values(data, len(dst), func(i int, v []byte) {
			if text == nil || !bytes.Equal(v, last) {
				last, text = append(last[:0], v...), c.textOf(v)
			}
			dst[i] = text
		})
	}
}

// textOf returns a value as a text that stands for itself.
//
// Note: whether a time of day is adjusted to UTC is not asked. Arrow has no zone for it, and its
// writers say yes of all.
func (c *parquetColumn) textOf(v []byte) []byte {
	units := map[schema.TimeUnitType]int64{schema.TimeUnitMillis: 1e6, schema.TimeUnitMicros: 1e3, schema.TimeUnitNanos: 1}
	n := func(unit int64) time.Time {
		if c.physical == parquet.Types.Int32 {
			return time.Unix(0, 0).UTC().Add(time.Duration(c.int32(v) * unit))
		}
		x := int64(binary.LittleEndian.Uint64(v))
		return time.Unix(x/(1e9/unit), x%(1e9/unit)*unit).UTC()
	}
	switch l := c.logical.(type) {
	case schema.DateLogicalType:
		return time.Unix(c.int32(v)*int64(24*time.Hour/time.Second), 0).UTC().AppendFormat(nil, time.DateOnly)
	case *schema.TimeLogicalType:
		return n(units[l.TimeUnit()]).AppendFormat(nil, "15:04:05.999999999")
	case *schema.TimestampLogicalType:
		return n(units[l.TimeUnit()]).AppendFormat(nil, "2006-01-02 15:04:05.999999999")
	}
	return []byte(c.format(v))
}

// part returns the reader of a part of the times or, after them, of joined times.
func (t *parquetTable) part(f *parquetFile, c *parquetColumn) columnReader {
	texts := make([][]byte, flow.BatchRows)
	t.rows[c.number] = texts
	var then func(n int)
	if found := f.times[c.role]; found != nil {
		j := timeparts.NewJoiner(found, t.rows, c.number)
		then = func(n int) {
			ns := t.w.Time[:n]
			if c.role == flowlog.EndTime {
				ns = t.scratch[:n]
			}
			t.troubles = j.Times(t.w, ns, c.role, c.name, t.troubles)
			if c.role == flowlog.EndTime {
				t.w.Store(0, c.role, ns)
			}
		}
	}
	return newColumn(t, c, c.texts(), "", func() [][]byte { return texts }, then)
}
