package rhythm

import (
	"math"
	"slices"

	"beacon/internal/stats/lanes"
)

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
	regimeSteady = 1.3    // most unsteadiness of a stretch of regimeSure calls that is weighed: of chance it is 1.39 ± 0.15
	regimeSure   = 64
	regimeZeros  = 20 // fewest calls for each that shares its stamp by chance: a stretch isn't charged for those
)

// regimes cuts the series where the pace of its calls changes and weighs each
// stretch as a series of its own, the choice of the stretch's ends being paid for. It
// returns the stretches that keep a rhythm, in the order of time; none where the
// pace never changes.
func (c *intervals) regimes(low, high float64, mem *scratch) []regime {
	if c.zeros*regimeZeros > len(c.times) {
		return nil
	}
	cuts := c.cuts(mem)
	if len(cuts) == 2 {
		return nil
	}
	var found []regime
	price := 2 * math.Log(float64(len(c.times)))
	part := &mem.part
	for s := 0; s+1 < len(cuts); s++ {
		from, to := cuts[s], cuts[s+1]+1
		if to-from < regimeCalls || to-from >= regimeSure && mem.unsteady(from, to) {
			continue
		}
		part.set(c.times[from:to], 0, c.tick)
		part.density = c.density
		fit := part.bestSleep(low, math.Min(high, float64(c.times[to-1]-c.times[from])/3), price)
		if fit.logE -= price; fit.logE > 0 {
			found = append(found, regime{from, to, fit})
		}
	}
	return found
}

// cuts returns the calls at which the pace changes, the first and the last call
// included, in the order of time.
func (c *intervals) cuts(mem *scratch) []int {
	n := len(c.times)
	if n < 2*regimeCalls || n > regimeMost {
		return []int{0, n - 1}
	}
	// Over the logarithms of the intervals, in the order of time.
	for _, list := range []*[]float64{&mem.sums, &mem.squares, &mem.steps} {
		*list = slices.Grow((*list)[:0], n)[:n]
	}
	sums, squares, steps := mem.sums, mem.squares, mem.steps
	logs := c.logsInTime()
	last := logs[0]
	var sum, square, step float64
	for i := range sums {
		sums[i], squares[i], steps[i] = sum, square, step
		if i < len(logs) {
			l := logs[i]
			sum, square, step = sum+l, square+l*l, step+math.Abs(l-last)
			last = l
		}
	}
	segments := []segment{newSegment(sums, squares, 0, n-1)}
	for len(segments) <= regimeSplits {
		best := 0
		for s := range segments {
			if segments[s].gain > segments[best].gain {
				best = s
			}
		}
		s := segments[best]
		if s.gain <= regimeGain {
			break
		}
		segments[best] = newSegment(sums, squares, s.from, s.cut)
		segments = slices.Insert(segments, best+1, newSegment(sums, squares, s.cut, s.to))
	}
	cuts := []int{0}
	for _, s := range segments {
		cuts = append(cuts, s.to)
	}
	return cuts
}

// unsteady tells whether the calls [from, to) of the series that was cut last are no
// steadier than chance: the mean of |ln(a/b)| over neighbouring intervals, see
// Unsteadiness.
//
// Note: without a look at it, every stretch of a busy service's day was weighed, which
// took a third of all judging.
func (mem *scratch) unsteady(from, to int) bool {
	return (mem.steps[to-1]-mem.steps[from+1])/float64(to-from-2) > regimeSteady
}

// segment is the intervals (from, to], and where a cut would lower the deviance of
// their normal log-likelihood most.
type segment struct {
	from, to int
	gain     float64 // by how much, 0 where no cut lowers it
	cut      int
}

// newSegment finds the segment's cut from the prefix sums of the values and of their
// squares: the best of a hundred or so, then the best of its neighbours.
func newSegment(sums, squares []float64, from, to int) segment {
	s := segment{from: from, to: to}
	variance := func(a, b int) float64 {
		m := float64(b - a)
		sum := sums[b] - sums[a]
		return math.Max((squares[b]-squares[a]-sum*sum/m)/m, 1e-4)
	}
	if to-from < 2*regimeCalls {
		return s
	}
	whole := float64(to-from) * math.Log(variance(from, to))
	try := func(first, last, step int) {
		first, last = max(first, from+regimeCalls), min(last, to-regimeCalls)
		for ; first <= last; first += segmentCuts * step {
			n := min(segmentCuts, (last-first)/step+1)
			var logs [2 * segmentCuts]float64 // of the variances on both sides of each cut
			for k := range n {
				i := first + k*step
				logs[2*k], logs[2*k+1] = variance(from, i), variance(i, to)
			}
			lanes.Logs(logs[:2*n], logs[:2*n])
			for k := range n {
				i := first + k*step
				if g := (whole - float64(i-from)*logs[2*k] - float64(to-i)*logs[2*k+1]) / 2; g > s.gain {
					s.gain, s.cut = g, i
				}
			}
		}
	}
	step := max(1, (to-from)/128)
	try(from, to, step)
	if step > 1 && s.gain > 0 {
		try(s.cut-step+1, s.cut+step-1, 1)
	}
	return s
}

// segmentCuts is how many cuts newSegment tries at a time.
const segmentCuts = 64
