package beacon

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"beacon/internal/stats"
)

// evidence is the outcome of the test that spoke loudest for a rhythm.
type evidence struct {
	logE    float64 // ln of the evidence against chance, all trials paid for
	test    string
	series  *calls
	period  float64 // ns
	jitter  float64
	sleep   sleepFit
	clock   clockFit
	regimes []regime
}

// JudgePair judges one pair on its own evidence: JudgeTimes and Measure.
func JudgePair(p Pair, o RhythmOptions) Rhythm {
	times := p.Times
	if !slices.IsSorted(times) {
		times = slices.Clone(times)
		slices.Sort(times)
	}
	r := JudgeTimes(times, o)
	r.Measure(p, o)
	return r
}

// JudgeTimes judges one pair by the starts of its flows, ns since the epoch,
// ascending. P and everything fitted are final; Verdict is provisional until Decide
// has seen all the pairs. It is a pure function of its arguments and may be called
// from many goroutines.
func JudgeTimes(times []int64, o RhythmOptions) Rhythm {
	o = o.withDefaults()
	r := Rhythm{Flows: len(times), Calls: len(times), Verdict: VerdictNone, P: 1, Q: 1, Size: SizeRegularity{-1, -1, -1}}
	if len(times) < o.MinCalls {
		return r
	}
	room := rooms.Get().(*room)
	defer rooms.Put(room)
	if best := room.weigh(times, o); best.series != nil {
		r.P = math.Min(1, math.Max(smallestP, math.Exp(-best.logE)))
		if r.P > noneP && len(best.series.times) > hopefulCalls {
			r.Calls, r.Reasons = len(best.series.times), noReasons
			return r
		}
		r.describe(best)
	}
	return r
}

// Measure adds what takes more than times: the regularity of sizes, and RITA's score.
func (r *Rhythm) Measure(p Pair, o RhythmOptions) {
	first, last := o.LogFirst, o.LogLast
	if len(p.Times) > 0 && first == 0 && last == 0 {
		first, last = slices.Min(p.Times), slices.Max(p.Times)
	}
	sizes := p.SrcBytes
	if sizes == nil {
		sizes = p.Bytes
	}
	r.RITA = RITA(p.Times, sizes, first, last)
	if len(p.Times) >= o.LeastCalls() {
		r.Size = sizeRegularity(p)
	}
}

// noReasons are those of a pair that nothing speaks for; most are such.
var noReasons = []string{fmt.Sprintf("no test speaks for a rhythm: the strongest gives a p-value above %g", noneP)}

// room is the memory of a judgement. It is used again, for there are many.
type room struct {
	series        [2]calls  // as they are, and with the retries of a call collapsed
	part          calls     // of a series
	sums, squares []float64 // of the intervals' logarithms, before each call
	steps         []float64 // of the differences of neighbouring ones
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// weigh runs the tests, the cheap ones first, and returns the strongest evidence;
// its series, which lies in the room, is nil where no test applies. The tests share
// the evidence's prior as the constants below say, and the series what a test has.
func (room *room) weigh(times []int64, o RhythmOptions) evidence {
	tick := resolution(times)
	series := room.series[:1]
	series[0].set(times, 0, tick)
	gap := series[0].burstGap()
	if gap > 0 {
		series = room.series[:2]
		series[1].set(times, gap, tick)
	}
	best := evidence{logE: math.Inf(-1)}
	share := math.Log(float64(len(series)))
	for i := range series {
		c := &series[i]
		if len(c.x) < 3 {
			continue
		}
		low, high := c.limits(o, len(times), gap)
		e := c.weighIntervals(low, high, room)
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
			best = evidence{logE: e, test: TestClock, series: c, period: k.period, clock: k}
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
func (c *calls) limits(o RhythmOptions, flows int, gap float64) (low, high float64) {
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
func (c *calls) weighIntervals(low, high float64, room *room) evidence {
	s := c.bestSleep(low, high)
	e := evidence{logE: s.logE, test: TestSleep, series: c, period: s.period, jitter: s.jitter, sleep: s}
	if s.other >= 6 || s.logE < enough {
		if e.regimes = c.regimes(low, high, room); len(e.regimes) > 0 {
			e.joinRegimes()
		}
	}
	return e
}

// joinRegimes takes the regimes' evidence together, where that says more than the
// whole series'; the rhythm is then that of the regime with most calls.
func (e *evidence) joinRegimes() {
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
func (c *calls) bestSleep(low, high float64) sleepFit {
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
func (c *calls) weighEvenness(times []int64) evidence {
	n := len(c.times)
	span := float64(c.times[n-1] - c.times[0])
	dead := 0.0
	if c.gap > 0 {
		times, dead = c.times, float64(n)*(c.gap+c.tick)/span
	}
	p := stats.EvenP(times, dead)
	return evidence{logE: -math.Log(p), test: TestEven, series: c, period: span / float64(n-1)}
}

// sizeRegularity measures how alike the sizes of a pair's flows are.
func sizeRegularity(p Pair) SizeRegularity {
	s := SizeRegularity{Total: alike(p.Bytes), Sent: alike(p.SrcBytes), Received: -1}
	if len(p.SrcBytes) > 0 && len(p.SrcBytes) == len(p.Bytes) {
		got := make([]int64, len(p.Bytes))
		for i, b := range p.Bytes {
			got[i] = b - p.SrcBytes[i]
		}
		s.Received = alike(got)
	}
	return s
}

// alike returns the share of values within a tenth of their median, -1 of none.
func alike(values []int64) float64 {
	if len(values) == 0 {
		return -1
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	m := float64(sorted[len(sorted)/2])
	n := 0
	for _, v := range sorted {
		if math.Abs(float64(v)-m) <= 0.1*math.Abs(m) {
			n++
		}
	}
	return float64(n) / float64(len(sorted))
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
