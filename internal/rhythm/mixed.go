package rhythm

import (
	"math"

	"beacon/internal/stats"
	"beacon/internal/stats/lanes"
)

// mixedLevels are the values of J that testMixed looks for, mixedMiss the shares of
// calls missed.
var (
	mixedLevels = jitterLevels[:7]
	mixedMiss   = [...]float64{0.02, 0.2, 0.5}
)

const (
	mixedCalls   = 32   // fewest intervals
	mixedHits    = 8    // fewest of them in a timer's window...
	mixedFull    = 0.6  // ...and share of its neighbourhood: a uniform law ends with half of its
	mixedPromise = 12   // least promise, in e-folds, that is weighed: half of it speaks at a time
	mixedElse    = 0.05 // share of the others that may lie anywhere
	mixedAnywhen = 0.05 // their density, per e-fold: over twenty
)

// testMixed is testSleep for a timer among other calls: what a person, or the timer's
// own errands, adds to its intervals is whatever it is, and costs nothing. One half of
// the intervals, every other one, picks the period, its jitter and the distribution of
// the others; the other half weighs that against the likeliest null; then the same the
// other way round, and the mean of both is the evidence. What the one half picks is
// fixed for the other, so that nothing tried has to be paid for.
//
// Source: universal inference by split likelihood ratios, Wasserman, Ramdas and
// Balakrishnan (2020).
func (c *intervals) testMixed(minPeriod, maxPeriod float64) sleepFit {
	none := sleepFit{logE: math.Inf(-1)}
	if len(c.x) < mixedCalls || c.zeros > 0 {
		return none
	}
	period, jitter := c.sharpest()
	if period == 0 {
		return none
	}
	var halves [2]half
	for k := range halves {
		halves[k].set(c.times[k:], c.nullWidth())
	}
	logE := [2]float64{}
	for k := range halves {
		m := c.pickMixed(&halves[k], minPeriod, maxPeriod)
		logE[k] = m.logLikelihoods(halves[1-k].x, halves[k].densities(halves[1-k].logs), []float64{m.miss})[0] - halves[1-k].fitted.Bound
	}
	f := c.weighSleep(c.nearest(period), jitter)
	high := math.Max(logE[0], logE[1])
	f.logE = high + math.Log((math.Exp(logE[0]-high)+math.Exp(logE[1]-high))/2)
	return f
}

// half is every other interval, ascending, and their smooth distribution.
type half struct {
	x, logs []float64
	fitted  stats.Mixture
}

// set takes every other interval of the times.
func (h *half) set(times []int64, width float64) {
	waits := make([]int64, len(times)/2)
	for i := range waits {
		waits[i] = times[2*i+1] - times[2*i]
	}
	stats.Sort(waits)
	h.x, h.logs = make([]float64, len(waits)), make([]float64, len(waits))
	for i, w := range waits {
		h.x[i] = float64(w)
	}
	lanes.Logs(h.logs, h.x)
	h.fitted = stats.FitMixture(h.logs, width)
}

// densities returns the distribution's density at each of the logarithms.
func (h *half) densities(logs []float64) []float64 {
	all := make([]float64, len(logs))
	for i, l := range logs {
		all[i] = h.fitted.Density(l)
	}
	return all
}

// sharpest returns the middle and the half-width of the window that promises most: 0
// where none does, for then there is nothing that testSleep, which comes first, doesn't see.
func (c *intervals) sharpest() (period, jitter float64) {
	most := float64(mixedPromise)
	for level, j := range mixedLevels {
		at, n := c.clusters[level].at, c.clusters[level].count
		if n < mixedHits {
			continue
		}
		t := (c.x[at] + c.x[at+n-1]) / 2
		from, to := c.between(t*(1-3*j), t*(1+3*j))
		if j*t < c.tick || float64(n) < mixedFull*float64(to-from) {
			continue
		}
		if p := c.promise(float64(n), float64(to-from), j); p > most {
			most, period, jitter = p, t, j
		}
	}
	return period, jitter
}

// promise is about what the evidence of n intervals within T*(1±j) can come to, of so
// many around them, within three times as much; the windows to choose from are paid for.
func (c *intervals) promise(n, around, j float64) float64 {
	all := float64(len(c.x))
	share := n / all
	smooth := math.Max((around-n)/(4*j*all), share*c.density) // as a null has it there, per e-fold
	gain := n * math.Log1p(share/(2*j)/smooth)
	if n < all {
		gain += (all - n) * math.Log1p(-share)
	}
	return gain - math.Log(all*float64(len(mixedLevels)))
}

// mixed is a timer's intervals among others.
type mixed struct {
	period, jitter float64 // of the timer, sleeping T*(1±J)
	miss           float64 // share of its calls that don't come
	others         float64 // share of the intervals that aren't its
	tick           float64
}

// pickMixed returns what is likeliest for a half.
func (c *intervals) pickMixed(h *half, minPeriod, maxPeriod float64) mixed {
	density := make([]float64, len(h.x))
	for i, l := range h.fitted.At {
		density[i] = math.Exp(l)
	}
	var best mixed
	most := math.Inf(-1)
	for _, j := range mixedLevels {
		at, n := fullest(h.x, c.tick, j, minPeriod, maxPeriod)
		if n == 0 || j*h.x[at] < c.tick {
			continue
		}
		m := mixed{period: (h.x[at] + h.x[at+n-1]) / 2, jitter: j, tick: c.tick}
		timed := 0
		for _, v := range h.x {
			if k, _ := m.window(v); k == 1 {
				timed++
			}
		}
		m.others = math.Min(math.Max(1-float64(timed)/float64(len(h.x)), 0.02), 0.98)
		for i, l := range m.logLikelihoods(h.x, density, mixedMiss[:]) {
			if l > most {
				best, most = m, l
				best.miss = mixedMiss[i]
			}
		}
	}
	return best
}

const mixedMultiples = 8 // most periods of an interval of the timer's

// window returns how many periods the timer's intervals near x last, and half the width of
// their window: 0 where x lies in none.
func (m *mixed) window(x float64) (periods int, half float64) {
	k := math.Round(x / m.period)
	if k < 1 || k > mixedMultiples {
		return 0, 0
	}
	half = math.Sqrt(k)*m.jitter*m.period + m.tick/2
	if math.Abs(x-k*m.period) > half {
		return 0, 0
	}
	return int(k), half
}

// logLikelihoods returns those of the logarithms of x at up to three shares of missed calls, the
// others having the density given.
func (m *mixed) logLikelihoods(x, density, misses []float64) []float64 {
	products := [len(mixedMiss)]logProduct{noFactors, noFactors, noFactors}
	var shares [len(mixedMiss)][mixedMultiples + 1]float64 // of the timer's intervals, by the periods that they last
	for i, miss := range misses {
		share := 1 - miss
		for k := 1; k <= mixedMultiples; k++ {
			shares[i][k] = share
			share *= miss
		}
	}
	for i, v := range x {
		k, half := m.window(v)
		other := (1-mixedElse)*density[i] + mixedElse*mixedAnywhen
		for a := range misses {
			timer := 0.0
			if k > 0 {
				timer = shares[a][k] * v / (2 * half)
			}
			products[a].times((1-m.others)*timer + m.others*other)
		}
	}
	logs := make([]float64, len(misses))
	for a := range logs {
		if logs[a] = math.Inf(-1); m.period > 0 {
			logs[a] = products[a].log()
		}
	}
	return logs
}
