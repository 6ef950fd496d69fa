package rhythm

import (
	"math"
	"sync"

	"beacon/internal/stats"
)

// evidence is the outcome of the test that spoke loudest for a rhythm.
type outcome struct {
	logE    float64 // ln of the evidence against chance, all trials paid for
	test    string
	series  *intervals
	period  float64 // ns
	jitter  float64
	sleep   sleepFit
	clock   clockFit
	regimes []regime
}

// Judge judges a series by the starts of its flows, in ns since the epoch, ascending.
// It doesn't change times, depends on nothing but its arguments, and may be called from
// many goroutines.
func Judge(times []int64, o Options) Result {
	o = o.withDefaults()
	r := Result{Flows: len(times), Calls: len(times), P: 1}
	if len(times) < o.MinCalls {
		return r
	}
	mem := scratches.Get().(*scratch)
	defer scratches.Put(mem)
	if best := mem.weigh(times, o); best.series != nil {
		r.P = math.Min(1, math.Max(smallestP, math.Exp(-best.logE)))
		if r.P > noneP && len(best.series.times) > FewCalls {
			r.Calls = len(best.series.times)
			return r
		}
		r.describe(best)
	}
	return r
}

// scratch is the memory of one call of Judge, which is reused by later ones.
type scratch struct {
	series        [2]intervals // as they are, and with the retries of a call collapsed
	part          intervals    // of a series
	sums, squares []float64    // of the intervals' logarithms, before each call
	steps         []float64    // of the differences of neighbouring ones
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// weigh runs the tests, the cheap ones first, and returns the strongest evidence;
// its series, which lies in mem, is nil where no test applies. The tests share
// the evidence's prior as the constants below say, and the series what a test has.
func (mem *scratch) weigh(times []int64, o Options) outcome {
	tick := resolution(times)
	series := mem.series[:1]
	series[0].set(times, 0, tick)
	gap := series[0].burstGap()
	if gap > 0 {
		series = mem.series[:2]
		series[1].set(times, gap, tick)
	}
	best := outcome{logE: math.Inf(-1)}
	share := math.Log(float64(len(series)))
	for i := range series {
		c := &series[i]
		if len(c.x) < 3 {
			continue
		}
		low, high := c.limits(o, len(times), gap)
		e := c.weighIntervals(low, high, mem)
		e.logE += math.Log(priorSleep) - share
		if e.logE > best.logE {
			best = e
		}
		if best.logE > enough {
			continue
		}
		e = c.weighEvenness(times)
		e.logE += math.Log(priorEven) - share
		if e.logE > math.Max(best.logE, 0) && e.period >= low && e.period <= high {
			best = e
		}
	}
	if c := &series[len(series)-1]; best.logE < enough && len(c.x) >= 4 {
		low, high := c.limits(o, len(times), gap)
		k := c.testClock(low, high)
		if e := k.logE + math.Log(priorClock); e > best.logE && e > 0 {
			best = outcome{logE: e, test: TestClock, series: c, period: k.period, clock: k}
		}
	}
	return best
}

// The prior of the tests. They are tried together, so that a p-value is paid for by
// its test's share: a weighted Bonferroni correction.
const (
	priorSleep = 0.5
	priorClock = 0.3
	priorEven  = 0.2

	enough    = 25     // evidence past which no further test is tried
	noneP     = 0.5    // a p-value above this isn't worth a description
	smallestP = 1e-300 // smaller p-values are given as this one
)

// limits returns the shortest and longest periods looked for in this series, in ns;
// what keeps time within a call, up to gap, is its retries. Where many of the flows
// share a stamp, every tick has one however they come, and that is no rhythm.
//
// Note: without it 100,000 Poisson flows a day in whole minutes are a beacon of 60 s.
func (c *intervals) limits(o Options, flows int, gap float64) (low, high float64) {
	low = math.Max(float64(o.MinPeriod), 1.5*gap)
	if n := len(c.times); c.gap == 0 && float64(flows) > 1.1*float64(n) {
		low = math.Max(low, 3*c.tick)
	}
	high = float64(c.times[len(c.times)-1]-c.times[0]) / 3
	if o.MaxPeriod > 0 {
		high = math.Min(high, float64(o.MaxPeriod))
	}
	return low, high
}

// weighIntervals weighs the intervals of the whole series, and of its regimes
// where it falls into several.
func (c *intervals) weighIntervals(low, high float64, mem *scratch) outcome {
	s := c.bestSleep(low, high)
	e := outcome{logE: s.logE, test: TestSleep, series: c, period: s.period, jitter: s.jitter, sleep: s}
	if s.other >= 6 || s.logE < enough {
		if e.regimes = c.regimes(low, high, mem); len(e.regimes) > 0 {
			e.joinRegimes()
		}
	}
	return e
}

// joinRegimes takes the regimes' evidence together, where that says more than the
// whole series'; the rhythm is then that of the regime with most calls.
func (e *outcome) joinRegimes() {
	total := 0.0
	longest := e.regimes[0]
	for _, r := range e.regimes {
		total += math.Max(0, r.fit.logE)
		if r.fit.hits > longest.fit.hits {
			longest = r
		}
	}
	if total <= e.logE {
		return
	}
	e.logE, e.sleep, e.period, e.jitter = total, longest.fit, longest.fit.period, longest.fit.jitter
	for _, r := range e.regimes {
		if r.from != longest.from {
			e.sleep.multi += r.fit.hits + r.fit.multi
		}
	}
	e.sleep.other = max(0, len(e.series.x)-e.sleep.hits-e.sleep.multi)
}

// bestSleep is testSleep, and where that one can't tell testMixed, and testWide where
// few intervals are as short as those of a process without memory; testWide's densities
// take stamps that are fine against the intervals.
func (c *intervals) bestSleep(low, high float64) sleepFit {
	n := len(c.x)
	s := c.testSleep(low, high)
	if s.logE < enough {
		if m := c.testMixed(low, high); m.logE > s.logE {
			s = m
		}
	}
	if s.logE < enough && s.logE > math.Inf(-1) && n >= 8 &&
		c.x[n*8/100]*4 > c.x[n/2] && c.x[n/2] >= 6*c.tick {
		mean := math.Exp(c.sums[n] / float64(n))
		if w := c.testWide([]float64{s.period, mean, mean * 0.8}, low, high); w.logE > s.logE {
			s = w
		}
	}
	s.logE -= math.Log(3) // tests
	return s
}

// weighEvenness turns the evenness of the calls over their span into evidence.
func (c *intervals) weighEvenness(times []int64) outcome {
	n := len(c.times)
	span := float64(c.times[n-1] - c.times[0])
	dead := 0.0
	if c.gap > 0 {
		times, dead = c.times, float64(n)*(c.gap+c.tick)/span
	}
	p := stats.EvenP(times, dead)
	return outcome{logE: -math.Log(p), test: TestEven, series: c, period: span / float64(n-1)}
}
