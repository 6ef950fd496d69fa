package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newChance() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func TestSleepDriftsWithinItsJitter(t *testing.T) {
	at := Until(Sleep(newChance(), 60, 0.2), 86400)
	require.InDelta(t, 1440, len(at), 40)
	for i := 1; i < len(at); i++ {
		gap := at[i] - at[i-1]
		require.True(t, gap >= 48-1e-6 && gap <= 72+1e-6, gap)
	}
	assert.Greater(t, spread(at, 60), 15.0, "the phase should drift over the whole period")
}

func TestClockHoldsItsPhase(t *testing.T) {
	at := Until(Clock(newChance(), 60, 0.1), 86400)
	require.InDelta(t, 1440, len(at), 2)
	for i := range at {
		require.LessOrEqual(t, math.Abs(math.Remainder(at[i]-at[0], 60)), 12+1e-6)
	}
	for i := 1; i < len(at); i++ {
		require.LessOrEqual(t, at[i-1], at[i])
	}
}

// spread is the standard deviation of the phase of at, folded at period about its first.
func spread(at []float64, period float64) float64 {
	var sum, squares float64
	for _, x := range at {
		d := math.Remainder(x-at[0], period)
		sum, squares = sum+d, squares+d*d
	}
	n := float64(len(at))
	return math.Sqrt(squares/n - sum*sum/n/n)
}

func TestClockNeverOvertakesItself(t *testing.T) {
	at := Until(Clock(newChance(), 10, 3), 36000)
	for i := 1; i < len(at); i++ {
		require.LessOrEqual(t, at[i-1], at[i])
	}
	assert.InDelta(t, 3600, len(at), 2)
}

func TestNullsKeepTheirRate(t *testing.T) {
	const rate, end = 0.01, 1e7
	poisson := Until(Poisson(newChance(), rate), end)
	assert.InDelta(t, rate*end, len(poisson), 5*math.Sqrt(rate*end))
	// The variance of a gap is e-1 times its squared mean.
	uneven := Until(LogNormal(newChance(), rate, 1), end)
	assert.InDelta(t, rate*end, len(uneven), 5*math.Sqrt(rate*end*(math.E-1)))
	// The variance of a session's clicks adds to that of the number of sessions.
	human := Until(Human(newChance(), rate, Browsing), end)
	assert.InDelta(t, rate*end, len(human), 5*math.Sqrt(rate*end*2*Browsing.Clicks))
	for i := 1; i < len(human); i++ {
		require.LessOrEqual(t, human[i-1], human[i])
	}
	assert.InDelta(t, 1, dispersion(poisson, 100, end), 0.1)
	assert.Greater(t, dispersion(human, 100, end), 3.0, "people are burstier than Poisson")
}

// dispersion is the variance of the counts per width over their mean: 1 for Poisson.
func dispersion(at []float64, width, end float64) float64 {
	n := make([]float64, int(end/width))
	for _, x := range at {
		n[int(x/width)]++
	}
	var sum, squares float64
	for _, v := range n {
		sum, squares = sum+v, squares+v*v
	}
	mean := sum / float64(len(n))
	return (squares/float64(len(n)) - mean*mean) / mean
}

func TestMiss(t *testing.T) {
	at := Until(Miss(newChance(), Clock(newChance(), 1, 0), 0.3), 100_000)
	assert.InDelta(t, 70_000, len(at), 5*math.Sqrt(21_000))
	assert.Len(t, Until(Miss(newChance(), Clock(newChance(), 1, 0), 0), 1000), 1000)
}

func TestUntilOfNothing(t *testing.T) {
	assert.Empty(t, Until(func() float64 { return math.Inf(1) }, 10))
}
