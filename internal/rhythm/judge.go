package rhythm

import (
	"cmp"
	"math"
	"sync"

	"beacon/internal/sorting"
	"beacon/internal/stats"
)

// outcome holds what one test found: a fit, with its evidence.
type outcome struct {
	logE    float64 // ln of the evidence against chance, all trials paid for
	test    string
	series  *intervals
	period  float64 // ns
	jitter  float64
	sleep   sleepFit
	clock   clockFit
	cycle   cycleFit
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
	fits := mem.weigh(times, o)
	if len(fits) == 0 {
		return r
	}
	r.P = pOf(fits[0].logE)
	if r.P > noneP && len(fits[0].series.times) > FewCalls {
		r.Calls = len(fits[0].series.times)
		return r
	}
	return mem.choose(r, fits)
}

// pOf returns the p-value of evidence.
func pOf(logE float64) float64 { return math.Min(1, math.Max(smallestP, math.Exp(-logE))) }

// scratch is the memory of one call of Judge, which is reused by later ones.
type scratch struct {
	series        [2]intervals // as they are, and with the retries of a call collapsed
	part          intervals    // of a series
	thinned       []int64      // times of the part, where it is every k-th call
	fits          []outcome    // what the tests found
	windows       []window     // of testSteady
	sums, squares []float64    // of the intervals' logarithms, before each call
	steps         []float64    // of the differences of neighbouring ones
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// weigh runs the tests, the cheap ones first, and returns what they find, the strongest
// evidence first: always that one, of the others what is significant. The tests share
// the evidence's prior as the constants below say, and the series what a test has. The
// fits and their series lie in the mem.
func (mem *scratch) weigh(times []int64, o Options) []outcome {
	tick := float64(o.Tick)
	if tick <= 0 {
		tick = resolution(times)
	}
	series := mem.series[:1]
	series[0].set(times, 0, tick)
	gap := series[0].burstGap()
	if gap > 0 {
		series = mem.series[:2]
		series[1].set(times, gap, tick)
	}
	mem.fits = mem.fits[:0]
	share := math.Log(float64(len(series)))
	for i := range series {
		c := &series[i]
		if len(c.x) < 3 {
			continue
		}
		low, high := c.periods(o, gap)
		mem.weighIntervals(c, low, high, prior(TestSleep, len(times))-share)
		if !mem.plain() {
			if e := c.weighEvenness(times); e.period >= low && e.period <= high {
				mem.add(e, prior(TestEven, len(times))-share)
			}
		}
		if mem.sharp() {
			continue
		}
		if f := mem.testCycle(c, low, high); f.steps > 0 {
			e := outcome{logE: f.sleep.logE, test: TestCycle, series: c, period: f.sleep.period, jitter: f.sleep.jitter, cycle: f}
			mem.add(e, prior(TestCycle, len(times))-share)
		}
	}
	last := &series[len(series)-1]
	if !mem.plain() && len(last.x) >= 4 {
		low, high := last.periods(o, gap)
		k := last.testClock(low, high)
		mem.add(outcome{logE: k.logE, test: TestClock, series: last, period: k.period, clock: k}, prior(TestClock, len(times)))
		s := mem.testSteady(times, last.x[len(last.x)/2], tick)
		if s.period >= low && s.period <= high {
			mem.add(outcome{logE: s.logE, test: TestSteady, series: last, period: s.period, jitter: math.Sqrt(3) * s.spread}, prior(TestSteady, len(times)))
		}
	}
	sorting.Stable(mem.fits, func(a, b outcome) int { return cmp.Compare(b.logE, a.logE) })
	return mem.fits
}

// add keeps evidence, the logarithm of its test's share of the prior being added, if it
// is significant or the strongest so far.
func (mem *scratch) add(e outcome, prior float64) {
	if e.test != TestSleep && e.logE <= 0 || math.IsInf(e.logE, -1) {
		return
	}
	e.logE += prior
	if len(mem.fits) > 0 {
		if mem.fits[0].logE >= significant {
			if e.logE < significant {
				return
			}
		} else if mem.fits[0].logE >= e.logE {
			return
		} else {
			mem.fits = mem.fits[:0]
		}
	}
	mem.fits = append(mem.fits, e)
}

// plain tells whether what was found is so strong, and of so many of the calls, that no
// other test is needed.
func (mem *scratch) plain() bool {
	for i := range mem.fits {
		if e := &mem.fits[i]; e.logE > enough && e.test == TestSleep && e.covers() >= plainShare {
			return true
		}
	}
	return false
}

// sharp tells whether the strongest fit already explains most of the intervals.
func (mem *scratch) sharp() bool {
	best := &outcome{logE: enough, series: &mem.series[0]}
	for i := range mem.fits {
		if mem.fits[i].logE > best.logE {
			best = &mem.fits[i]
		}
	}
	return best.test == TestSleep && float64(best.sleep.hits) >= plainShare*float64(len(best.series.x))
}

// covers returns the share of the intervals that a sleep explains.
func (e *outcome) covers() float64 {
	kept := float64(e.sleep.hits + e.sleep.multi)
	return kept / (kept + float64(e.sleep.other))
}

// priors are the tests' shares of the evidence. They are tried together, so that a
// p-value is paid for by its test's share: a weighted Bonferroni correction. A series that
// is too short for a test doesn't pay for it.
var priors = [...]struct {
	test  string
	share float64
	least int // fewest calls that the test can say anything of
}{
	{TestSleep, 0.3, 0},
	{TestClock, 0.3, 0},
	{TestEven, 0.2, 8},
	{TestCycle, 0.1, 2 * cycleLeast},
	{TestSteady, 0.1, steadyFlows},
}

// prior returns the logarithm of a test's share in a series of so many flows.
func prior(test string, flows int) float64 {
	mine, all := 0.0, 0.0
	for _, p := range priors {
		if flows >= p.least {
			all += p.share
		}
		if p.test == test {
			mine = p.share
		}
	}
	return math.Log(mine / all)
}

const (
	enough      = 25            // evidence past which no further test is tried...
	plainShare  = 0.6           // ...if it explains so many of the intervals
	significant = 3 * math.Ln10 // evidence of a fit that counts beside the strongest: p = 0.001
	noneP       = 0.5           // a p-value above this isn't worth a description
	smallestP   = 1e-300        // smaller p-values are given as this one
)

// periods returns the shortest and longest periods looked for in this series, in ns;
// what keeps time within a call, up to gap, is its retries.
func (c *intervals) periods(o Options, gap float64) (low, high float64) {
	low = math.Max(float64(o.MinPeriod), 1.5*gap)
	high = float64(c.times[len(c.times)-1]-c.times[0]) / 3
	if o.MaxPeriod > 0 {
		high = math.Min(high, float64(o.MaxPeriod))
	}
	return low, high
}

// weighIntervals weighs the intervals of a whole series at each level of jitter, and of
// its regimes where it falls into several.
func (mem *scratch) weighIntervals(c *intervals, low, high, prior float64) {
	best := c.bestSleep(low, high, 0)
	e := outcome{logE: best.logE, test: TestSleep, series: c, period: best.period, jitter: best.jitter, sleep: best}
	levels := c.levels
	if best.other >= 6 || best.logE < enough {
		if e.regimes = c.regimes(low, high, mem); len(e.regimes) > 0 {
			e.joinRegimes()
		}
	}
	mem.add(e, prior)
	for _, f := range levels {
		f.logE -= c.sleepPrice()
		if f.logE+prior >= significant && f != best {
			mem.add(outcome{logE: f.logE, test: TestSleep, series: c, period: f.period, jitter: f.jitter, sleep: f}, prior)
		}
	}
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
// take stamps that are fine against the intervals. A fit whose evidence is surely below floor
// may be left out.
func (c *intervals) bestSleep(low, high, floor float64) sleepFit {
	n := len(c.x)
	wide := n >= wideLeast && c.x[n*8/100]*4 > c.x[n/2] && c.x[n/2] >= 6*c.tick
	if wide { // it looks around what testSleep finds, however weak
		floor = math.Inf(-1)
	}
	s := c.testSleep(low, high, floor)
	if s.logE < enough {
		if m := c.testMixed(low, high); m.logE > s.logE {
			s = m
		}
	}
	if wide && s.logE < enough && s.logE > math.Inf(-1) {
		mean := math.Exp(c.sums[n] / float64(n))
		if w := c.testWide([]float64{s.period, mean, mean * 0.8}, low, high); w.logE > s.logE {
			s = w
		}
	}
	s.logE -= c.sleepPrice()
	return s
}

// sleepPrice returns what a series pays for being put to testSleep, testMixed and testWide:
// nothing if it is too short for any but the first.
func (c *intervals) sleepPrice() float64 {
	if len(c.x) < wideLeast {
		return 0
	}
	return math.Log(3)
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
	return outcome{logE: -math.Log(math.Max(p, smallestP)), test: TestEven, series: c, period: span / float64(n-1)}
}
