package write

import (
	"context"
	"io"
	"net/netip"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// Show writes the flows that have one of the addresses at either end, in the
// order of the log, in a format of WriteFormats.
func Show(ctx context.Context, log *flowlog.Log, addrs []netip.Addr, format string, out io.Writer) (*flowlog.Report, error) {
	f, err := FormatOf(format)
	if err != nil {
		return nil, err
	}
	const wanted flow.Tag = 1
	set := make(map[netip.Addr]bool, len(addrs))
	for _, addr := range addrs {
		set[addr.Unmap()] = true
	}
	hosts := flow.NewHosts(func(addr netip.Addr) flow.Tag {
		if set[addr] {
			return wanted
		}
		return 0
	})
	names := flow.NewNames()
	w, err := f.New(out, hosts, names)
	if err != nil {
		return nil, err
	}
	columns := flow.Base | f.Columns
	sink := &picker{writer: w, hosts: hosts, room: flow.NewColumns(columns)}
	report, err := log.Read(ctx, flowlog.Pass{Workers: 1, Columns: columns, Hosts: hosts, Names: names, Sink: func() flowlog.Sink { return sink }})
	if err != nil {
		return nil, err
	}
	return report, w.Close()
}

// picker hands on the flows that have a tagged end.
type picker struct {
	writer Writer
	hosts  *flow.Hosts
	room   *flow.Columns
}

// Begin implements Sink.
func (p *picker) Begin(int) {}

// Batch implements Sink.
func (p *picker) Batch(b *flow.Batch) error {
	tags := p.hosts.Tags()
	n := 0
	for i := range b.Time {
		if *tags.Get(b.Src[i])|*tags.Get(b.Dst[i]) != 0 {
			p.room.Copy(n, b, i)
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return p.writer.Write(p.room.Batch(n))
}
