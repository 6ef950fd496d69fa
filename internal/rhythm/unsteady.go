package rhythm

import (
	"math"
	"time"
)

// Unsteadiness returns the mean of |ln(a/b)| over neighbouring waits a and b between
// calls, less gap; waits up to gap lie within a call. times are ascending. It is 2·ln 2 for a
// process without memory, whatever its rate and the gap, for ln(a/b) is logistic then;
// more for bursts. It is that, too, of fewer than ten waits.
func Unsteadiness(times []int64, gap time.Duration) float64 {
	sum, n := 0.0, 0
	last, before := 0.0, int64(math.MinInt64)
	for _, t := range times {
		wait := t - before
		if before == math.MinInt64 {
			before = t
			continue
		}
		before = t
		if wait <= int64(gap) {
			continue
		}
		l := math.Log(float64(wait - int64(gap)))
		if n++; n > 1 {
			sum += math.Abs(l - last)
		}
		last = l
	}
	if n < 10 {
		return 2 * math.Ln2
	}
	return sum / float64(n-1)
}
