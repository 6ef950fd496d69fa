package timeparts

import (
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
)

// Rows holds some rows of a table that is read by columns: the texts of the column of the start
// times and of the parts, by column from 1.
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

// FindIn is Find for the first rows of a table, whose times are in the column start.
func (p Parts) FindIn(rows Rows, start int, opt *flowlog.Options) (Found, error) {
	return p.Find(func(p Parts) (list []string) {
		j := newJoiner(p, rows, start)
		for i := range rows[start] {
			if text, ok := j.join(i); ok {
				list = append(list, string(text))
			}
		}
		return list
	}, opt)
}

// Joiner makes the start times of a table that is read by columns, a batch of rows at a time.
type Joiner struct {
	Rows Rows // of the batch

	parts   Parts
	clock   clocks.Clock
	start   int      // column of the start times
	columns []int    // of the parts
	record  [][]byte // of a row
	text    []byte
}

// NewJoiner returns one of the times in a column, from 1, whose parts were found.
func NewJoiner(f *Found, start int) *Joiner {
	j := newJoiner(f.Parts, make(Rows, max(start, f.Last())+1), start)
	j.clock = f.Clock
	return j
}

func newJoiner(p Parts, rows Rows, start int) *Joiner {
	return &Joiner{Rows: rows, parts: p, start: start, columns: p.Columns(), record: make([][]byte, p.Last())}
}

// join returns the joined time of a row, good until the next call, false where it is null.
func (j *Joiner) join(i int) (text []byte, ok bool) {
	time := j.Rows[j.start][i]
	for _, k := range j.columns {
		j.record[k-1] = j.Rows[k][i]
	}
	j.text = j.parts.Join(j.text[:0], j.record, time, flowlog.NullText)
	return j.text, !flowlog.NullText(time)
}

// Times makes the times of as many rows as there is room for in ns since the Unix epoch, and
// adds what can't be read to the troubles. name is the column's.
func (j *Joiner) Times(ns []int64, name string, troubles []flowlog.Trouble) []flowlog.Trouble {
	for i := range ns {
		text, ok := j.join(i)
		x := flowlog.Trouble{Row: i, Role: flowlog.StartTime, Reason: flowlog.BadTime, Text: name + " is null"}
		if ok {
			if ns[i], ok = j.clock.Parse(text); ok {
				continue
			}
			x.Text = name + "=" + string(text[:min(len(text), flowlog.MaxSampleText)])
		}
		ns[i] = 0
		troubles = append(troubles, x)
	}
	return troubles
}
