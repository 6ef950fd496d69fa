package rhythm

import (
	"math"
	"slices"
	"sort"
	"time"

	"beacon/internal/stats"
	"beacon/internal/stats/lanes"
)

// intervals holds a series of calls and the intervals between them, in the forms that
// the tests use. It can be set to another series without allocating again.
type intervals struct {
	times    []int64                     // ns, ascending, no two equal
	zeros    int                         // flows that share their stamp with another where so coarse a clock makes that happen by chance
	gap      float64                     // flows nearer than this were taken for one call, ns; 0: none but simultaneous ones
	tick     float64                     // resolution of the stamps, ns
	x        []float64                   // intervals in ns, ascending
	logs     []float64                   // ln of x
	sums     []float64                   // sums[i] = Σ logs[:i]
	inTime   []float64                   // ln of the intervals in the order of time, see logsInTime
	waits    []int64                     // x as integers
	kept     []int64                     // backs times where some flows were dropped
	levels   [len(jitterLevels)]sleepFit // the best fit of testSleep at each level of jitter
	clusters [len(jitterLevels)]cluster  // likewise, its fullest window
	density  float64                     // bound on a null's density of ln x: see maxDensity
}

// Bounds on how sharply the waiting times of something that keeps no time can
// concentrate: the density of ln(interval), per e-fold. Exponential waits (Poisson)
// peak at 1/e = 0.37, log-normal ones of sigma 1 at 0.40, sessions mix several and lie
// lower. Waits from which shorter ones were taken away, by collapsing, peak higher:
// an exponential that begins at a third of its mean at 0.51.
const (
	maxDensity          = 0.42
	maxDensityCollapsed = 0.55
)

// newIntervals builds the series of calls from sorted times: see set.
func newIntervals(times []int64, gap, tick float64) intervals {
	var c intervals
	c.set(times, gap, tick)
	return c
}

// set makes this the series of calls of sorted times, flows within gap of the one
// before them being part of its call. It may keep times, and doesn't change them.
func (c *intervals) set(times []int64, gap, tick float64) {
	c.gap, c.tick, c.density = gap, tick, maxDensity
	if gap > 0 {
		c.density = maxDensityCollapsed
	}
	c.times, c.kept = distinct(times, gap, c.kept)
	c.zeros = 0
	c.inTime = c.inTime[:0]
	n := max(0, len(c.times)-1)
	c.waits = slices.Grow(c.waits[:0], n)[:n]
	c.x, c.logs = slices.Grow(c.x[:0], n)[:n], slices.Grow(c.logs[:0], n)[:n]
	c.sums = slices.Grow(c.sums[:0], n+1)[:n+1]
	for i := range c.waits {
		c.waits[i] = c.times[i+1] - c.times[i]
	}
	stats.Sort(c.waits)
	for i, w := range c.waits {
		c.x[i] = float64(w)
	}
	lanes.Logs(c.logs, c.x)
	sum := 0.0
	for i, l := range c.logs {
		sum += l
		c.sums[i+1] = sum
	}
	if n > 0 && gap == 0 && c.x[n/2] < coarseTicks*tick {
		c.zeros = len(times) - len(c.times)
	}
}

// logsInTime returns the logarithms of the intervals in the order of time.
func (c *intervals) logsInTime() []float64 {
	if n := len(c.x); len(c.inTime) < n {
		c.inTime = slices.Grow(c.inTime, n)[:n]
		for i := range c.inTime {
			c.inTime[i] = float64(c.times[i+1] - c.times[i])
		}
		lanes.Logs(c.inTime, c.inTime)
	}
	return c.inTime
}

// coarseTicks is the median interval, in ticks of the clock, below which calls often
// share a stamp by chance: 1 in 40 of a Poisson process does at this rate.
const coarseTicks = 20

// distinct returns the times that lie more than gap after the one before them: times
// itself where all do, otherwise a slice of buf, which is returned as well.
func distinct(times []int64, gap float64, buf []int64) (_, _ []int64) {
	from := 1
	for from < len(times) && float64(times[from]-times[from-1]) > gap {
		from++
	}
	if from >= len(times) {
		return times, buf
	}
	buf = append(buf[:0], times[:from]...)
	for i := from; i < len(times); i++ {
		if float64(times[i]-times[i-1]) > gap {
			buf = append(buf, times[i])
		}
	}
	return buf, buf
}

