package shape

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/stats"
)

// plainRegularity looks at each pair of a run and another day.
func plainRegularity(s *span, set *runSet, midnight time.Duration) float64 {
	byDay := slices.Collect(chunkByDay(set.starts))
	pairs, like := 0, 0
	for _, own := range set.starts {
		for _, other := range byDay {
			d := other[0].day
			at := d*int64(day) + int64(midnight+own.phase)
			if d == own.day || at < s.first || at > s.last {
				continue
			}
			pairs++
			i, _ := slices.BinarySearchFunc(other, own.phase-Limits.StartTolerance, func(st start, p time.Duration) int { return cmp.Compare(st.phase, p) })
			if i < len(other) && other[i].phase <= own.phase+Limits.StartTolerance {
				like++
			}
		}
	}
	if pairs == 0 {
		return 0
	}
	return float64(like) / float64(pairs)
}

// chunkByDay is the starts of each day.
func chunkByDay(starts []start) func(func([]start) bool) {
	return func(yield func([]start) bool) {
		for i := 0; i < len(starts); {
			j := i + 1
			for j < len(starts) && starts[j].day == starts[i].day {
				j++
			}
			if !yield(starts[i:j]) {
				return
			}
			i = j
		}
	}
}

// The walk by time of day finds the same share as looking at each pair does.
func TestRegularityHeldToPairs(t *testing.T) {
	for seed := range uint64(300) {
		d := rand.New(rand.NewPCG(seed, 5))
		var at []int64
		for range 1 + d.IntN(60) {
			at = append(at, d.Int64N(int64(1+d.IntN(20))*int64(day)))
		}
		slices.Sort(at)
		midnight := time.Duration(d.Int64N(int64(day)))
		s := &span{first: at[0] - d.Int64N(int64(day)), last: at[len(at)-1] + d.Int64N(int64(day)), bucket: time.Nanosecond}
		var set runSet
		for _, a := range at {
			a -= int64(midnight)
			st := start{stats.FloorDiv(a, int64(day)), time.Duration(floorMod(a, int64(day)))}
			if n := len(set.starts); n == 0 || set.starts[n-1].day != st.day {
				set.days++
			}
			set.starts = append(set.starts, st)
		}
		require.Equal(t, plainRegularity(s, &set, midnight), s.regularity(&set, midnight), seed)
	}
}

// A hundred thousand runs over as many days take no more than a moment.
func TestRegularityOfCenturies(t *testing.T) {
	s := &span{last: 1 << 62}
	var set runSet
	for i := range int64(100_000) {
		set.starts = append(set.starts, start{i, time.Duration(i * 7919 % int64(24*time.Hour/time.Second) * int64(time.Second))})
		set.days++
	}
	begin := time.Now()
	s.regularity(&set, 0)
	require.Less(t, time.Since(begin), 5*time.Second)
}
