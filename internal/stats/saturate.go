package stats

import "math"

// AddCounts returns the sum of two counts that are not negative, or the greatest int64
// where that can't hold it.
func AddCounts(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}
