package timeparts

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
)

// Rows holds some rows of a table that is read by columns: the texts of the columns of times and
// of their parts, by column from 1.
type Rows [][][]byte

// Where returns the parts whose columns may be such.
func (p Parts) Where(may func(column int) bool) Parts {
	for _, part := range []*int{&p.Date, &p.Hour, &p.Minute, &p.Second, &p.Zone} {
		if *part > 0 && !may(*part) {
			*part = 0
		}
	}
	return p
}

// FindIn is Find for the first rows of a table, whose start times are in a column.
func (p Parts) FindIn(rows Rows, column int, opt *flowlog.Options) (Found, error) {
	return p.Find(rows.samples(column), opt)
}

// EndsIn is Ends for the first rows of a table, whose end times are in a column.
func (f *Found) EndsIn(rows Rows, column int, opt *flowlog.Options) Found {
	return f.Ends(rows.samples(column), opt)
}

func (rows Rows) samples(column int) func(Parts) []string {
	return func(p Parts) (list []string) {
		j := newJoiner(p, rows, column)
		for i := range rows[column] {
			if text, ok := j.join(i); ok {
				list = append(list, string(text))
			}
		}
		return list
	}
}

// Joiner makes the times in a column of a table that is read by columns, a batch of rows at a
// time.
type Joiner struct {
	rows    Rows // of the batch
	parts   Parts
	clock   clocks.Clock
	column  int
	columns []int    // of the parts
	record  [][]byte // of a row
	text    []byte
}

// NewJoiner returns one of the times in a column, from 1, as they were found. rows is where the
// texts of each batch will be.
func NewJoiner(f *Found, rows Rows, column int) *Joiner {
	j := newJoiner(f.Parts, rows, column)
	j.clock = f.Clock
	return j
}

func newJoiner(p Parts, rows Rows, column int) *Joiner {
	return &Joiner{rows: rows, parts: p, column: column, columns: p.Columns(), record: make([][]byte, p.Last())}
}

// join returns the joined time of a row, good until the next call, false where it is null.
func (j *Joiner) join(i int) (text []byte, ok bool) {
	time := j.rows[j.column][i]
	if flowlog.NullText(time) {
		return nil, false
	}
	for _, k := range j.columns {
		j.record[k-1] = j.rows[k][i]
	}
	j.text = j.parts.Join(j.text[:0], j.record, time, flowlog.NullText)
	return j.text, true
}

// Times makes the times of as many rows as there is room for, in ns since the Unix epoch, and
// adds what can't be read to the troubles. r is the column's role, StartTime or EndTime, and
// name its name. A row may have no end.
func (j *Joiner) Times(ns []int64, r flowlog.Role, name string, troubles []flowlog.Trouble) []flowlog.Trouble {
	for i := range ns {
		ns[i] = 0
		text, ok := j.join(i)
		x := flowlog.Trouble{Row: i, Role: r, Reason: flowlog.BadTime, Text: name + " is null"}
		if ok {
			if t, ok := j.clock.Parse(text); ok {
				ns[i] = t
				continue
			}
			x.Text = name + "=" + string(text[:min(len(text), flowlog.MaxSampleText)])
		} else if r == flowlog.EndTime {
			continue
		}
		troubles = append(troubles, x)
	}
	return troubles
}
