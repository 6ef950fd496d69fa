package lanes

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Logarithms have math.Log's digits, at every length, in place too, and nothing behind them
// is written.
func TestLogs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	special := []float64{1, 2, 0.5, math.Sqrt2 / 2, math.Nextafter(math.Sqrt2/2, 1), math.Nextafter(math.Sqrt2/2, 0), math.Sqrt2, math.MaxFloat64, 0x1p-1022, math.Pi, 1 << 53, 1e9, 60e9}
	for k := range 20_000 {
		from := make([]float64, 1+k%41)
		for i := range from {
			switch r.IntN(4) {
			case 0:
				from[i] = special[r.IntN(len(special))]
			case 1:
				from[i] = math.Float64frombits(r.Uint64N(0x7FE<<52) + 1<<52)
			case 2:
				from[i] = 1 + r.NormFloat64()/1e3
			default:
				from[i] = float64(1 + r.Int64N(1e15))
			}
		}
		want := make([]float64, len(from)+1)
		want[len(from)] = -7
		to := append([]float64(nil), want...)
		for i, v := range from {
			want[i] = math.Log(v)
		}
		Logs(to[:len(from)], from)
		require.Equal(t, want, to, "%v", from)
		Logs(from, from)
		require.Equal(t, want[:len(from)], from)
	}
}

// normal returns n numbers at random.
func normal(r *rand.Rand, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = r.NormFloat64()
	}
	return list
}

func TestButterflies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	random := func(n int) []float64 { return normal(r, n) }
	for size := 4; size <= 1<<12; size *= 2 {
		for n, stride := size, 1; n >= 4; n, stride = n/4, 4*stride {
			re, im, cos, sin := random(size), random(size), random(2*size), random(2*size)
			var got, want [2][]float64
			for k := range got {
				got[k], want[k] = make([]float64, size), make([]float64, size)
			}
			Butterflies(re, im, got[0], got[1], cos, sin, n, stride)
			butterfliesPlain(re, im, want[0], want[1], cos, sin, n, stride)
			require.Equal(t, want, got, "%d of stride %d", n, stride)
		}
	}
}

// Rows are added and multiplied as they are one number after the other.
func TestRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for rows := range 20 {
		for n := range 20 {
			matrix, weights, f := normal(r, rows*n), normal(r, rows), normal(r, n)
			sums, products := make([]float64, n+1), make([]float64, rows+1)
			sums[n], products[rows] = -7, -7
			wantSums, wantProducts := append([]float64(nil), sums...), append([]float64(nil), products...)
			for i := range rows {
				for k := range n {
					wantSums[k] += weights[i] * matrix[i*n+k]
					wantProducts[i] += matrix[i*n+k] * f[k]
				}
			}
			AddRows(sums[:n], matrix, weights)
			require.Equal(t, wantSums, sums, "%d rows of %d", rows, n)
			for name, multiply := range map[string]func(products, rows, f []float64){"MultiplyRows": MultiplyRows, "plain": multiplyRowsPlain} {
				clear(products[:rows])
				multiply(products[:rows], matrix, f)
				require.Equal(t, wantProducts, products, "%s, %d rows of %d", name, rows, n)
			}
		}
	}
}

func BenchmarkRows(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	const rows, n = 40, 700
	matrix, f, products := normal(r, rows*n), normal(r, n), make([]float64, rows)
	for name, multiply := range map[string]func(products, rows, f []float64){"MultiplyRows": MultiplyRows, "plain": multiplyRowsPlain} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				multiply(products, matrix, f)
			}
		})
	}
}

func BenchmarkLogs(b *testing.B) {
	from, to := make([]float64, 1000), make([]float64, 1000)
	for i := range from {
		from[i] = float64(i*i*977 + 1)
	}
	b.Run("lanes", func(b *testing.B) {
		for b.Loop() {
			Logs(to, from)
		}
	})
	b.Run("math", func(b *testing.B) {
		for b.Loop() {
			for i, v := range from {
				to[i] = math.Log(v)
			}
		}
	})
}
