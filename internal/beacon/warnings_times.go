package beacon

import (
	"fmt"
	"time"

	"beacon/internal/timespan"
	"beacon/internal/words"
)

// strayWarnings names the strays.
func strayWarnings(strays []timespan.Day) []Warning {
	if len(strays) == 0 {
		return nil
	}
	n := int64(0)
	for _, day := range strays {
		n += day.Flows
	}
	which := strays[0]
	text := fmt.Sprintf("one flow lies far outside the time of all others: %s", which)
	if n > 1 {
		text = fmt.Sprintf("%d flows lie far outside the time of all others; the first: %s", n, which)
	}
	return []Warning{{
		Text: text + "; shapes and rhythms are judged without such flows",
		Hint: "--from and --to leave them out altogether",
	}}
}

// coarseTick is the finest clock that is worth a warning: whole seconds are what most
// logs have, and coarser stamps come from aggregation.
const coarseTick = 2 * time.Second

// tickWarnings says that the log's clock is too coarse for the question.
func tickWarnings(tick time.Duration, q *Query) []Warning {
	slots := q.Rules.Has(EveryMinute) && tick > q.Bucket
	if !slots && (!q.Rules.Has(EveryRhythm) || tick < coarseTick) {
		return nil
	}
	w := Warning{
		Text: fmt.Sprintf("the log's clock is coarse: all times are multiples of %s, so shorter periods don't show", words.Length(tick)),
		Hint: "take a log with the flows' own times",
	}
	if slots {
		w.Text += fmt.Sprintf(", and no more than %d of the %d slots can be called", max(1, q.Cycle/tick), q.CycleSlots())
		w.Hint += fmt.Sprintf(", or ask with --bucket %s", tick)
	}
	return []Warning{w}
}
