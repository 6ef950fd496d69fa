package peer

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func randomSeries(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(r.IntN(4))
	}
	return x
}

// Slow path: the periodogram by its definition.
func slowPeriodogram(x []float64) []float64 {
	mean, _ := moments(x)
	power := make([]float64, len(x)/2+1)
	for k := range power {
		var sum complex128
		for i, v := range x {
			sum += complex(v-mean, 0) * cmplx.Rect(1, -2*math.Pi*float64(k)*float64(i)/float64(len(x)))
		}
		power[k] = real(sum)*real(sum) + imag(sum)*imag(sum)
		if k > 0 && 2*k != len(x) {
			power[k] *= 2
		}
	}
	return power
}

func slowAutocorrelation(x []float64) []float64 {
	acf := make([]float64, len(x))
	for lag := range acf {
		for i := lag; i < len(x); i++ {
			acf[lag] += x[i] * x[i-lag]
		}
	}
	return acf
}

// Slow path: a peak's prominence as the height above the highest saddle, by trying
// every level that the series has.
func slowPeaks(x []float64, prominence float64) []int {
	var at []int
	for i := 1; i < len(x)-1; {
		end := i
		for end+1 < len(x) && x[end+1] == x[i] {
			end++
		}
		if x[i-1] < x[i] && end+1 < len(x) && x[end+1] < x[i] {
			low := func(step int) float64 {
				least := x[i]
				for j := i; j >= 0 && j < len(x) && x[j] <= x[i]; j += step {
					least = min(least, x[j])
				}
				return least
			}
			if x[i]-max(low(-1), low(1)) >= prominence {
				at = append(at, (i+end)/2)
			}
		}
		i = end + 1
	}
	return at
}

func TestSpectrumAgainstItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		x := randomSeries(r, 4+r.IntN(60))
		assert.InDeltaSlice(t, slowPeriodogram(x), periodogram(x), 1e-8)
		assert.InDeltaSlice(t, slowAutocorrelation(x), autocorrelation(x), 1e-8)
		for _, p := range []float64{0, 1, 2.5} {
			require.Equal(t, slowPeaks(x, p), peaks(x, p), x)
		}
	}
}

func TestSmooth(t *testing.T) {
	for n, want := range map[int]int{1: 1, 7: 8, 11: 12, 31: 32, 82: 90, 86399: 86400, 86400: 86400} {
		assert.Equal(t, want, smooth(n), n)
	}
}

func TestGTestP(t *testing.T) {
	// By hand: g = 0.2 of 50 ordinates, (1 - e^-10)^50.
	assert.InDelta(t, 1-math.Pow(1-math.Exp(-10), 50), gTestP(0.2, 50), 1e-12)
	assert.InDelta(t, 1, gTestP(0.001, 50), 1e-9)
	assert.InEpsilon(t, 50*math.Exp(-50), gTestP(1, 50), 1e-6)
}

func TestCounts(t *testing.T) {
	assert.Equal(t, []float64{2, 0, 1}, counts([]int64{99, 100, 109, 120, 130}, 100, 10, 3))
}
