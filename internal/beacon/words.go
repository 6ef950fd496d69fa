package beacon

import (
	"fmt"
	"math"
	"time"

	"beacon/internal/rhythm"
)

// describe adds the reasons that follow from the pair's own judgement.
func (r *Candidate) describe() {
	switch r.Test {
	case rhythm.TestSleep:
		r.reason("sleep test, p %.2g: intervals gather at %s ±%.0f%%, %d of %d within it, %.0f%% keep the rhythm",
			r.P, r.Period, 100*r.Jitter, r.Near, r.Intervals, 100*r.Regular)
	case rhythm.TestClock:
		r.reason("clock test, p %.2g: phases hold at %s, mean vector %.3f of %d calls", r.P, r.Period, r.Vector, r.Counted)
	case rhythm.TestEven:
		r.reason("evenness test, p %.2g: calls keep to their places on a grid of %s within %.2f of a period, where chance would stray %.1f",
			r.P, r.Period, r.Spread, math.Sqrt(float64(r.Calls)/6))
	case rhythm.TestCycle:
		r.reason("cycle test, p %.2g: every %d calls take %s ±%.0f%%, %d of %d within it, %.0f%% keep the rhythm",
			r.P, len(r.Steps), r.Period, 100*r.Jitter, r.Near, r.Intervals, 100*r.Regular)
	case rhythm.TestSteady:
		r.reason("steadiness test, p %.2g: as many calls in each stretch of time as in the next, one each %s", r.P, r.Period)
	default:
		return
	}
	if r.Work > 0 {
		r.reason("sleeps %s after its work, which takes up to %s", r.Period, r.Work)
	}
	for _, c := range r.Changes {
		r.reason("changed from %s to %s at %s", c.Before, c.After, time.Unix(0, c.At).UTC().Format(time.RFC3339))
	}
	if r.RetryGap > 0 {
		r.reason("%d flows are %d calls, those within %.3g s of the one before being its retries", r.Flows, r.Calls, r.RetryGap.Seconds())
	}
}

// speaksAgainst says in words why these calls can't be called a rhythm however unlikely
// they are, "" if nothing speaks against it.
func (r *Candidate) speaksAgainst() string {
	if len(r.Against) == 0 {
		return ""
	}
	switch f := r.Against[0]; f.Code {
	case rhythm.FlawIrregular:
		return fmt.Sprintf("fewer than %.0f%% of the calls keep the rhythm", 100*f.Limit)
	case rhythm.FlawMissing:
		return fmt.Sprintf("more than %.0f%% of the calls would have to be missing", 100*f.Limit)
	case rhythm.FlawShort:
		return "a few calls within minutes are a burst of retries"
	case rhythm.FlawRetries:
		return "it keeps time for a few calls at a stretch only, as retries do"
	case rhythm.FlawLone:
		return "an interval like this hardly ever follows another"
	case rhythm.FlawVisits:
		return fmt.Sprintf("it keeps time for a few calls in each of %.0f visits, as a page that reloads itself does", f.Value)
	case rhythm.FlawLoose:
		return "a loose phase with most calls missing is many timers' work"
	case rhythm.FlawSessions:
		return fmt.Sprintf("its calls lie in %.0f short sessions, as a person's do", f.Value)
	default:
		return "its jitter is wider than its period"
	}
}

func (r *Candidate) reason(format string, args ...any) {
	for i, a := range args {
		if d, ok := a.(time.Duration); ok {
			args[i] = seconds(d)
		}
	}
	r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
}

// seconds writes a length of time in words: 60 s, 15 min, 6 h.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 120:
		return fmt.Sprintf("%.3g s", s)
	case s < 7200:
		return fmt.Sprintf("%.4g min", s/60)
	default:
		return fmt.Sprintf("%.4g h", s/3600)
	}
}
