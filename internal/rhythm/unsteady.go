package rhythm

import (
	"math"
	"time"

	"beacon/internal/stats/lanes"
)

// Unsteadiness returns the mean of |ln(a/b)| over neighbouring waits a and b between
// calls, less gap; waits up to gap lie within a call. times are ascending. It is 2·ln 2 for a
// process without memory, whatever its rate and the gap, for ln(a/b) is logistic then;
// more for bursts. It is that, too, of fewer than ten waits.
func Unsteadiness(times []int64, gap time.Duration) float64 {
	sum, n := 0.0, 0
	last, before := 0.0, int64(math.MinInt64)
	var room [128]float64
	waits := room[:0] // past the gap, and then their logarithms
	add := func() {
		lanes.Logs(waits, waits)
		for _, l := range waits {
			if n++; n > 1 {
				sum += math.Abs(l - last)
			}
			last = l
		}
		waits = room[:0]
	}
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
		if waits = append(waits, float64(wait-int64(gap))); len(waits) == len(room) {
			add()
		}
	}
	if add(); n < 10 {
		return 2 * math.Ln2
	}
	return sum / float64(n-1)
}
