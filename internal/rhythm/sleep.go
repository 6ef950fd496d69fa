package rhythm

import (
	"math"
	"sort"

	"beacon/internal/stats"
)

// sleepFit is the best explanation of a series by a sleeping beacon.
type sleepFit struct {
	logE   float64 // ln of the evidence against chance, trials paid for
	period float64 // ns
	jitter float64 // the level of J that fitted best
	hits   int     // intervals of one period
	misses int     // calls missing in intervals of several periods
	multi  int     // intervals of several periods
	other  int     // intervals that don't fit
}

// jitterLevels are the values of J tried.
var jitterLevels = [...]float64{0.001, 0.003, 0.01, 0.03, 0.07, 0.12, 0.2, 0.35, 0.55, 0.75}

const (
	outlierPeak = 0.25 // peak density of outliers, per e-fold: it falls with the square root of their length
	maxMultiple = 32   // longest run of missed calls looked for
	mostPeriods = 12   // most periods that the commonest interval may be...
	sharpLevel  = 0.01 // ...of a jitter up to this; three of a wider one...
	wideLevel   = 0.2  // ...below this, and one from here on
)

// testSleep weighs the intervals against a sleeping beacon of T*(1±J) that misses calls.
// It returns the strongest fit and leaves the best one of each level of jitter in levels,
// and its fullest window in clusters. Fits whose evidence is surely below floor may be left out.
// The evidence is an e-value: the likelihood of the intervals under the beacon over the
// largest that any null of bounded density could give them, the share of outliers and the
// rate of misses being integrated out under Jeffreys' prior. Where the clock is coarse,
// intervals of no tick count as outliers that the null explains perfectly.
//
// By Markov's inequality 1/E is a p-value for one period and one level (Vovk and Wang,
// 2021). The best of n periods and ten levels isn't charged for the choice: the bound is so
// loose that 1/E is a p-value as it stands. In 600,000 simulated series of 4 to 16 calls
// P(logE > s) was at most 0.3·exp(-s) for s from 0 to 9 where the logarithm of the intervals
// is uniform at the bound's density, the worst case, and 0.1·exp(-s) where they are
// exponential. The scoreboard's calibration tables hold whole judgements to that.
func (c *intervals) testSleep(minPeriod, maxPeriod, floor float64) sleepFit {
	best := sleepFit{logE: math.Inf(-1)}
	n := len(c.x)
	if n < 2 {
		return best
	}
	for level, j := range jitterLevels {
		c.levels[level] = sleepFit{logE: math.Inf(-1)}
		c.clusters[level].at, c.clusters[level].count = fullest(c.x, c.tick, j, minPeriod, maxPeriod)
		i := c.middle(c.clusters[level])
		if i < 0 {
			continue
		}
		bounded := n >= ceilingLeast && j <= wideLevel && floor > math.Inf(-1)
		var ceiling sleepCeiling
		if bounded {
			ceiling.set(c, j, max(c.clusters[level].count, c.longerThan(maxPeriod*(1-j))))
		}
		// Where calls are missed, several periods can be commoner than one. Of many, only
		// those are tried that some intervals are as long as.
		for k, last := 1, -1; k <= 3 && (k == 1 || j < wideLevel) || k <= mostPeriods && j <= sharpLevel; k++ {
			t := c.x[i] / float64(k)
			if t < minPeriod || t*(1+j) < c.x[0] {
				break
			}
			h := c.nearest(t)
			if h == last || c.x[h] < minPeriod || c.x[h] > maxPeriod {
				continue
			}
			if k > 3 {
				if from, to := c.between(t*(1-j)-c.tick, t*(1+j)+c.tick); to-from < 2 {
					continue
				}
			}
			last = h
			if bounded && ceiling.of(c, h, j) < floor-ceilingMargin {
				continue
			}
			if f := c.weighSleep(h, j); f.logE > c.levels[level].logE {
				c.levels[level] = f
			}
		}
		if c.levels[level].logE > best.logE {
			best = c.levels[level]
		}
	}
	return best
}

// oneTick is how much likelier an interval of one tick is than the density of the
// continuous interval there says: the integral of (1-|x-1|)/x over 0 to 2, as a stamp
// that is cut off turns x ticks into one with probability 1-|x-1|.
const oneTick = 2 * math.Ln2

// cluster is the fullest window of a level of jitter: the index of its first interval, and
// how many they are.
type cluster struct{ at, count int }

// middle returns the index of the interval nearest to the middle of a cluster of
// intervals, -1 of fewer than two.
func (c *intervals) middle(k cluster) int {
	if k.count < 2 {
		return -1
	}
	return c.nearest((c.x[k.at] + c.x[k.at+k.count-1]) / 2)
}

