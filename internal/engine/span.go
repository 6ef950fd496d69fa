package engine

import (
	"context"

	"beacon/internal/engine/calendar"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/timespan"
)

// Span reads a log once and returns the part of it that holds its flows, and its strays.
func Span(ctx context.Context, log *flowlog.Log, workers int) (span timespan.Span, err error) {
	hosts := flow.NewHosts(nil)
	var tallies []*spanTally
	e := Engine{Workers: workers}
	_, err = log.Read(ctx, flowlog.Pass{Workers: e.workers(), Columns: flow.Base, Hosts: hosts, Sink: func() flowlog.Sink {
		t := &spanTally{}
		tallies = append(tallies, t)
		return t
	}})
	if err != nil {
		return span, err
	}
	var all calendar.Tally
	for _, t := range tallies {
		all.Merge(&t.Tally)
	}
	days, _ := all.Results(hosts)
	return days.Span(), nil
}

// spanTally counts a log's flows by day: a flowlog.Sink.
type spanTally struct{ calendar.Tally }

// Begin implements flowlog.Sink.
func (t *spanTally) Begin(int) {}

// Batch implements flowlog.Sink.
func (t *spanTally) Batch(b *flow.Batch) error {
	t.See(b, 0)
	return nil
}
