package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogBesselI0(t *testing.T) {
	for _, x := range []float64{0, 0.1, 1, 3.7, 3.8, 10, 50} {
		// I0(x) = Σ (x/2)^2k / k!²
		sum, term := 0.0, 1.0
		for k := 1; term > sum*1e-17; k++ {
			sum += term
			term *= x * x / 4 / float64(k*k)
		}
		assert.InDelta(t, math.Log(sum), LogBesselI0(x), 1e-6, "x = %v", x)
	}
	assert.False(t, math.IsInf(LogBesselI0(1e6), 0))
}

func TestLogBeta(t *testing.T) {
	assert.InDelta(t, math.Log(math.Pi), LogBeta(0.5, 0.5), 1e-12)
	assert.InDelta(t, -math.Log(60), LogBeta(3, 4), 1e-12)
}

func TestWilson(t *testing.T) {
	low, high := Wilson(0.5, 100)
	assert.InDelta(t, 0.4038, low, 1e-3)
	assert.InDelta(t, 0.5962, high, 1e-3)
	low, high = Wilson(0, 20)
	assert.Zero(t, low)
	assert.InDelta(t, 0.161, high, 1e-3)
	low, high = Wilson(0.3, 0)
	assert.Equal(t, []float64{0, 1}, []float64{low, high})
}

func TestEvenP(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const trials = 20_000
	for _, n := range []int{10, 40, 200} {
		var below [2]int
		for range trials {
			points := make([]int64, n)
			for i := range points {
				points[i] = r.Int64N(1e12)
			}
			slices.Sort(points)
			p := EvenP(points, 0)
			for k, level := range []float64{0.01, 0.001} {
				if p < level {
					below[k]++
				}
			}
		}
		assert.LessOrEqual(t, float64(below[0])/trials, 0.012, "n = %d", n)
		assert.LessOrEqual(t, float64(below[1])/trials, 0.0016, "n = %d", n)
	}
	// k*T + noise of half a period has no spectral line, and is far too even.
	grid := make([]int64, 144)
	for i := range grid {
		grid[i] = int64(600e9 * (float64(i) + 0.5*r.NormFloat64()))
	}
	slices.Sort(grid)
	assert.Less(t, EvenP(grid, 0), 1e-9)
	assert.Greater(t, EvenP(grid, 0.9), EvenP(grid, 0))
	assert.Equal(t, 1.0, EvenP(grid[:7], 0))
	assert.Equal(t, 1.0, EvenP(make([]int64, 50), 0))
}

// No mixture may be likelier than the bound.
func TestMixtureBoundHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		u := make([]float64, 5+r.IntN(80))
		for i := range u {
			u[i] = r.NormFloat64()*(0.2+2*r.Float64()) + 4*float64(r.IntN(2))
		}
		slices.Sort(u)
		sigma := 0.5 + r.Float64()
		fitted := FitMixture(u, sigma)
		bound := fitted.Bound
		require.Len(t, fitted.At, len(u))
		require.InDelta(t, fitted.At[len(u)/2], math.Log(fitted.Density(u[len(u)/2])), 1e-9)
		for range 50 {
			means := make([]float64, 1+r.IntN(4))
			for i := range means {
				means[i] = u[r.IntN(len(u))] + 0.3*r.NormFloat64()
			}
			l := 0.0
			for _, x := range u {
				f := 0.0
				for _, m := range means {
					z := (x - m) / sigma
					f += math.Exp(-z*z/2) / (sigma * math.Sqrt(2*math.Pi)) / float64(len(means))
				}
				l += math.Log(f)
			}
			require.LessOrEqual(t, l, bound+0.05)
		}
		// and never above what the kernel's peak allows
		require.LessOrEqual(t, bound, 1+float64(len(u))*math.Log(1/(sigma*math.Sqrt(2*math.Pi))))
	}
	assert.Zero(t, FitMixture(nil, 1))
}

// Many values are fitted by cells: the bound is hardly another than that of a fit to each of them,
// and the memory holds no matrix of values and atoms.
func TestMixtureOfManyValues(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 3 {
		u := make([]float64, 5*mixtureValues)
		for i := range u {
			if u[i] = 1.5*r.NormFloat64() + 4*float64(r.IntN(3)); r.IntN(3) == 0 {
				u[i] = 3.3
			}
		}
		slices.Sort(u)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fitted := FitMixture(u, 0.95)
		runtime.ReadMemStats(&after)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)/uint64(len(u)), uint64(100), "bytes per value")
		require.InDelta(t, fitted.At[99], math.Log(fitted.Density(u[99])), 1e-9)

		each := Mixture{At: slices.Repeat([]float64{1}, len(u)), from: fitted.from, sigma: fitted.sigma, weight: make([]float64, len(fitted.weight))}
		each.bound(each.fit(u, each.At), len(u))
		require.InDelta(t, each.Bound, fitted.Bound, 1e-5*float64(len(u)))
	}
}

