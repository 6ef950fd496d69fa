package rhythm

import (
	"math"
	"time"

	"beacon/internal/stats"
)

// fitted holds what a series says of its rhythm once that is believed.
type fitted struct {
	period, periodError float64 // ns; half of the 95% interval
	jitter, jitterError float64
	kept                int     // intervals of one period
	drift               float64 // lag-1 correlation of neighbouring intervals of one period
}

// describe fills in the rhythm that the evidence speaks for, whose series lies in mem.
func (r *Result) describe(e outcome, mem *scratch) {
	c := e.series
	n := len(c.times)
	r.Calls = n
	r.Test = e.test
	span := float64(c.times[n-1] - c.times[0])
	switch e.test {
	case TestSleep:
		r.describeSleep(e)
	case TestCycle:
		r.describeCycle(e, mem)
	case TestSteady:
		r.setPeriod(e.period, 1.96*e.jitter/math.Sqrt(3)*e.period/math.Sqrt(float64(n)))
		r.setJitter(e.jitter, 1.96*e.jitter/math.Sqrt(2*float64(n)))
		r.setMiss(0, float64(n))
		r.Regular, r.Stretches, r.Sessions = 1, 1, c.sessions(e.period)
	case TestClock:
		k := e.clock
		spread := math.Sqrt(math.Max(0, -2*math.Log(math.Max(k.r, 1e-9)))) / (2 * math.Pi)
		r.setPeriod(k.period, 1.96*k.period*spread/(span/k.period*math.Sqrt(float64(k.n)/12)))
		r.setJitter(math.Sqrt(3)*spread, 1.96*math.Sqrt(3)*spread/math.Sqrt(2*float64(k.n)))
		expected := math.Floor(span/k.period+0.5) + 1
		r.setMiss(math.Max(0, 1-float64(k.n)/expected), expected)
		r.Regular, r.Stretches = c.inPhase(k.period), 1
		r.Clock = true
		r.Vector, r.Counted = k.r, k.n
	case TestEven:
		p := e.period
		first := float64(c.times[0])
		sum := 0.0
		for i, t := range c.times {
			d := (float64(t)-first)/p - float64(i)
			sum += d * d
		}
		spread := math.Sqrt(sum / float64(n))
		r.setPeriod(p, 1.96*2*spread*p/float64(n))
		r.setJitter(math.Min(math.Sqrt(3)*spread, 9.99), 1.96*math.Sqrt(3)*spread/math.Sqrt(2*float64(n)))
		r.setMiss(0, float64(n))
		r.Regular, r.Stretches, r.Clock = 1, 1, true
		r.Spread = spread
	}
	r.RetryGap = toDuration(c.gap)
}

func (r *Result) describeSleep(e outcome) {
	c := e.series
	part := *c
	if len(e.regimes) > 0 && e.sleep.hits < len(c.x) {
		for _, g := range e.regimes {
			if g.fit.period == e.sleep.period && g.fit.hits == e.sleep.hits {
				part = newIntervals(c.times[g.from:g.to], 0, c.tick)
			}
		}
	}
	f := part.refine(e.period, e.jitter)
	r.setPeriod(f.period, f.periodError)
	r.setJitter(f.jitter, f.jitterError)
	// Noise about a clock's tick comes off one interval and onto the next, so that
	// neighbours correlate by -1/2; a sleeper's don't correlate, unless the noise is
	// the network's, and then its phase drifts all the same.
	r.Clock = f.drift < -math.Max(0.25, 2/math.Sqrt(float64(f.kept))) && part.holdsPhase(f.period)
	missed, regular := part.missed(f.period, f.jitter)
	kept := float64(e.sleep.hits + e.sleep.multi)
	r.Regular = math.Min(1, kept/float64(len(c.x)))
	if wideFit(f.jitter) {
		r.Regular = part.within(f.period, f.jitter, len(c.x)-len(part.x))
	} else if len(part.x) == len(c.x) {
		r.Regular = math.Max(r.Regular, regular)
	}
	r.Stretches = part.stretches(f.period, f.jitter, missed)
	r.Sessions = c.sessions(f.period)
	r.setMiss(missed, float64(len(part.x))/(1-math.Min(missed, 0.99)))
	r.Near, r.Intervals = f.kept, len(part.x)
	for i := 1; i < len(e.regimes); i++ {
		a, b := e.regimes[i-1], e.regimes[i]
		if q := a.fit.period / b.fit.period; q > 0.75 && q < 1.33 {
			continue
		}
		r.Changes = append(r.Changes, Change{At: c.times[b.from], Before: toDuration(a.fit.period), After: toDuration(b.fit.period)})
	}
}

func (r *Result) describeCycle(e outcome, mem *scratch) {
	c := e.series
	mem.thin(c, e.cycle.steps, e.cycle.phase)
	part := &mem.part
	f := part.refine(e.period, e.jitter)
	r.setPeriod(f.period, f.periodError)
	r.setJitter(f.jitter, f.jitterError)
	within := 1.5*math.Max(f.jitter, 0.01)*f.period + c.tick
	for _, step := range c.steps(e.cycle, f.period, within) {
		r.Steps = append(r.Steps, toDuration(step))
	}
	missed, _ := part.missed(f.period, f.jitter)
	r.setMiss(missed, float64(len(part.x))/(1-math.Min(missed, 0.99)))
	r.Regular = c.inCycles(e.cycle.steps, f.period, within)
	r.Stretches, r.Sessions = part.stretches(f.period, f.jitter, missed), c.sessions(f.period)
	r.Near, r.Intervals = f.kept, len(part.x)
}

// wideFit tells whether the windows of one and of two periods overlap.
func wideFit(jitter float64) bool { return jitter > 0.25 }

