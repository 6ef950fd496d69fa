package clickhouse

import (
	"context"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/timespan"
)

// Span returns the part of the table's time that holds its flows, and its strays.
func (e *Engine) Span(ctx context.Context) (span timespan.Span, err error) {
	x, err := e.askNamed(ctx, &beacon.Query{By: beacon.ByAddress, Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 1})
	if err != nil {
		return span, err
	}
	x.before = true
	f := &gathering{Engine: e, question: x}
	err = f.countDays(ctx, 0)
	return timespan.Span{First: f.found.Totals.First, Last: f.found.Totals.Last, Strays: f.found.Strays}, err
}
