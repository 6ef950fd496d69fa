package clickhouse

import (
	"context"

	"beacon/internal/clickhouse/calls"
	"beacon/internal/clickhouse/parallel"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// fetchedEnds is a source and a destination with their calls.
type fetchedEnds struct {
	calls.Ends
	large parallel.Permit
}

// eachEnds calls do for the ends of each block, with their flows, on all cores.
func (f *gathering) eachEnds(ctx context.Context, blocks []string, fetch func(ctx context.Context, block string, to chan<- *fetchedEnds) error, do func(*calls.Ends) error) error {
	return parallel.Each(ctx, func(ctx context.Context, to chan<- *fetchedEnds) error {
		for _, block := range blocks {
			if err := fetch(ctx, block, to); err != nil {
				return err
			}
		}
		return nil
	}, func(e *fetchedEnds) error {
		defer e.large.End()
		return do(&e.Ends)
	})
}

// fetchTimes hands the ends of a block on, with the times of their calls.
func (f *gathering) fetchTimes(ctx context.Context, block string, to chan<- *fetchedEnds) error {
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var ports []uint16
	var cells timeCells
	return f.Rows(ctx, "fetching times", f.question.callTimes(block), append([]any{src.Dest(), dst.Dest(), &ports}, cells.dest()...), func() error {
		e := &fetchedEnds{Ends: calls.Ends{Source: src.Host(), Destination: dst.Host()}}
		e.large.Begin(&f.large, calls.TimeBytes*int64(cells.number()), f.judgeMemory())
		e.SetTimes(cells.times(f.Time.Tick()), ports)
		return parallel.Hand(ctx, e, to)
	})
}

// fetchCalls hands the ends of a block on, with all about their calls.
func (f *gathering) fetchCalls(ctx context.Context, block string, to chan<- *fetchedEnds) error {
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var port, srcPort uint16
	var time, bytes, srcBytes, duration int64
	var proto uint8
	var e *fetchedEnds
	columns := []any{src.Dest(), dst.Dest(), &port, &time, &bytes, &srcBytes, &duration, &srcPort, &proto}
	hand := func() error {
		if e == nil {
			return nil
		}
		return parallel.Hand(ctx, e, to)
	}
	err := f.Rows(ctx, "fetching calls", f.question.calls(block), columns, func() error {
		if from, at := src.Host(), dst.Host(); e == nil || e.Source != from || e.Destination != at {
			if err := hand(); err != nil {
				return err
			}
			e = &fetchedEnds{Ends: calls.Ends{Source: from, Destination: at, Long: f.longSeries[[2]netset.Host{from, at}]}}
		}
		e.Add(port, calls.NewFlow(time*f.Time.Tick(), bytes, srcBytes, duration, srcPort, proto))
		e.large.Begin(&f.large, calls.WholeBytes*int64(e.Number), f.judgeMemory())
		return nil
	})
	if err != nil {
		return err
	}
	return hand()
}
