package rhythm

import (
	"math"
	"sort"
	"sync"

	"beacon/internal/stats"
)

// clockFit is the best explanation of a series by calls locked to a clock.
type clockFit struct {
	logE   float64 // ln of the evidence against chance, trials paid for
	period float64 // ns
	n      int     // calls that were counted, one per quarter of a period
	r      float64 // length of the mean phase vector, 0 to 1
}

// concentrations are the values of von Mises' kappa tried: phases spread by
// about 1/sqrt(kappa) radians.
var concentrations = [...]float64{1, 4, 15, 60, 300, 3000}

// normalizers are ln I0 of the concentrations.
var normalizers = func() (ns [len(concentrations)]float64) {
	for i, k := range concentrations {
		ns[i] = stats.LogBesselI0(k)
	}
	return ns
}()

// testClock looks for a period whose phase holds: event-time periodogram for the
// candidates, then the likelihood of the phases under a von Mises distribution of
// unknown mean over the uniform one of any smooth null. Like testSleep's it is an
// e-value; a period is charged for the cycles it makes in the span, that many
// periods as good being there. A fit whose evidence is surely no higher than 0 may be left out.
func (c *intervals) testClock(minPeriod, maxPeriod float64) clockFit {
	best := clockFit{logE: math.Inf(-1)}
	n := len(c.times)
	if n < 5 {
		return best
	}
	span := float64(c.times[n-1] - c.times[0])
	maxPeriod = math.Min(maxPeriod, span/5)
	minPeriod = math.Max(minPeriod, 4*c.tick)
	if minPeriod > maxPeriod {
		return best
	}
	better := func(f clockFit) {
		if f.logE > best.logE && f.period >= minPeriod && f.period <= maxPeriod {
			best = f
		}
	}
	if n < 40 {
		c.clockCandidates(func(period float64) {
			if period >= minPeriod && period <= maxPeriod {
				c.weighClock(span/period, 0, 1, span, better)
			}
		})
	}
	if n >= 32 {
		maxCycles := math.Min(span/minPeriod, 8*float64(n)+100)
		for _, p := range stats.Periodogram(c.times, span/maxPeriod, maxCycles, 1<<14, 4) {
			if first := p.Cycles - 0.3; p.Power >= 5 && c.clockCeiling(first, 0.1, span) > math.Max(0, best.logE) {
				c.weighClock(first, 0.1, clockSteps, span, better)
			}
		}
	}
	return best
}

// clockCandidates offers the periods of which the shortest interval is a whole
// multiple, sharpened on ever longer intervals: few calls can only show a lattice that
// is exact.
func (c *intervals) clockCandidates(try func(period float64)) {
	for k := 1; k <= 40; k += latticesAtOnce {
		var tried [latticesAtOnce]lattice
		for i := range tried {
			tried[i].period = c.x[0] / float64(k+i)
		}
		seen, kept := 0, 0
		for ; seen < len(c.x) && 4*(seen-kept) <= len(c.x); seen++ {
			kept = 0
			for i := range tried {
				tried[i].see(c.x[seen])
				kept = max(kept, tried[i].kept)
			}
		}
		for i := range tried {
			if 4*(seen-tried[i].kept) > len(c.x) { // half of them stray by chance
				continue
			}
			period := tried[i].period
			first := c.times[0]
			for _, t := range c.times {
				x := float64(t - first)
				if m := math.Floor(x/period + 0.5); m > 0 && math.Abs(x-m*period) < 0.25*period {
					period += (x - m*period) / m / 2
				}
			}
			try(period)
		}
	}
}

// latticesAtOnce is how many periods clockCandidates tries at a time: each division waits for the
// one before, but not for those of other periods.
const latticesAtOnce = 4

// lattice is a period that intervals may be whole multiples of.
type lattice struct {
	period float64
	kept   int // intervals that are
}

// see sharpens the period on an interval that is no shorter than it and those before. No branch
// depends on whether the interval strays, which can't be predicted.
func (l *lattice) see(x float64) {
	m := math.Floor(x/l.period + 0.5)
	d := x - m*l.period
	near := int64(math.Float64bits(math.Abs(d)-0.25*l.period)) >> 63 // all bits, or none
	l.period += math.Float64frombits(math.Float64bits(d/m) & uint64(near))
	l.kept -= int(near)
}

// weighClock weighs a row of steps periods, the first of so many cycles over the span,
// the next of step more. Of calls within a quarter of a period only the first counts:
// a burst has one phase, and says it once.
//
// Note: from one period to the next a call's phase turns by a fixed angle, so that two
// sines do for all of them; one for each took three times as long. Giving a period up at the
// call from which on its vectors have lost too much took 1.5% off judging the pairs of an office:
// that wasn't kept.
func (c *intervals) weighClock(cycles, step float64, steps int, span float64, weighed func(clockFit)) {
	var sums [clockSteps]complex128
	n := 0
	last := c.times[0]
	middle := span / (cycles + step*float64(steps/2))
	for i, t := range c.times {
		if i > 0 && float64(t-last) < middle/4 {
			continue
		}
		last = t
		n++
		x := float64(t-c.times[0]) / span
		at, turn := unit(x*cycles), complex(1, 0)
		if steps > 1 {
			turn = unit(x * step)
		}
		for k := range sums[:steps] {
			sums[k] += at
			at *= turn
		}
	}
	for k, sum := range sums[:steps] {
		r := math.Hypot(real(sum), imag(sum))
		weighed(c.clockEvidence(n, r, span/(cycles+step*float64(k)), span))
	}
}

