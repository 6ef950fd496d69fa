package rhythm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The correlations are those of a plain loop, to the last digit.
func TestCorrelations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for n := 3; n < 60; n++ {
		times := []int64{0}
		for range n {
			times = append(times, times[len(times)-1]+1+int64(math.Exp(3*r.NormFloat64())*1e9))
		}
		c := newIntervals(times, 0, 1)
		var d []float64
		sum, square := 0.0, 0.0
		for _, l := range c.logsInTime() {
			v := max(-3*math.Ln2, min(3*math.Ln2, l-c.logs[n/2]))
			d, sum, square = append(d, v), sum+v, square+v*v
		}
		mean := sum / float64(n)
		var want [cycleSteps + 1]float64
		for k := 1; k <= cycleSteps && k < n; k++ {
			cross := 0.0
			for i := k; i < n; i++ {
				cross += d[i] * d[i-k]
			}
			want[k] = (cross/float64(n-k) - mean*mean) / (square/float64(n) - mean*mean)
		}
		require.Equal(t, want, c.correlations())
	}
}