// refine settles period and jitter on the intervals around a first guess, by
// moving the window to its own mean until it rests.
func (c *intervals) refine(period, jitter float64) fitted {
	f := fitted{period: period, jitter: jitter}
	half := math.Max(1.25*jitter, 1.5*c.tick/period)
	var from, to int
	for range 8 {
		from, to = c.between(f.period*(1-half)-1, f.period*(1+half)+1)
		if to == from {
			return f
		}
		sum := 0.0
		for _, x := range c.x[from:to] {
			sum += x
		}
		f.period = sum / float64(to-from)
	}
	f.kept = to - from
	sum := 0.0
	for _, x := range c.x[from:to] {
		sum += (x - f.period) * (x - f.period)
	}
	m := float64(f.kept)
	variance := math.Max(0, sum/m-c.tick*c.tick/6)
	f.jitter = math.Sqrt(3*variance) / f.period
	// A uniform law's sample variance errs by sqrt(0.8/m) of itself.
	f.jitterError = 1.96 * f.jitter * math.Sqrt(0.2/m)
	f.periodError = 1.96 * math.Sqrt(variance/m+c.tick*c.tick/6/m/m)
	lo, hi := f.period*(1-half)-1, f.period*(1+half)+1
	var cross, own float64
	for i := 2; i < len(c.times); i++ {
		a, b := float64(c.times[i-1]-c.times[i-2]), float64(c.times[i]-c.times[i-1])
		if a >= lo && a <= hi && b >= lo && b <= hi {
			cross += (a - f.period) * (b - f.period)
			own += (a - f.period) * (a - f.period)
		}
	}
	if own > 0 {
		f.drift = cross / own
	}
	return f
}

// missed estimates the share of calls that didn't come from the intervals of up to
// maxMultiple periods: a narrow rhythm shows the multiples, a wide one only the mean. kept
// is the share of the intervals that are of up to so many periods.
func (c *intervals) missed(period, jitter float64) (share, kept float64) {
	var came, skipped float64
	for _, x := range c.x {
		k := math.Round(x / period)
		if k < 1 || k > maxMultiple || !wideFit(jitter) && math.Abs(x-k*period) > 1.5*math.Sqrt(k)*math.Max(jitter, 0.01)*period+c.tick {
			continue
		}
		came++
		skipped += k - 1
		if wideFit(jitter) {
			skipped += x/period - k
		}
	}
	if came == 0 {
		return 0, 0
	}
	return math.Max(0, skipped) / (came + math.Max(0, skipped)), came / float64(len(c.x))
}

// stretches counts the runs of neighbouring intervals of one period or of a few, up to
// three times the mean of a rhythm that misses calls.
func (c *intervals) stretches(period, jitter, missed float64) int {
	n, inside := 0, false
	most := 3 / math.Max(1-missed, 1./maxMultiple)
	for i := 1; i < len(c.times); i++ {
		x := float64(c.times[i] - c.times[i-1])
		k := math.Max(1, math.Round(x/period))
		was := inside
		inside = k <= most && math.Abs(x-k*period) <= 1.5*math.Sqrt(k)*math.Max(jitter, 0.01)*period+c.tick
		if inside && !was {
			n++
		}
	}
	return n
}

// within returns the share of the intervals that a wide rhythm with misses can
// have made: none shorter than its jitter allows, none past a few periods. extra are
// intervals elsewhere that keep another rhythm.
func (c *intervals) within(period, jitter float64, extra int) float64 {
	from, to := c.between(period*(1-1.15*jitter)-c.tick, period*(4+jitter))
	return math.Min(1, float64(to-from+extra)/float64(len(c.x)+extra))
}

// holdsPhase tells whether the calls keep one phase over their whole span, at a period
// that the fit can't tell from this one.
func (c *intervals) holdsPhase(period float64) bool {
	const most, step, enough = 3, 0.25, 0.8 // cycles over the span; length of the mean vector
	span := float64(c.times[len(c.times)-1] - c.times[0])
	for d := -float64(most); d <= most; d += step {
		p := span / (span/period + d)
		var cos, sin float64
		for _, t := range c.times {
			x := float64(t-c.times[0]) / p
			s, k := math.Sincos(2 * math.Pi * (x - math.Floor(x)))
			cos, sin = cos+k, sin+s
		}
		if p > 0 && math.Hypot(cos, sin) >= enough*float64(len(c.times)) {
			return true
		}
	}
	return false
}

// inPhase returns the share of the calls within a quarter of a period of the
// common phase.
func (c *intervals) inPhase(period float64) float64 {
	phase := func(t int64) float64 {
		x := float64(t-c.times[0]) / period
		return x - math.Floor(x)
	}
	var cos, sin float64
	for _, t := range c.times {
		s, k := math.Sincos(2 * math.Pi * phase(t))
		cos, sin = cos+k, sin+s
	}
	mean := math.Atan2(sin, cos) / (2 * math.Pi)
	n := 0
	for _, t := range c.times {
		d := phase(t) - mean
		if d -= math.Round(d); math.Abs(d) <= 0.25 {
			n++
		}
	}
	return float64(n) / float64(len(c.times))
}

func (r *Result) setPeriod(ns, err float64) {
	r.Period, r.PeriodLow, r.PeriodHigh = toDuration(ns), toDuration(math.Max(0, ns-err)), toDuration(ns+err)
}

func (r *Result) setJitter(j, err float64) {
	r.Jitter, r.JitterLow, r.JitterHigh = j, math.Max(0, j-err), j+err
}

func (r *Result) setMiss(m, n float64) {
	r.Miss = m
	r.MissLow, r.MissHigh = stats.Wilson(m, n)
}

func toDuration(ns float64) time.Duration {
	if !(ns < math.MaxInt64) {
		return math.MaxInt64
	}
	return time.Duration(ns)
}