// The periodogram finds what the sum over all events finds.
func TestPeriodogram(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var times []int64
	for i := range 300 {
		if r.Float64() < 0.4 {
			times = append(times, int64(float64(i)*60e9+2e9*r.NormFloat64()))
		}
	}
	slices.Sort(times)
	span := float64(times[len(times)-1] - times[0])
	peaks := Periodogram(times, 3, 400, 1<<14, 3)
	require.NotEmpty(t, peaks)
	assert.InEpsilon(t, 60e9, span/peaks[0].Cycles, 0.01)
	var c, s float64
	for _, x := range times {
		sin, cos := math.Sincos(2 * math.Pi * float64(x-times[0]) / span * peaks[0].Cycles)
		c, s = c+cos, s+sin
	}
	assert.InEpsilon(t, (c*c+s*s)/float64(len(times)), peaks[0].Power, 0.1)
	assert.Empty(t, Periodogram(times[:1], 3, 400, 1<<14, 3))
	assert.Empty(t, Periodogram(make([]int64, 9), 3, 400, 1<<14, 3))
	assert.Equal(t, peaks, Periodogram(times, 3, 400, 1<<14, 3))
}

// Half way between two whole numbers of cycles stands the power that is there.
func TestPeriodogramBetweenCycles(t *testing.T) {
	for _, cycles := range []float64{40, 40.25, 40.5, 40.75} {
		var times []int64
		for i := range 41 {
			times = append(times, int64(float64(i)/cycles*1e9))
		}
		times = append(times, 1e9) // the span's end
		slices.Sort(times)
		peaks := Periodogram(times, 3, 100, 1<<12, 1)
		require.Len(t, peaks, 1)
		assert.InDelta(t, cycles, peaks[0].Cycles, 0.26)
		assert.Greater(t, peaks[0].Power, 0.75*41)
		assert.Less(t, peaks[0].Power, 1.05*42)
	}
}

func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 1000 {
		values := make([]int64, r.IntN(1000))
		most, unit, shift := int64(1)<<r.IntN(63), int64(1)<<r.IntN(30), r.Int64N(1<<40)
		for i := range values {
			values[i] = (r.Int64N(most)-most/2)/unit*unit + shift
		}
		if len(values) > 1 && r.IntN(4) == 0 {
			values[0], values[1] = math.MaxInt64, math.MinInt64
		}
		if runs := r.IntN(2 * sortRuns); runs > 0 { // ascending runs
			for part := range slices.Chunk(values, len(values)/runs+1) {
				slices.Sort(part)
			}
		}
		want := slices.Clone(values)
		slices.Sort(want)
		Sort(values)
		require.Equal(t, want, values)
	}
}

// Waits are sorted by two digits. Values that share them, but for one, are not.
func TestSortDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	waits, alike := make([]int64, 5000), make([]int64, 5000)
	for i := range waits {
		waits[i], alike[i] = int64(1e9*math.Exp(3*r.NormFloat64())), 1<<60+r.Int64N(1<<20)
	}
	alike[0] = 0
	for _, values := range [][]int64{waits, alike} {
		want := slices.Clone(values)
		slices.Sort(want)
		mem := sortRoom{values: make([]int64, len(values))}
		require.Equal(t, &values[0] == &waits[0], mem.sortDigits(values))
		Sort(values)
		require.Equal(t, want, values)
	}
}

// peaksPlain returns the peaks of findPeaks, with a look at the power of every square.
func peaksPlain(squares []float64, n float64, from, top int) (peaks []Peak) {
	power := make([]float64, len(squares))
	for i, s := range squares {
		power[i] = s / n
	}
	for i := from; i < len(power)-1; i++ {
		if p := power[i]; p >= leastPower && p >= power[i-1] && p >= power[i+1] {
			peaks = append(peaks, Peak{Cycles: float64(i) / 2, Power: p, rank: p - math.Log(float64(i)/2)})
		}
	}
	slices.SortStableFunc(peaks, func(a, b Peak) int { return cmp.Compare(b.rank, a.rank) })
	return peaks[:min(len(peaks), top)]
}

func TestFindPeaks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 500 {
		n := float64(1 + r.IntN(1000))
		squares := make([]float64, 3+r.IntN(800))
		for i := range squares {
			if squares[i] = n * 3 * r.ExpFloat64(); r.IntN(3) == 0 {
				squares[i] = n * float64(1+r.IntN(4)) // equal powers, and the least
			}
		}
		from, top := 1+r.IntN(3), 1+r.IntN(5)
		require.Equal(t, len(peaksPlain(squares, n, from, top)), len(findPeaks(squares, n, from, top)))
		for i, p := range peaksPlain(squares, n, from, top) {
			require.Equal(t, p, findPeaks(squares, n, from, top)[i])
		}
	}
}
