package beacon

import "math"

// regime is a stretch of a series in which one rhythm holds.
type regime struct {
	from, to int // calls [from, to)
	fit      sleepFit
}

const (
	regimeCalls  = 8      // fewest calls of a regime
	regimeMost   = 50_000 // most calls of a series that is cut; a busier one is judged whole
	regimeSplits = 6      // most cuts of a series
	regimeGain   = 12     // fall of the log-likelihood that makes a cut worth a look
)

// regimes cuts the series where the pace of its calls changes and weighs each
// stretch as a series of its own, the choice of the stretch's ends being paid for. It
// returns the stretches that keep a rhythm, in the order of time; none where the
// pace never changes.
func (c *calls) regimes(low, high float64) []regime {
	n := len(c.times)
	if n < 2*regimeCalls || n > regimeMost {
		return nil
	}
	sums, squares := make([]float64, n), make([]float64, n) // over ln of the intervals in order of time
	for i := 1; i < n; i++ {
		l := math.Log(float64(c.times[i] - c.times[i-1]))
		sums[i], squares[i] = sums[i-1]+l, squares[i-1]+l*l
	}
	cuts := []int{0, n - 1}
	for len(cuts) < regimeSplits+2 {
		bestGain, bestAt, bestSeg := float64(regimeGain), 0, 0
		for s := 0; s+1 < len(cuts); s++ {
			if gain, at := bestCut(sums, squares, cuts[s], cuts[s+1]); gain > bestGain {
				bestGain, bestAt, bestSeg = gain, at, s
			}
		}
		if bestAt == 0 {
			break
		}
		cuts = append(cuts[:bestSeg+1], append([]int{bestAt}, cuts[bestSeg+1:]...)...)
	}
	if len(cuts) == 2 {
		return nil
	}
	var found []regime
	price := 2 * math.Log(float64(n))
	for s := 0; s+1 < len(cuts); s++ {
		from, to := cuts[s], cuts[s+1]+1
		if to-from < regimeCalls {
			continue
		}
		part := newCalls(c.times[from:to], 0, c.tick)
		part.density = c.density
		fit := part.bestSleep(low, math.Min(high, float64(c.times[to-1]-c.times[from])/3))
		if fit.logE -= price; fit.logE > 0 {
			found = append(found, regime{from, to, fit})
		}
	}
	return found
}

// bestCut returns the cut of intervals (from, to] that lowers the normal
// log-likelihood's deviance most: prefix sums of the values and of their squares.
func bestCut(sums, squares []float64, from, to int) (gain float64, at int) {
	spread := func(a, b int) float64 {
		m := float64(b - a)
		s := sums[b] - sums[a]
		return m * math.Log(math.Max((squares[b]-squares[a]-s*s/m)/m, 1e-4))
	}
	if to-from < 2*regimeCalls {
		return 0, 0
	}
	whole := spread(from, to)
	for i := from + regimeCalls; i <= to-regimeCalls; i++ {
		if g := (whole - spread(from, i) - spread(i, to)) / 2; g > gain {
			gain, at = g, i
		}
	}
	return gain, at
}
