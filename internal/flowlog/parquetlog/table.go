package parquetlog

import (
	"github.com/apache/arrow/go/v15/parquet"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/called"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timeparts"
)

// table makes room to read row groups with.
func (f *parquetFile) table() (*parquetTable, error) {
	t := &parquetTable{rows: make(timeparts.Rows, len(f.names)+1), local: clocks.LocalTime{Zone: f.zone}, scratch: make([]int64, flow.BatchRows), picked: make([]uint32, flow.BatchRows)}
	for _, c := range f.columns {
		if c.role == flowlog.Ignored || f.times[c.role] != nil {
			t.columns = append(t.columns, t.part(f, c))
			continue
		}
		r, err := t.reader(c)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, r)
	}
	return t, nil
}

// parquetTable holds what one worker reads row groups of a file with.
type parquetTable struct {
	w        *flowlog.Worker
	columns  []columnReader // by parquetFile.columns
	names    called.Columns
	troubles []flowlog.Trouble // of the batch
	scratch  []int64           // a column's numbers
	picked   []uint32          // a column's indices
	numbers  [2][]int64        // a page's differences
	local    clocks.LocalTime
	rows     timeparts.Rows // texts of the times and their parts, where times are joined of several columns
}

// trouble notes that a row's value can't be read; nil is a null.
func (t *parquetTable) trouble(row int, reason string, c *parquetColumn, value []byte) {
	x := flowlog.Trouble{Row: row, Role: c.role, Reason: reason}
	switch {
	case reason == flowlog.NoAddress:
	case value == nil:
		x.Text = c.name + " is null"
	default:
		x.Text = c.name + "=" + c.format(value[:min(len(value), flowlog.MaxSampleText)])
	}
	t.troubles = append(t.troubles, x)
}

// reader returns the reader of a column in its role, or an error where its type
// can't be that.
func (t *parquetTable) reader(c *parquetColumn) (columnReader, error) {
	numbers := func() []int64 { return t.scratch }
	store := func(n int) { t.w.Store(0, c.role, t.scratch[:n]) }
	ids := func(plain plainFunc[uint32], null string, into func() []uint32) columnReader {
		return newColumn(t, c, plain, null, into, nil)
	}
	switch c.role {
	case flowlog.Source, flowlog.Destination:
		if !c.holdsAddresses() {
			return nil, c.unfit("address")
		}
		if c.role == flowlog.Source {
			return ids(t.addresses(c), flowlog.NoAddress, func() []uint32 { return t.w.Src }), nil
		}
		return ids(t.addresses(c), flowlog.NoAddress, func() []uint32 { return t.w.Dst }), nil
	case flowlog.HostName, flowlog.Query:
		if c.physical != parquet.Types.ByteArray {
			return nil, c.unfit("name")
		}
		return ids(t.nameTexts(c), "", func() []uint32 { return t.names.Column(c.role) }), nil
	case flowlog.StartTime:
		plain, err := t.times(c)
		return newColumn(t, c, plain, flowlog.BadTime, func() []int64 { return t.w.Time }, nil), err
	case flowlog.EndTime:
		plain, err := t.times(c)
		return newColumn(t, c, plain, "", numbers, store), err
	}
	if c.role == flowlog.State {
		return newColumn(t, c, t.states(c), "", numbers, store), nil
	}
	if !c.holdsNumbers() {
		return nil, c.unfit("number")
	}
	return newColumn(t, c, t.counts(c), "", numbers, store), nil
}

func newColumn[T any](t *parquetTable, c *parquetColumn, plain plainFunc[T], null string, into func() []T, then func(int)) *column[T] {
	r := &column[T]{parquetColumn: c, table: t, plain: plain, null: null, into: into, then: then}
	if c.maxLevel > 0 {
		r.present = make([]uint8, c.maxLevel+1)
		r.present[c.maxLevel] = 1
		r.flags = make([]uint8, flow.BatchRows)
	}
	return r
}
