package stats

import "math"

// EvenP returns the probability that points thrown uniformly on an interval lie as
// evenly as these do, or more evenly: the lower tail of the Cramér-von Mises statistic.
// sorted are ascending points; the first and the last are taken as the ends of the
// interval, so that at least 8 are needed (fewer give 1). dead is the share of the
// time, 0 to 1, in which a point could not fall because it would have been merged with
// the one before it; merging evens a Poisson process out by (1-dead)².
//
// Calls that a clock orders are too even for chance long after their jitter has hidden
// every spectral line: k*T + noise stays within the noise of its place, where a
// Poisson process wanders off like a Brownian bridge.
//
// Source: for small x, P(W² < x) ~ (4/sqrt(2π))·exp(-1/(8x)), the first term of
// Anderson and Darling (1952), eq. 4.35. The 1/(12n) of the statistic is kept, which
// makes the result too large (safe) for few points.
func EvenP(sorted []int64, dead float64) float64 {
	n := len(sorted)
	if n < 8 || dead >= 1 {
		return 1
	}
	first := sorted[0]
	span := float64(sorted[n-1] - first)
	if span <= 0 {
		return 1
	}
	m := float64(n - 2)
	w := 1 / (12 * m)
	for i, t := range sorted[1 : n-1] {
		d := float64(t-first)/span - (float64(i)+0.5)/m
		w += d * d
	}
	w /= (1 - dead) * (1 - dead)
	return math.Min(1, 4/math.Sqrt(2*math.Pi)*math.Exp(-1/(8*w)))
}
