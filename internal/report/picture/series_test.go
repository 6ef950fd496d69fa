package picture

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/report/reporttest"
)

// TestStretchesAreTheBucketsOfEach holds the fast cut to a plain one.
func TestStretchesAreTheBucketsOfEach(t *testing.T) {
	f := reporttest.Sample().List[1]
	first, last := reporttest.Sample().Totals.First, reporttest.Sample().Totals.Last
	lo, hi := first/60e9, last/60e9+1
	calls := map[int64]int64{}
	for _, c := range f.Day.Series.Counts {
		calls[c.Index] = c.Calls
	}
	for _, n := range []int{1, 7, 60, 533, 7200, 9000} {
		want := make([]Stretch, n)
		seen := make([]bool, n)
		for index := lo; index < hi; index++ {
			i := (index - lo) * int64(n) / (hi - lo)
			v := calls[index]
			if !seen[i] || v < want[i].Min {
				want[i].Min = v
			}
			seen[i] = true
			want[i].Max = max(want[i].Max, v)
			want[i].sum += v
		}
		require.Equal(t, want, Stretches(&f.Day.Series, first, last, n), "%d pieces", n)
	}
}
