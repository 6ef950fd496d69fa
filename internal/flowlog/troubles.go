package flowlog

import (
	"cmp"

	"beacon/internal/sorting"
)

// Trouble is a value of a batch that can't be read.
type Trouble struct {
	Row    int  // of the batch
	Role   Role // of the value's column
	Reason string
	Text   string // the value, for people
}

// rank orders the troubles of one row: the first is told. A record without
// addresses is no bad record, whatever else is wrong with it.
func (t *Trouble) rank() int {
	switch t.Reason {
	case NoAddress:
		return 0
	case BadAddress:
		return 1
	}
	if t.unknown() {
		return 3
	}
	return 2
}

// unknown tells whether the row can stay without the value.
func (t *Trouble) unknown() bool { return t.Role != Ignored && !t.Role.Needed() }

// Settle takes the rows with troubles, but those that can stay without the value, out of the first n rows of the columns, and
// counts all n of them as records. It returns the number of rows that stay, and an
// error where a bad record ends the reading.
func (w *Worker) Settle(n int, troubles []Trouble) (kept int, err error) {
	if len(troubles) == 0 { // Fast path
		w.Lines(int64(n))
		return n, nil
	}
	sorting.Stable(troubles, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.rank(), b.rank()))
	})
	row, counted, rows := 0, 0, w.Batch(n)
	keep := func(until int) {
		for ; row < until; row++ {
			if kept != row {
				w.Copy(kept, rows, row)
			}
			kept++
		}
	}
	for _, t := range troubles {
		if t.Row < row {
			continue
		}
		keep(t.Row)
		if t.unknown() {
			w.Lines(int64(t.Row - counted))
			counted = t.Row
			w.Unknown([]byte(t.Text), t.Role)
			continue
		}
		row++
		if t.Reason == NoAddress {
			w.Other()
			continue
		}
		w.Lines(int64(t.Row - counted))
		counted = t.Row
		if err := w.Bad([]byte(t.Text), t.Reason); err != nil {
			return 0, err
		}
	}
	keep(n)
	w.Lines(int64(n - counted))
	return kept, nil
}
