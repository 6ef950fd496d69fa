package rhythm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The bound lies above the evidence of every period, and below 0 for most that are no clock's.
func TestClockCeiling(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	hopeless, clocks := 0, 0
	const rounds = 600
	for k := range rounds {
		times, tick := longSeries(r)
		span := float64(times[len(times)-1] - times[0])
		first := math.Exp(math.Log(5) + 7*r.Float64())
		if k%2 == 0 { // calls are moved to a clock
			period := span / (first + 0.3)
			for i := range times {
				n := math.Round(float64(times[i]-times[0]) / period)
				times[i] = times[0] + int64(period*(n+0.3*r.Float64()))
			}
			slices.Sort(times)
		}
		c := newIntervals(times, 0, tick)
		span = float64(c.times[len(c.times)-1] - c.times[0])
		logE := math.Inf(-1)
		c.weighClock(first, 0.1, clockSteps, span, func(f clockFit) { logE = math.Max(logE, f.logE) })
		bound := c.clockCeiling(first, 0.1, span)
		require.LessOrEqual(t, logE, bound)
		switch {
		case logE > 0:
			clocks++
		case bound < 0:
			hopeless++
		}
	}
	t.Logf("%d clocks and %d that are surely none, of %d", clocks, hopeless, rounds)
	require.Greater(t, clocks, rounds/4)
	require.Greater(t, hopeless, (rounds-clocks)*9/10)
}
