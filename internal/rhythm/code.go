package rhythm

import "beacon/internal/spill"

// tests are the tests that a result may name.
var tests = []string{TestSleep, TestClock, TestEven, TestCycle, TestSteady}

// Code writes or reads the result.
func (r *Result) Code(c *spill.Coder) {
	spill.Number(c, &r.Flows)
	spill.Number(c, &r.Calls)
	spill.Choice(c, &r.Test, tests)
	spill.Number(c, &r.Period)
	spill.Number(c, &r.PeriodLow)
	spill.Number(c, &r.PeriodHigh)
	c.Reals(&r.P, &r.Jitter, &r.JitterLow, &r.JitterHigh, &r.Miss, &r.MissLow, &r.MissHigh, &r.Regular, &r.Vector, &r.Spread)
	spill.Number(c, &r.Stretches)
	spill.Number(c, &r.Sessions)
	c.Truth(&r.Clock)
	spill.List(c, &r.Changes, func(c *spill.Coder, v *Change) {
		spill.Number(c, &v.At)
		spill.Number(c, &v.Before)
		spill.Number(c, &v.After)
	})
	spill.List(c, &r.Steps, spill.Number)
	spill.Number(c, &r.Work)
	spill.List(c, &r.Against, func(c *spill.Coder, v *Flaw) { spill.Text(c, &v.Code); c.Reals(&v.Value, &v.Limit) })
	spill.Number(c, &r.RetryGap)
	spill.Number(c, &r.Near)
	spill.Number(c, &r.Intervals)
	spill.Number(c, &r.Counted)
}
