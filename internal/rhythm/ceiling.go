package rhythm

import (
	"math"

	"beacon/internal/stats/lanes"
)

// sleepCeiling bounds from above the evidence that weighSleep finds at one level of jitter. Most
// series have thousands of calls and evidence hundreds of e-folds below what counts, which the
// bound tells without a look at the windows of each period.
//
// The bound: A window at k periods is as a ratio no wider than one at a single period, so none
// holds more intervals than the fullest. An interval in a window gains at most
// ln(sqrt(k)·(1+j)/(2·j·density)); any other loses at least ln(density/outlierPeak), and one
// below all windows half of its distance from the period more. The integrals over the shares of
// outliers and of misses are at most the largest value of what is integrated. Of a given number
// of intervals in windows the bound is highest if they fill the windows at the lowest multiples.
type sleepCeiling struct {
	most  float64                  // intervals in the fullest window
	gains [maxMultiple + 1]float64 // by the number of windows: most evidence that they add if none is fuller than that
}

const (
	ceilingLeast  = 128  // fewest intervals for which a bound is cheaper than what it bounds
	ceilingTick   = 0.02 // coarsest clock, in periods
	ceilingMargin = 1    // e-folds that no rounding comes to
)

// windowPrices are, by the number of full windows that hold one interval each, the sum of
// ln(sqrt(k)) less the price of the misses.
var windowPrices = func() (prices [maxMultiple + 1]float64) {
	logs := 0.0
	for k := 1; k <= maxMultiple; k++ {
		logs += math.Log(float64(k)) / 2
		kept, missed := float64(k), float64(k*(k-1)/2)
		prices[k] = logs - entropy(kept, missed)
	}
	return prices
}()

// entropy returns -ln of the largest p^a·(1-p)^b.
func entropy(a, b float64) float64 {
	e := 0.0
	for _, x := range [...]float64{a, b} {
		if x > 0 {
			e -= x * math.Log(x/(a+b))
		}
	}
	return e
}

// set makes this the bound at jitter j. most is the number of intervals in the fullest window.
func (b *sleepCeiling) set(c *intervals, j float64, most int) {
	b.most = float64(most)
	all := float64(len(c.x) - 1 + c.zeros)
	var in [2 * (maxMultiple + 1)]float64
	for k := range b.gains {
		in[2*k] = math.Max(1, math.Min(float64(k)*b.most, all))
		in[2*k+1] = math.Max(1, all-in[2*k])
	}
	logs := in
	lanes.Logs(logs[:], in[:])
	whole := all * math.Log(all)
	each := math.Log((1 + ceilingTick + j) / (2 * j) / outlierPeak)
	b.gains[0] = 0
	before := 0.0
	for k := 1; k <= maxMultiple; k++ {
		spread := in[2*k]*logs[2*k] + in[2*k+1]*logs[2*k+1] - whole
		b.gains[k] = math.Max(b.gains[k-1], in[2*k]*each+b.most*windowPrices[k-1]+math.Max(before, spread))
		before = spread
	}
}

// of returns the bound for the period x[i], +Inf where there is none.
func (b *sleepCeiling) of(c *intervals, i int, j float64) float64 {
	t := c.x[i]
	half := j*t + c.tick/2
	from, to := c.between(t-half, t+half)
	if float64(to-from) > b.most || c.tick > ceilingTick*t {
		return math.Inf(1)
	}
	shorter := math.Abs(c.sums[from] - float64(from)*c.logs[i])
	others := float64(len(c.x) - 1)
	windows := min(maxMultiple, int(math.Ceil((others-float64(from))/b.most)))
	return b.gains[windows] - others*math.Log(c.density/outlierPeak) - shorter/2
}

// longerThan returns how many intervals, together with what a stamp's rounding takes off them,
// may be longer than t.
func (c *intervals) longerThan(t float64) int { return len(c.x) - below(c.x, t*(1-1e-9)-c.tick/2) }
