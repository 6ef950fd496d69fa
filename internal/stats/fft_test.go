package stats

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/dsp/fourier"
)

// The squares are those of gonum's coefficients, and of their differences, at every size.
func TestTransform(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for size := 4; size <= 1<<15; size *= 2 {
		values := make([]float64, size)
		for i := range values {
			values[i] = r.NormFloat64()
		}
		squares := make([]float64, size-2)
		f := newTransform(size)
		for range 2 { // its memory is used again
			f.set(values)
			f.squares(squares, 3)
		}
		want := fourier.NewFFT(size).Coefficients(nil, values)
		for k := range len(squares) / 2 {
			c, d := want[k], want[k]-want[k+1]
			require.InEpsilon(t, 1+real(c)*real(c)+imag(c)*imag(c), 1+squares[2*k], 1e-10, "%d of %d", k, size)
			require.InEpsilon(t, 1+3*(real(d)*real(d)+imag(d)*imag(d)), 1+squares[2*k+1], 1e-10, "%d of %d", k, size)
		}
	}
}

func (t *transform) set(values []float64) {
	for i := range t.re {
		t.re[i], t.im[i] = values[2*i], values[2*i+1]
	}
}

func BenchmarkTransform(b *testing.B) {
	const size = 1 << 14
	values := make([]float64, size)
	for i := range values {
		values[i] = float64(i * i % 7)
	}
	b.Run("own", func(b *testing.B) {
		f, squares := newTransform(size), make([]float64, size-2)
		for b.Loop() {
			f.set(values)
			f.squares(squares, 1)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		f, to := fourier.NewFFT(size), make([]complex128, size/2+1)
		for b.Loop() {
			f.Coefficients(to, values)
		}
	})
}