// clockSteps is how many periods weighClock weighs in a row, at most.
const clockSteps = 7

// clockCeiling bounds from above the evidence of clockSteps periods, as weighClock finds it, with
// the directions of a circle in place of each call's own: the vectors sum up to that much less
// or more at most.
//
// Note: nearly all series have a few peaks by chance, which this tells in a third of
// weighClock's time.
func (c *intervals) clockCeiling(cycles, step, span float64) float64 {
	var x, y [clockSteps]float64
	n := 0
	last := c.times[0]
	middle := span / (cycles + step*float64(clockSteps/2))
	circle := directions()
	const turn = 1 << 32 // a phase is its lower 32 bits
	first, more := cycles/span*turn, step/span*turn
	for i, t := range c.times {
		if i > 0 && float64(t-last) < middle/4 {
			continue
		}
		last = t
		n++
		at := float64(t - c.times[0])
		phase, turns := uint32(int64(at*first)), uint32(int64(at*more))
		for k := range x {
			d := &circle[phase>>(32-directionBits)]
			x[k], y[k] = x[k]+d[0], y[k]+d[1]
			phase += turns
		}
	}
	best := math.Inf(-1)
	for k := range x {
		r := math.Min(float64(n), math.Hypot(x[k], y[k])+float64(n)*directionError)
		best = math.Max(best, c.clockEvidence(n, r, span/(cycles+step*float64(k)), span).logE)
	}
	return best + clockRounding
}

const (
	directionBits  = 10
	directionError = math.Pi/(1<<directionBits) + 1e-6 // of half a sector, and rounding
	clockRounding  = 1e-6                              // ln I0 is known to 2e-7
)

// directions returns the points of the unit circle in the middle of each sector.
var directions = sync.OnceValue(func() *[1 << directionBits][2]float64 {
	var table [1 << directionBits][2]float64
	for k := range table {
		d := unit((float64(k) + 0.5) / (1 << directionBits))
		table[k] = [2]float64{real(d), imag(d)}
	}
	return &table
})

// unit is the point of the unit circle that so many turns lead to.
func unit(turns float64) complex128 {
	sin, cos := math.Sincos(2 * math.Pi * (turns - math.Floor(turns)))
	return complex(cos, sin)
}

// clockEvidence is the evidence that n calls whose phase vectors sum up to a length of
// r are locked to this period.
func (c *intervals) clockEvidence(n int, r, period, span float64) clockFit {
	f := clockFit{period: period, n: n, r: r / float64(n), logE: math.Inf(-1)}
	// Stamps that are rounded can't show a sharper phase than their tick; up to 6/w²
	// the sum over the ticks of a period stays within 7% of von Mises' integral.
	// Note: at 1/w², none of the signals of 600 s with 95% of the calls omitted were
	// found; at 6/w² it is 0.64.
	levels := len(concentrations)
	if w := 2 * math.Pi * c.tick / period; w > 0 {
		for levels > 1 && concentrations[levels-1] > 6/(w*w) {
			levels--
		}
	}
	// Half of the prior goes to the sharpest level, the rest is shared.
	for i, k := range concentrations[:levels] {
		if k*r-float64(n)*normalizers[i] < f.logE { // ln I0(x) is at most x
			continue
		}
		e := stats.LogBesselI0(k*r) - float64(n)*normalizers[i] - math.Ln2
		if i < levels-1 {
			e -= math.Log(float64(levels - 1))
		}
		f.logE = math.Max(f.logE, e)
	}
	cycles := span / period
	trials := 2 * cycles * math.Log(64*float64(len(c.times)))
	if p := RoundPeriod(period, span); p > 0 {
		f.period = p
		trials = math.Min(trials, float64(len(roundPeriods)))
	}
	f.logE -= math.Log(2 * trials)
	return f
}

// roundPeriods are the periods that people type into a scheduler, in ns. They get
// half of the prior of testClock.
var roundPeriods = func() (ps []float64) {
	for _, s := range [...]float64{
		1, 2, 5, 10, 15, 20, 30, 60, 2 * 60, 3 * 60, 5 * 60, 10 * 60, 15 * 60, 20 * 60, 30 * 60,
		3600, 2 * 3600, 3 * 3600, 4 * 3600, 6 * 3600, 8 * 3600, 12 * 3600,
	} {
		ps = append(ps, s*1e9)
	}
	return ps
}()

// RoundWithin tells whether a period that people type lies between low and high, in ns.
func RoundWithin(low, high float64) bool {
	i := sort.SearchFloat64s(roundPeriods, low)
	return i < len(roundPeriods) && roundPeriods[i] <= high
}

// RoundPeriod returns the period that people type into a scheduler, like 5 min or 1 h,
// that can't be told from this one within the span; 0 if there is none. All are in ns.
func RoundPeriod(period, span float64) float64 {
	i := sort.SearchFloat64s(roundPeriods, period)
	for _, k := range [...]int{i - 1, i} {
		if k < 0 || k >= len(roundPeriods) {
			continue
		}
		if p := roundPeriods[k]; math.Abs(span/p-span/period) < 0.25 {
			return p
		}
	}
	return 0
}
