package write

import (
	"context"
	"io"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/netset"
)

// Show writes the flows that a selection matches, in the order of the log, in a format
// of Formats. If that is the log's own, lines of it are written as they are, with all
// their columns. It returns the number of the flows too.
func Show(ctx context.Context, log *flowlog.Log, s Selection, format string, out io.Writer) (report *flowlog.Report, flows int64, err error) {
	if _, err := FormatOf(format); err != nil {
		return nil, 0, err
	}
	if ownFormat(log, format) {
		report, flows, done, err := showLines(ctx, log, s, out)
		if done || err != nil {
			return report, flows, err
		}
	}
	sink, err := NewPicker(s, format, out)
	if err != nil {
		return nil, 0, err
	}
	if report, err = log.Read(ctx, sink.pass()); err != nil {
		return nil, 0, err
	}
	return report, sink.Count, sink.Close()
}

// mayMatch marks the addresses that a host of the selection has. A flow with no such end
// can match by its name only.
const mayMatch flow.Tag = 1

func (s Selection) tag(host netset.Host) flow.Tag {
	for _, h := range s.hosts() {
		if h.Has(host) {
			return mayMatch
		}
	}
	return 0
}

// Picker is a sink that writes the flows that a selection matches.
type Picker struct {
	Columns flow.Column // of the batches that it takes
	Hosts   *flow.Hosts // of their ids
	Count   int64       // flows that matched

	selection Selection
	writer    Writer // nil: the flows are only counted
	picked    *flow.Columns
	byName    bool // a name alone may match
}

// NewPicker returns a picker that writes in a format of Formats.
func NewPicker(s Selection, format string, out io.Writer) (*Picker, error) {
	f, err := FormatOf(format)
	if err != nil {
		return nil, err
	}
	p := newPicker(s, s.columns()|f.Columns)
	p.writer, err = f.New(out, p.Hosts)
	return p, err
}

func newPicker(s Selection, columns flow.Column) *Picker {
	return &Picker{selection: s, Hosts: flow.NewHosts(s.tag), Columns: columns, picked: flow.NewColumns(columns), byName: len(s.Names()) > 0}
}

// Close writes what ends the log.
func (p *Picker) Close() error { return p.writer.Close() }

// pass returns the reading that the picker is the sink of.
func (p *Picker) pass() flowlog.Pass {
	return flowlog.Pass{Workers: 1, Columns: p.Columns, Hosts: p.Hosts, Sink: func() flowlog.Sink { return p }}
}

// Begin implements flowlog.Sink.
func (p *Picker) Begin(int) {}

// Batch implements flowlog.Sink.
func (p *Picker) Batch(b *flow.Batch) error {
	tags := p.Hosts.Tags()
	n := 0
	for i := range b.Time {
		if *tags.Get(b.Src[i])|*tags.Get(b.Dst[i]) == 0 && (!p.byName || b.Name[i] == 0) {
			continue
		}
		if p.selection.match(p.ends(b, i)) {
			p.picked.Copy(n, b, i)
			n++
		}
	}
	p.Count += int64(n)
	if n == 0 || p.writer == nil {
		return nil
	}
	return p.writer.Write(p.picked.Batch(n))
}

func (p *Picker) ends(b *flow.Batch, i int) *ends {
	f := &ends{time: b.Time[i], src: p.Hosts.Host(b.Src[i]), dst: p.Hosts.Host(b.Dst[i])}
	if b.Port != nil {
		f.dstPort = b.Port[i]
	}
	if b.SrcPort != nil {
		f.srcPort = b.SrcPort[i]
	}
	if b.Name != nil {
		f.name = p.Hosts.Aliased(b.Name[i])
	}
	return f
}