// between returns the index range of the intervals in [lo, hi].
func (c *intervals) between(lo, hi float64) (from, to int) { return c.betweenFrom(0, lo, hi) }

// betweenFrom is between in a series whose first intervals, up to start, don't count.
//
// Note: from one multiple of a period to the next it is a few intervals: steps of growing
// width reach them sooner than a search among all.
func (c *intervals) betweenFrom(start int, lo, hi float64) (from, to int) {
	from = start + below(c.x[start:], lo)
	return from, from + upTo(c.x[from:], hi)
}

// below returns how many of ascending values lie below a bound.
func below(values []float64, bound float64) int {
	from, to := 0, 4
	for to <= len(values) && values[to-1] < bound {
		from, to = to, to+2*(to-from)
	}
	to = min(to, len(values))
	for from < to {
		if middle := int(uint(from+to) / 2); values[middle] < bound {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return from
}

// upTo returns how many of ascending values are no higher than a bound.
func upTo(values []float64, bound float64) int {
	return below(values, math.Nextafter(bound, math.Inf(1)))
}

// resolution returns the coarsest of the usual ticks, in ns, that all times fall on.
func resolution(times []int64) float64 {
	ticks := [...]int64{60e9, 1e9, 1e8, 1e7, 1e6, 1e3, 1}
	k := 0
	for _, t := range times {
		for t%ticks[k] != 0 {
			k++
		}
	}
	return float64(ticks[k])
}

// maxGap is the longest wait within a call, in ns: a TCP stack gives up on a peer after
// 63 to 127 s.
const maxGap = 127e9

// maxRetries is the most flows that one call is taken to have.
const maxRetries = 20

// burstGap finds the valley between the waits within a call (retries, parallel
// connections) and the waits between calls: the length at which the intervals are
// emptiest over a factor of 4, or of 2.5 where they are so many that chance leaves no
// such hole. It returns 0 where there is no valley, or where what
// lies below it runs on for longer than the retries of a call: a beacon that pauses.
func (c *intervals) burstGap() float64 {
	x := c.x
	n := len(x)
	if n < 4 {
		return 0
	}
	hole := 4.0
	if n >= 100 {
		hole = 2.5
	}
	best, fewest := 0.0, n*3/100
	for g := x[0]; g <= maxGap && g*hole < x[n-1]; g *= 1.3 {
		below := sort.Search(n, func(i int) bool { return x[i] > g })
		inside := sort.Search(n-below, func(i int) bool { return x[below+i] > hole*g })
		if above := n - below - inside; above < max(3, n/maxRetries) {
			break
		}
		if inside <= fewest { // of equal holes the longest: short waits leave some by chance
			best, fewest = x[below-1], inside
		}
	}
	run := 0
	for i := 1; i < len(c.times); i++ {
		run++
		if float64(c.times[i]-c.times[i-1]) > best {
			run = 0
		}
		if run > maxRetries {
			return 0
		}
	}
	return best
}

// What a person's sessions look like beside a timer's runs: short, few clicks, and
// long silences between. An office-hours beacon runs for hours, and one that ran for
// an hour has one run.
const (
	sessionSilence = 6         // periods of silence part two runs
	sessionCalls   = 100       // calls of the longest session
	sessionLength  = time.Hour // and what it may last
)

// sessions is the number of runs that silences part, 0 where one of them is longer
// than a session.
func (c *intervals) sessions(period float64) int {
	runs, from := 1, 0
	for i := 1; i <= len(c.times); i++ {
		if i < len(c.times) && float64(c.times[i]-c.times[i-1]) <= sessionSilence*period {
			continue
		}
		if i-from > sessionCalls || c.times[i-1]-c.times[from] > int64(sessionLength) {
			return 0
		}
		if i < len(c.times) {
			runs++
			from = i
		}
	}
	return runs
}
