package engine

import (
	"context"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// Last reads a log once and returns the start of its last flow in ns since the Unix epoch,
// strays aside (see timespan.Span). It returns false where the log has no flow.
func Last(ctx context.Context, log *flowlog.Log, workers int) (last int64, ok bool, err error) {
	hosts := flow.NewHosts(nil)
	var tallies []*lastTally
	e := Engine{Workers: workers}
	_, err = log.Read(ctx, flowlog.Pass{Workers: e.workers(), Columns: flow.Base, Hosts: hosts, Sink: func() flowlog.Sink {
		t := &lastTally{}
		tallies = append(tallies, t)
		return t
	}})
	if err != nil {
		return 0, false, err
	}
	var all timeTally
	for _, t := range tallies {
		all.merge(&t.timeTally)
	}
	days, _ := all.results(hosts)
	return days.Span().Last, len(days) > 0, nil
}

// lastTally counts a log's flows by day: a flowlog.Sink.
type lastTally struct{ timeTally }

// Begin implements flowlog.Sink.
func (t *lastTally) Begin(int) {}

// Batch implements flowlog.Sink.
func (t *lastTally) Batch(b *flow.Batch) error {
	t.see(b, 0)
	return nil
}