// fullest finds the fullest window T*(1±j) of ascending intervals x: the index of its
// first one, and how many they are. Of equally full ones the narrowest counts, then
// the first. Intervals and periods are in ns, and so is the tick that they are rounded
// to.
//
// Note: the count only ever grows, so that one look at the interval that a fuller
// window would have to reach is enough for each window. Two indices that follow the
// window's ends took five times as long. A few windows are looked at first, so that nearly
// all others are found to hold fewer: without them the count grew by one from window to
// window, which took four times as long. A first look at where the next narrower window is fullest
// took nothing off.
func fullest(x []float64, tick, j, minPeriod, maxPeriod float64) (at, count int) {
	half := tick / 2
	from := sort.Search(len(x), func(i int) bool { return (x[i]+half)/(1-j) >= minPeriod })
	to := from + sort.Search(len(x)-from, func(i int) bool { return (x[from+i]+half)/(1-j) > maxPeriod })
	ratio := (1 + j) / (1 - j)
	width := math.Inf(1)
	if to-from >= glanceLeast {
		for k := range glances {
			i := from + (to-from)*k/glances
			count = max(count, upTo(x[i:], (x[i]+half)*ratio+half))
		}
	}
	for i := from; ; i++ {
		most := min(to, len(x)-max(count, 1)+1) - i // windows from here on that may hold so many
		n := short(x[i:], max(count, 1), most, ratio, half)
		if n >= most {
			return at, count
		}
		i += n
		reach := (x[i]+half)*ratio + half
		if i+count < len(x) && x[i+count] <= reach {
			for i+count < len(x) && x[i+count] <= reach {
				count++
			}
		} else if x[i+count-1]-x[i] >= width {
			continue
		}
		at, width = i, x[i+count-1]-x[i]
	}
}

// The windows that fullest looks at first, of glanceLeast intervals or more.
const (
	glances     = 16
	glanceLeast = 128
)

// short returns how many of the first most windows hold fewer than count intervals, up to
// the first that holds as many.
//
// Note: of wide windows, whole runs lack some intervals, and a search finds the end of such a
// run: that was no faster than looking at each window.
func short(x []float64, count, most int, ratio, half float64) int {
	if most <= 0 {
		return 0
	}
	firsts := x[:most]
	lasts := x[count-1:][:len(firsts)]
	for i, first := range firsts {
		if lasts[i] <= (first+half)*ratio+half {
			return i
		}
	}
	return most
}

var (
	logOutlier  = math.Log(outlierPeak)
	logBetaHalf = stats.LogBeta(0.5, 0.5) // of Jeffreys' prior
)

// weighSleep returns the evidence of a beacon whose period is interval i, that one
// being left out, before its share of the prior is paid for.
func (c *intervals) weighSleep(i int, j float64) sleepFit {
	n := len(c.x)
	t := c.x[i]
	logT := c.logs[i]
	logC := math.Log(c.density)
	f := sleepFit{period: t, jitter: j, other: c.zeros}
	gain := 0.0
	seen := 0 // first interval above the regions done so far
	edge := 0.0
	outer := func(from, to int) { // intervals of no region
		m := to - from
		if m <= 0 {
			return
		}
		d := c.sums[to] - c.sums[from] - float64(m)*logT
		if c.x[to-1] > t && c.x[from] < t { // straddles, split at t
			k := sort.SearchFloat64s(c.x[from:to], t) + from
			d = (c.sums[to] - c.sums[k] - float64(to-k)*logT) - (c.sums[k] - c.sums[from] - float64(k-from)*logT)
		}
		gain += float64(m)*(logOutlier-logC) - math.Abs(d)/2
		f.other += m
	}
	for k := 1; k <= maxMultiple && seen < n; k++ {
		center, half := float64(k)*t, math.Sqrt(float64(k))*j*t+c.tick/2
		lo, hi := center-half, center+half
		if lo <= edge {
			lo = edge
			if k > 4 {
				break
			}
		}
		width := hi - lo
		if c.tick > width/20 {
			width = math.Max(1, math.Floor(hi/c.tick)-math.Ceil(lo/c.tick)+1) * c.tick
			if c.zeros > 0 && lo < c.tick {
				width *= oneTick
			}
		}
		from, to := c.betweenFrom(seen, lo, hi)
		outer(seen, from)
		m, sum := to-from, c.sums[to]-c.sums[from]
		if k == 1 {
			m--
			sum -= logT
			f.hits += m
		} else {
			f.multi += m
			f.misses += m * (k - 1)
		}
		if m != 0 {
			gain += sum - float64(m)*(logC+math.Log(width))
		}
		seen = to
		edge = hi
	}
	outer(seen, n)
	comb := float64(f.hits + f.multi)
	f.logE = gain +
		stats.LogBeta(comb+0.5, float64(f.other)+0.5) - logBetaHalf +
		stats.LogBeta(float64(f.misses)+0.5, comb+0.5) - logBetaHalf
	f.hits++
	return f
}
