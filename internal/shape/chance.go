package shape

import (
	"math"

	"beacon/internal/stats"
)

// chance returns what n calls at random times of the log would do to the total slots of
// a cycle: the number that they fill on average, and the probability that they fill need
// of them or more.
//
// The average is exact: the sum over slots of 1-(1-p)^n, where p is the slot's
// share of the log (for a log of whole cycles S*(1-(1-1/S)^n), the classical
// occupancy). The probability takes the slots for independent, which is the
// Poisson approximation to the coupon collector's problem (Feller, An
// Introduction to Probability Theory, volume 1, IV.2): for 60 slots it is
// within 0.05 of the exact value at every n.
func (s *span) chance(n int64, total, need int) (slots, all float64) {
	if n <= 0 || total <= 0 {
		return 0, 0
	}
	// fills[k] is the probability that k slots are filled, up to what's needed,
	// where the rest is kept together.
	fills := make([]float64, need+1)
	fills[0] = 1
	share, p := -1.0, 0.0 // most slots have the share of the one before
	for slot := range total {
		if of := s.slotShare(int64(slot), int64(total)); of != share {
			share, p = of, 1-math.Pow(1-of, float64(n))
		}
		slots += p
		fills[need] += fills[need-1] * p
		for k := need - 1; k > 0; k-- {
			fills[k] = fills[k]*(1-p) + fills[k-1]*p
		}
		fills[0] *= 1 - p
	}
	if n < int64(need) {
		return slots, 0
	}
	return slots, fills[need]
}

// missed returns the number of slots that another log, as long and with calls at the same
// rate, is expected to leave empty. The buckets with calls that a slot has are taken for the
// mean of a Poisson count: the calls of one bucket belong together, and the sum of
// expectations holds whether the slots depend on each other or not.
func missed(series *Series, slots int) (sum float64) {
	if slots <= 0 {
		return 0
	}
	active := make([]float64, slots)
	for _, c := range series.Counts {
		active[c.Index-stats.FloorDiv(c.Index, int64(slots))*int64(slots)]++
	}
	for _, n := range active {
		sum += math.Exp(-n)
	}
	return sum
}

// slotShare returns the share of the log's buckets that lie in a slot.
func (s *span) slotShare(slot, slots int64) float64 {
	before := func(t int64) int64 { return stats.FloorDiv(t-slot+slots-1, slots) }
	return float64(before(s.hi)-before(s.lo)) / float64(s.hi-s.lo)
}
