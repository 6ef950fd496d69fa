package write

import (
	"context"
	"io"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// ConvertOptions is how a log is to be written anew.
type Options struct {
	Format  string      // of what is written: one of WriteFormats
	Columns flow.Column // that are written, besides flow.Base; 0 is all that the format can hold
	Sort    bool        // by time, flows of the same time in the order of the log
	Memory  int64       // bytes that flows may take while they are sorted; 0 is 256 MiB
}

// defaultSortMemory is the flows that are sorted at once: 3.7 million.
const defaultSortMemory = 256 << 20

// Convert writes a log in another format, in its own order or by time. A log of Zeek's
// in its own format and order is written with the columns that it has. What Convert
// holds in memory follows the addresses and opt.Memory, not the flows: those
// that are sorted beyond it lie in a temporary file until it returns.
func Convert(ctx context.Context, log *flowlog.Log, opt Options, out io.Writer) (*flowlog.Report, error) {
	format, err := FormatOf(opt.Format)
	if err != nil {
		return nil, err
	}
	if keepsLines(log, opt) {
		return convertLines(ctx, log, out)
	}
	columns := opt.Columns
	if columns == 0 {
		columns = flow.All
	}
	columns = columns&format.Columns | flow.Base
	if !log.HasNames() {
		columns &^= format.Optional
	}
	hosts := flow.NewHosts(nil)
	w, err := format.New(out, hosts)
	if err != nil {
		return nil, err
	}
	pass := flowlog.Pass{Last: true, Workers: 1, Columns: columns, Hosts: hosts, Sink: func() flowlog.Sink { return copier{w} }}
	var sort *sorter
	if opt.Sort {
		sort = newSorter(opt.Memory, columns)
		defer sort.close()
		pass.Sink = func() flowlog.Sink { return sort }
	}
	report, err := log.Read(ctx, pass)
	if err != nil {
		return report, err
	}
	if sort != nil {
		if err := sort.each(ctx, w.Write); err != nil {
			return report, err
		}
	}
	return report, w.Close()
}

// copier hands batches on as they come.
type copier struct{ w Writer }

func (c copier) Begin(int) {}

func (c copier) Batch(b *flow.Batch) error { return c.w.Write(b) }
