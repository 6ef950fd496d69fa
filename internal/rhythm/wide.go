package rhythm

import (
	"math"
	"sort"

	"beacon/internal/stats"
)

// Levels of the sharper look at wide jitter.
var (
	wideJitter = [...]float64{0.12, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75}
	wideMiss   = [...]float64{0.01, 0.1, 0.2, 0.35, 0.5, 0.65}
	wideOther  = [...]float64{0.01, 0.1}
)

const (
	wideLeast     = 8 // fewest intervals that testWide weighs
	wideMultiples = 8 // most periods of an interval of the timer's
)

// wideShares are the shares of the intervals that last one period, two and so on, by the level of
// misses.
var wideShares = func() (shares [len(wideMiss)][wideMultiples]float64) {
	for a, miss := range wideMiss {
		share := 1 - miss
		for m := range shares[a] {
			shares[a][m] = share
			share *= miss
		}
	}
	return shares
}()

// hopeless is evidence so bad at the first periods tried that their neighbours
// aren't.
const hopeless = -10

// testWide is testSleep for jitter so wide that one period's window runs into the
// next one's: the exact density of the mixture at T, 2T, 3T..., against the
// likeliest null rather than a bound on its peak. near are the periods to look around.
//
// Note: testSleep alone finds 0.79 of beacons of 600 s with J = 50% of which 20% of the
// calls are missed, in 24 h at p < 0.01; with testWide it is 1.00 (200 simulations).
//
// Note: a bound from counts of the intervals by eighths of an octave tells that nine of ten
// fits are hopeless, but only series of 128 intervals or more are worth it, and of the pairs of an
// office these were a hundredth of testWide's work.
func (c *intervals) testWide(near []float64, minPeriod, maxPeriod float64) sleepFit {
	best := sleepFit{logE: math.Inf(-1)}
	n := len(c.x)
	if n < wideLeast {
		return best
	}
	null, at := c.nullBound()
	trials := math.Log(float64(n * len(wideJitter) * len(wideMiss) * len(wideOther)))
	zeros := -float64(c.zeros) * math.Log(wideOther[len(wideOther)-1]) // outliers that the null explains perfectly
	tried := map[int]bool{}
	far := make([]float64, n)
	for _, s := range [...]float64{1, 0.8, 0.9, 1.1, 1.2} {
		if s != 1 && best.logE < hopeless {
			break
		}
		for _, t0 := range near {
			i := c.nearest(t0 * s)
			if tried[i] || c.x[i] < minPeriod || c.x[i] > maxPeriod {
				continue
			}
			tried[i] = true
			for k, x := range c.x { // outlierPeak·exp(-|ln(x/x[i])|/2)
				far[k] = outlierPeak * math.Sqrt(min(x, c.x[i])/max(x, c.x[i]))
			}
			for _, j := range wideJitter {
				f := c.weighWide(i, j, far)
				// Leaving one out can lower the bound by less than its own density
				// says, but by no more than 1.
				f.logE -= null - at[i] + 1 + trials + zeros
				if f.logE > best.logE {
					best = f
				}
			}
		}
	}
	return best
}

// nearest returns the index of the interval nearest to t.
func (c *intervals) nearest(t float64) int {
	i := sort.SearchFloat64s(c.x, t)
	if i == len(c.x) || i > 0 && t-c.x[i-1] < c.x[i]-t {
		i--
	}
	return i
}

// nullBound returns the largest log-likelihood that a null gives the logs, and
// its share for each of them.
func (c *intervals) nullBound() (bound float64, each []float64) {
	n := len(c.logs)
	flat := float64(n) * math.Log(c.density)
	if c.logs[n-1-n/20]-c.logs[n/20] < 4 {
		if m := stats.FitMixture(c.logs, c.nullWidth()); m.Bound < flat {
			return m.Bound, m.At
		}
	}
	at := make([]float64, n)
	for i := range at {
		at[i] = math.Log(c.density)
	}
	return flat, at
}

// nullWidth returns the standard deviation of a normal distribution whose density peaks at
// the bound.
func (c *intervals) nullWidth() float64 { return 1 / (c.density * math.Sqrt(2*math.Pi)) }

// weighWide returns the likelihood, in logarithms, of all intervals but i under a
// beacon of period x[i] and jitter j, at the best levels of misses and outliers. far are the
// densities of outliers at each interval.
func (c *intervals) weighWide(i int, j float64, far []float64) sleepFit {
	t := c.x[i]
	var sums [len(wideMiss)][len(wideOther)]logProduct
	for a := range sums {
		sums[a] = [...]logProduct{noFactors, noFactors}
	}
	f := sleepFit{period: t, jitter: j}
	soft := c.tick / t // a stamp's rounding widens the window
	width := j + soft/2
	var variances, heights [wideMultiples]float64 // of the windows, from the third on
	for m := 2; m < wideMultiples; m++ {
		variances[m] = float64(m+1) * width * width / 3
		heights[m] = math.Sqrt(2 * math.Pi * variances[m])
	}
	for k, x := range c.x {
		if k == i {
			continue
		}
		y := x / t
		var g [wideMultiples]float64
		from, to := wideMultiples, 0 // windows in which the interval lies
		add := func(m int, density float64) { g[m], from, to = density, min(from, m), m+1 }
		if math.Abs(y-1) <= width {
			add(0, y/(2*width))
			f.hits++
		}
		if d := math.Abs(y-2) / (2 * width); d < 1 {
			add(1, y*(1-d)/(2*width))
		}
		for m := 2; m < wideMultiples; m++ {
			d := y - float64(m+1)
			if d*d < 16*variances[m] {
				add(m, y*math.Exp(-d*d/(2*variances[m]))/heights[m])
			}
		}
		for a := range wideShares {
			p := 0.0
			for m := from; m < to; m++ {
				p += wideShares[a][m] * g[m]
			}
			for b, other := range wideOther {
				sums[a][b].times((1-other)*p + other*far[k])
			}
		}
	}
	best, at := &sums[0][0], 0
	for a := range sums {
		for b := range sums[a] {
			if sums[a][b].exceeds(best) {
				best, at = &sums[a][b], a
			}
		}
	}
	f.logE = best.log()
	f.misses = int(wideMiss[at] / (1 - wideMiss[at]) * float64(len(c.x)))
	f.hits++
	return f
}

// logProduct is a product of many factors, kept so that logarithms are taken
// seldom. It begins as [noFactors].
type logProduct struct{ sum, pending float64 }

var noFactors = logProduct{0, 1}

func (l *logProduct) times(p float64) {
	if l.pending *= p; l.pending < 1e-100 || l.pending > 1e100 {
		l.carry()
	}
}

// carry adds the logarithm of what is pending to the sum. It is seldom called, so that times is inlined.
//
//go:noinline
func (l *logProduct) carry() { l.sum, l.pending = l.log(), 1 }

// exceeds tells whether a product is larger than another.
func (l *logProduct) exceeds(other *logProduct) bool {
	if l.sum == other.sum { // Fast path
		return l.pending > other.pending
	}
	return l.log() > other.log()
}

func (l *logProduct) log() float64 { return l.sum + math.Log(l.pending) }
