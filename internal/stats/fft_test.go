package stats

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/dsp/fourier"
)

// The transform has the coefficients of gonum's at every size.
func TestTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for size := 4; size <= 1<<15; size *= 2 {
		values := make([]float64, size)
		for i := range values {
			values[i] = r.NormFloat64()
		}
		re, im := make([]float64, size/2), make([]float64, size/2)
		f := newTransform(size)
		for range 2 { // its memory is used again
			f.coefficients(re, im, values)
		}
		for k, want := range fourier.NewFFT(size).Coefficients(nil, values)[:size/2] {
			require.InDelta(t, real(want), re[k], 1e-10, "%d of %d", k, size)
			require.InDelta(t, imag(want), im[k], 1e-10, "%d of %d", k, size)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	const size = 1 << 14
	values := make([]float64, size)
	for i := range values {
		values[i] = float64(i * i % 7)
	}
	b.Run("own", func(b *testing.B) {
		f, re, im := newTransform(size), make([]float64, size/2), make([]float64, size/2)
		for b.Loop() {
			f.coefficients(re, im, values)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		f, to := fourier.NewFFT(size), make([]complex128, size/2+1)
		for b.Loop() {
			f.Coefficients(to, values)
		}
	})
}
