// Package rita computes the beacon score of RITA v5, for comparison.
package rita

import (
	"math"
	"slices"
)

// Score is RITA v5's beacon score and its four parts, each 0 to 1.
type Score struct {
	Total, TS, DS, Dur, Hist float64
	Eligible                 bool // RITA would score this pair at all
}

// RITA's constants.
const (
	minTimes   = 4      // fewest whole-second timestamps of an eligible pair
	maxFlows   = 86_400 // a pair of so many flows is a strobe, not a beacon
	binCount   = 24
	daySeconds = 86_400 // seconds that the histogram looks back
	minBars    = 11     // fewest filled bins of a bimodal histogram
	idealRun   = 12     // run of filled bins that counts as lasting
	durBars    = 6      // fewest filled bins that have a duration
	modeWidth  = 0.05   // width of a mode, as a share of the fullest bin
)

// Compute returns RITA v5's beacon score: a quarter each for the regularity of
// intervals, of sizes, for how long the calls last and how evenly they fill the log's
// last day. times are ns since the epoch, sorted or not; sizes are the IP bytes that
// the source sent, in the same order, nil where unknown (then DS is 0); logMin and
// logMax the first and last times of the log in ns. Flows before the hour in which the
// log's last day begins don't count. An ineligible pair scores 0.
//
// Source: the formulas of activecm/rita v5, analysis/beacons.go, restated. That older
// flows don't count shows in its scores of a three-day log.
func Compute(times, sizes []int64, logMin, logMax int64) Score {
	if len(times) < minTimes {
		return Score{}
	}
	if from := firstHour(logMax); logMin < from {
		times, sizes = since(from, times, sizes)
	}
	var small [3 * 128]int64
	scratch := small[:0]
	if n := len(times); 2*n+len(sizes) > cap(scratch) {
		if n >= maxFlows {
			return Score{}
		}
		scratch = make([]int64, 0, 2*n+len(sizes))
	}
	secs := scratch[:len(times)]
	for i, t := range times {
		secs[i] = floorSecond(t)
	}
	if !slices.IsSorted(secs) {
		slices.Sort(secs)
	}
	deltas := scratch[len(times):len(times)]
	for i := 1; i < len(secs); i++ {
		if d := secs[i] - secs[i-1]; d != 0 {
			deltas = append(deltas, d)
		}
	}
	if len(deltas)+1 < minTimes || len(times) >= maxFlows {
		return Score{}
	}
	s := Score{Eligible: true}
	slices.Sort(deltas)
	s.TS = steadiness(deltas, 1)
	if len(sizes) >= 3 {
		sorted := append(scratch[2*len(times):2*len(times)], sizes...)
		slices.Sort(sorted)
		s.DS = steadiness(sorted, 0)
	}
	s.Hist, s.Dur = histogram(secs, floorSecond(logMin), floorSecond(logMax))
	s.Total = round3(0.25*s.TS + 0.25*s.DS + 0.25*s.Dur + 0.25*s.Hist)
	return s
}

// firstHour returns the hour, in ns, in which the last day before logMax begins.
func firstHour(logMax int64) int64 {
	first := floorSecond(logMax) - daySeconds
	return (first - ((first%3600)+3600)%3600) * 1e9
}

// since returns the flows from a time on.
func since(from int64, times, sizes []int64) (t, s []int64) {
	early := func(x int64) bool { return x < from }
	if !slices.ContainsFunc(times, early) {
		return times, sizes
	}
	for i, x := range times {
		if early(x) {
			continue
		}
		t = append(t, x)
		if i < len(sizes) {
			s = append(s, sizes[i])
		}
	}
	return t, s
}

func floorSecond(ns int64) int64 {
	s := ns / 1e9
	if ns%1e9 < 0 {
		s--
	}
	return s
}

func round3(x float64) float64  { return math.Round(x*1000) / 1000 }
func roundUp(x float64) float64 { return math.Ceil(x*1000) / 1000 }

