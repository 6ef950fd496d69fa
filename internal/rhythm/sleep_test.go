package rhythm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// fullestPlain is fullest, each window counted on its own.
func fullestPlain(x []float64, tick, j, minPeriod, maxPeriod float64) (at, count int) {
	half, ratio := tick/2, (1+j)/(1-j)
	width := 0.0
	for i, first := range x {
		if period := (first + half) / (1 - j); period < minPeriod || period > maxPeriod {
			continue
		}
		n := 0
		for _, v := range x[i:] {
			if v <= (first+half)*ratio+half {
				n++
			}
		}
		if w := x[i+n-1] - first; n > count || n == count && w < width {
			at, count, width = i, n, w
		}
	}
	return at, count
}

func TestFullest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		n, tick := r.IntN(600), []float64{1, 1e6, 1e9}[r.IntN(3)]
		scale := math.Exp(20 + 5*r.Float64())
		x := make([]float64, n)
		for i := range x {
			if x[i] = scale * r.ExpFloat64(); r.IntN(3) == 0 {
				x[i] = 10 * tick * float64(1+r.IntN(8))
			}
			x[i] = max(tick, math.Round(x[i]/tick)*tick)
		}
		slices.Sort(x)
		low, high := scale*r.Float64()/4, scale*(1+4*r.Float64())
		for _, j := range jitterLevels {
			at, count := fullest(x, tick, j, low, high)
			wantAt, want := fullestPlain(x, tick, j, low, high)
			require.Equal(t, [2]int{wantAt, want}, [2]int{at, count}, "jitter %v, tick %v, %v to %v of %v", j, tick, low, high, x)
		}
	}
}
