package rhythm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// longSeries returns the times of hundreds or thousands of calls at random, some with a timer
// among them, on one of several clocks.
func longSeries(r *rand.Rand) (times []int64, tick float64) {
	tick = []float64{1, 1e3, 1e6, 1e9}[r.IntN(4)]
	spread, scale := 3*r.Float64(), math.Exp(18+8*r.Float64())
	timer, j := []float64{0, 0, .1, .5, .95}[r.IntN(5)], jitterLevels[r.IntN(len(jitterLevels))]
	period := math.Exp(21 + 4*r.Float64())
	at := 1.7e18
	for range 130 + r.IntN(2000)*r.IntN(3) {
		wait := scale * r.ExpFloat64() * math.Exp(spread*r.NormFloat64())
		if r.Float64() < timer {
			wait = period * (1 + j*(2*r.Float64()-1))
			for r.IntN(4) == 0 {
				wait += period * (1 + j*(2*r.Float64()-1))
			}
		}
		at += wait
		times = append(times, int64(math.Floor(at/tick)*tick))
	}
	return times, tick
}

// The bound lies above the evidence of every period, and what testSleep leaves out because of
// it has none.
func TestSleepCeiling(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	bounded, hopeless, least := 0, 0, math.Inf(1)
	for range 300 {
		times, tick := longSeries(r)
		c := newIntervals(times, 0, tick)
		c.density = []float64{maxDensity, maxDensityCollapsed, maxDensity * gammaPeaks[6]}[r.IntN(3)]
		n := len(c.x)
		if n < ceilingLeast {
			continue
		}
		low, high := 1e9, float64(times[len(times)-1]-times[0])/3
		if r.IntN(4) == 0 {
			high = c.x[n*3/4]
		}
		whole := c.testSleep(low, high, math.Inf(-1))
		clusters := c.clusters
		for _, floor := range []float64{0, 15} {
			if f := c.testSleep(low, high, floor); whole.logE >= floor {
				require.Equal(t, whole, f)
			} else {
				require.Less(t, f.logE, floor)
			}
			require.Equal(t, clusters, c.clusters)
		}
		for level, j := range jitterLevels {
			if j > wideLevel || c.clusters[level].count == 0 {
				continue
			}
			var b sleepCeiling
			b.set(&c, j, max(c.clusters[level].count, c.longerThan(high*(1-j))))
			for range 20 {
				i := r.IntN(n)
				if c.x[i] < low || c.x[i] > high {
					continue
				}
				bound, logE := b.of(&c, i, j), c.weighSleep(i, j).logE
				require.LessOrEqual(t, logE, bound+ceilingMargin/1e3, "period %v, jitter %v of %v, tick %v", c.x[i], j, c.x, tick)
				if least = min(least, bound-logE); !math.IsInf(bound, 1) {
					bounded++
				}
				if bound < -ceilingMargin {
					hopeless++
				}
			}
		}
	}
	t.Logf("%d bounds, %d of them below 0; the closest is %.2f above the evidence", bounded, hopeless, least)
	require.Greater(t, hopeless, bounded/3)
}

// The windows at the lowest multiples are those with the highest bound: no other choice of as
// many windows has a higher one.
func TestWindowPrices(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		windows := r.Perm(maxMultiple)[:1+r.IntN(maxMultiple)]
		slices.Sort(windows)
		logs, missed := 0.0, 0.0
		for _, k := range windows {
			logs += math.Log(float64(k+1)) / 2
			missed += float64(k)
		}
		require.LessOrEqual(t, logs-entropy(float64(len(windows)), missed), windowPrices[len(windows)]+1e-9)
	}
}