// steadiness returns the mean of 1-|Bowley's skewness| and of the closeness of the
// values to their median; fallback stands for the latter where the median is below 1.
// sorted has 3 values or more.
func steadiness(sorted []int64, fallback float64) float64 {
	n := len(sorted)
	q2 := medianOf(sorted)
	q1, q3 := medianOf(sorted[:n/2]), medianOf(sorted[(n+1)/2:])
	skew := 0.0
	if den := q3 - q1; den >= 10 && q2 != q1 && q2 != q3 {
		skew = (q1 + q3 - 2*q2) / den
	}
	closeness := fallback
	if q2 >= 1 {
		closeness = (q2 - medianDeviation(sorted, q2)) / q2
	}
	if closeness < 0 || math.IsNaN(closeness) {
		closeness = 0
	}
	return round3((1 - math.Abs(skew) + closeness) / 2)
}

// medianOf returns the median of sorted values, the mean of the middle two of an even
// count.
func medianOf(sorted []int64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return float64(sorted[n/2])
	}
	return (float64(sorted[n/2-1]) + float64(sorted[n/2])) / 2
}

// medianDeviation returns the median of |v-m| over sorted values of median m. It
// walks out from the middle instead of sorting the deviations.
func medianDeviation(sorted []int64, m float64) float64 {
	n := len(sorted)
	low, high := (n-1)/2, (n-1)/2+1
	var previous, d float64
	for range n/2 + 1 {
		previous = d
		if high >= n || low >= 0 && m-float64(sorted[low]) <= float64(sorted[high])-m {
			d = math.Abs(m - float64(sorted[low]))
			low--
		} else {
			d = math.Abs(float64(sorted[high]) - m)
			high++
		}
	}
	if n%2 == 1 {
		return d
	}
	return (previous + d) / 2
}

// histogram scores how evenly, and for how long, the times fill the last day of
// the log. All are whole seconds, secs ascending.
func histogram(secs []int64, logMin, logMax int64) (hist, dur float64) {
	logMin = max(logMin, logMax-daySeconds)
	length := logMax - logMin
	if length <= 0 {
		return 0, 0
	}
	var bins [binCount]int
	step := float64(length) / binCount
	for _, t := range secs {
		k := int(float64(t-logMin) / step)
		bins[min(max(k, 0), binCount-1)]++
	}
	bars, fullest := 0, 0
	for _, b := range bins {
		fullest = max(fullest, b)
		if b > 0 {
			bars++
		}
	}
	mean := float64(len(secs)) / binCount
	variance := 0.0
	for _, b := range bins {
		variance += (float64(b) - mean) * (float64(b) - mean)
	}
	even := 0.0
	if cv := math.Sqrt(variance/binCount) / mean; cv <= 1 {
		even = round3(1 - cv)
	}
	hist = math.Max(even, bimodal(bins, bars, fullest))
	if bars >= durBars {
		covered := float64(secs[len(secs)-1]-secs[0]) / float64(length)
		run := float64(longestRun(bins)) / idealRun
		dur = math.Max(math.Min(1, roundUp(covered)), math.Min(1, roundUp(run)))
	}
	return hist, dur
}

// bimodal returns the share of filled bins that the two commonest heights hold.
func bimodal(bins [binCount]int, bars, fullest int) float64 {
	if bars < minBars {
		return 0
	}
	size := int(math.Ceil(float64(fullest) * modeWidth))
	var modes [int(1/modeWidth) + 1]int
	for _, b := range bins {
		if b > 0 {
			modes[b/size]++
		}
	}
	slices.Sort(modes[:])
	two := modes[len(modes)-1] + modes[len(modes)-2]
	return math.Min(1, round3(float64(two)/float64(max(bars-1, 1))))
}

// longestRun returns the length of the longest run of filled bins, the last bin
// being followed by the first.
func longestRun(bins [binCount]int) int {
	run, longest := 0, 0
	for i := range 2 * binCount {
		if bins[i%binCount] == 0 {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return min(longest, binCount)
}
