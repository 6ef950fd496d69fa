package timeparts

import (
	"beacon/internal/flowlog"
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

func (rows Rows) samples(column int) Samples {
	return func(p Parts) (list []string) {
		j := NewJoiner(&Found{Parts: p}, rows, column)
		for i, time := range rows[column] {
			if record := j.recordOf(i); !flowlog.NullText(time) && (p.Date == 0 || !flowlog.NullText(record[p.Date-1])) {
				list = append(list, string(j.Join(record, time)))
			}
		}
		return list
	}
}

// Joiner makes the times in a column of a table that is read by columns, a batch of rows at a
// time.
type Joiner struct {
	*Reader
	rows    Rows // of the batch
	column  int
	columns []int    // of the parts
	record  [][]byte // parts of a row
}

// NewJoiner returns one of the times in a column, from 1, as they were found. rows is where the
// texts of each batch will be.
func NewJoiner(f *Found, rows Rows, column int) *Joiner {
	return &Joiner{Reader: f.Reader(flowlog.NullText), rows: rows, column: column, columns: f.Columns(), record: make([][]byte, f.Last())}
}

// recordOf returns the parts of a row.
func (j *Joiner) recordOf(i int) [][]byte {
	for _, k := range j.columns {
		j.record[k-1] = j.rows[k][i]
	}
	return j.record
}

// Times makes the times of as many rows as there is room for, in ns since the Unix epoch, and
// adds what can't be read to the troubles. role is the column's, StartTime or EndTime, and name
// its name. The end times come after the start times of the worker's batch; a row may have none.
func (j *Joiner) Times(w *flowlog.Worker, ns []int64, role flowlog.Role, name string, troubles []flowlog.Trouble) []flowlog.Trouble {
	flows := int64(0)
	for i := range ns {
		time := j.rows[j.column][i]
		ns[i] = 0
		if flowlog.NullText(time) {
			if role == flowlog.StartTime {
				troubles = append(troubles, flowlog.Trouble{Row: i, Role: role, Reason: flowlog.BadTime, Text: name + " is null"})
			}
			continue
		}
		record := j.recordOf(i)
		t, assumed, reason := j.Read(record, time)
		switch {
		case reason != "":
			text := name + "=" + string(j.Join(record, time))
			if reason == BadZone {
				text += " " + string(record[j.Zone-1])
			}
			troubles = append(troubles, flowlog.Trouble{Row: i, Role: role, Reason: reason, Text: text[:min(len(text), flowlog.MaxSampleText)]})
		case role == flowlog.EndTime:
			ns[i] = j.Until(w.Time[i], t)
		default:
			ns[i] = t
			if assumed {
				flows++
			}
		}
	}
	if flows > 0 {
		NoteAssumed(w, flows)
	}
	return troubles
}
