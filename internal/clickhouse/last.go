package clickhouse

import (
	"context"
	"time"

	"beacon/internal/beacon"
)

// Last returns the start of the table's last flow in ns since the Unix epoch, strays aside
// (see timespan.Span). It returns false where the table has no flow.
func (e *Engine) Last(ctx context.Context) (last int64, ok bool, err error) {
	x, err := e.ask(ctx, &beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 1})
	if err != nil {
		return 0, false, err
	}
	x.before = true
	f := &gathering{Engine: e, question: x}
	err = f.countDays(ctx, 0)
	span := f.found.Totals
	return span.Last, span.First <= span.Last, err
}
