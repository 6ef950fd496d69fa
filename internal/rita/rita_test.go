package rita

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRITAPerfectBeacon(t *testing.T) {
	var times, sizes []int64
	for i := range int64(24 * 60) {
		times = append(times, i*60e9)
		sizes = append(sizes, 137)
	}
	assert.Equal(t, Score{1, 1, 1, 1, 1, true}, Compute(times, sizes, 0, times[len(times)-1]))
}

// One hour of a perfect beacon in a day of log loses histogram and duration.
func TestRITAHourInADay(t *testing.T) {
	var times, sizes []int64
	for i := range int64(60) {
		times = append(times, 40000e9+i*60e9)
		sizes = append(sizes, 137)
	}
	assert.Equal(t, Score{0.5, 1, 1, 0, 0, true}, Compute(times, sizes, 0, 86399e9))
}

func TestRITAEligibility(t *testing.T) {
	assert.False(t, Compute(nil, nil, 0, 0).Eligible)
	assert.False(t, Compute([]int64{0, 1e9, 2e9, 2.5e9}, nil, 0, 10e9).Eligible, "three whole seconds")
	assert.True(t, Compute([]int64{0, 1e9, 2e9, 3e9}, nil, 0, 10e9).Eligible)
	assert.False(t, Compute(make([]int64, maxFlows), nil, 0, 10e9).Eligible)
	assert.True(t, Compute([]int64{0, 1e9, 2e9, 3e9}, nil, 5e9, 5e9).Eligible, "a log of no length")
}

func TestRITAStat(t *testing.T) {
	// Q1 = 15, Q2 = 30, Q3 = 60; skew (75-60)/45 = 1/3; MAD of {20,10,0,20,40} = 20.
	assert.InDelta(t, round3((2.0/3+1.0/3)/2), steadiness([]int64{10, 20, 30, 50, 70}, 1), 1e-12)
	assert.Equal(t, 1.0, steadiness([]int64{0, 0, 0}, 1), "the fallback of intervals")
	assert.Equal(t, 0.5, steadiness([]int64{0, 0, 0}, 0), "the fallback of sizes")
}

// plainScore is the formulas, word for word.
func plainScore(times, sizes []int64, logMin, logMax int64) Score {
	stat := func(v []float64, fallback float64) float64 {
		sort.Float64s(v)
		med := func(v []float64) float64 {
			n := len(v)
			if n%2 == 1 {
				return v[n/2]
			}
			return (v[n/2-1] + v[n/2]) / 2
		}
		n := len(v)
		q1, q2, q3 := med(v[:n/2]), med(v), med(v[n-n/2:])
		skew := 0.0
		if q3-q1 >= 10 && q2 != q1 && q2 != q3 {
			skew = (q1 + q3 - 2*q2) / (q3 - q1)
		}
		var dev []float64
		for _, x := range v {
			dev = append(dev, math.Abs(x-q2))
		}
		sort.Float64s(dev)
		mad := fallback
		if q2 >= 1 {
			mad = (q2 - med(dev)) / q2
		}
		if mad < 0 {
			mad = 0
		}
		return math.Round((1-math.Abs(skew)+mad)/2*1000) / 1000
	}
	var secs []int64
	unique := map[int64]bool{}
	for _, t := range times {
		secs = append(secs, t/1e9)
		unique[t/1e9] = true
	}
	slices.Sort(secs)
	if len(unique) < 4 || len(secs) >= 86400 {
		return Score{}
	}
	s := Score{Eligible: true}
	var deltas, bytes []float64
	for i := 1; i < len(secs); i++ {
		if secs[i] != secs[i-1] {
			deltas = append(deltas, float64(secs[i]-secs[i-1]))
		}
	}
	s.TS = stat(deltas, 1)
	for _, b := range sizes {
		bytes = append(bytes, float64(b))
	}
	if len(bytes) >= 3 {
		s.DS = stat(bytes, 0)
	}
	dMax := logMax / 1e9
	dMin := max(logMin/1e9, dMax-86400)
	bins := make([]float64, 24)
	for _, t := range secs {
		for b := 23; ; b-- {
			if b == 0 || float64(t) >= float64(dMin)+float64(b)*float64(dMax-dMin)/24 {
				bins[b]++
				break
			}
		}
	}
	mean, sd, bars, top := 0.0, 0.0, 0, 0.0
	for _, b := range bins {
		mean += b / 24
		top = math.Max(top, b)
		if b > 0 {
			bars++
		}
	}
	for _, b := range bins {
		sd += (b - mean) * (b - mean) / 24
	}
	if cv := math.Sqrt(sd) / mean; cv <= 1 {
		s.Hist = math.Round((1-cv)*1000) / 1000
	}
	if bars >= 11 {
		size := math.Ceil(top * 0.05)
		heights := map[float64]int{}
		for _, b := range bins {
			if b > 0 {
				heights[math.Floor(b/size)*size]++
			}
		}
		var counts []int
		for _, c := range heights {
			counts = append(counts, c)
		}
		counts = append(counts, 0)
		slices.Sort(counts)
		two := counts[len(counts)-1] + counts[len(counts)-2]
		s.Hist = math.Max(s.Hist, math.Min(1, math.Round(float64(two)/float64(max(bars-1, 1))*1000)/1000))
	}
	if bars >= 6 {
		run, longest := 0, 0
		for _, b := range append(slices.Clone(bins), bins...) {
			if run++; b == 0 {
				run = 0
			}
			longest = max(longest, min(run, 24))
		}
		covered := math.Ceil(float64(secs[len(secs)-1]-secs[0])/float64(dMax-dMin)*1000) / 1000
		s.Dur = math.Max(math.Min(1, covered), math.Min(1, math.Ceil(float64(longest)/12*1000)/1000))
	}
	s.Total = math.Round((s.TS+s.DS+s.Dur+s.Hist)/4*1000) / 1000
	return s
}

func TestRITAMatchesThePlainFormulas(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 2000 {
		n := r.IntN(300)
		length := 1 + r.Int64N(86400)
		var times, sizes []int64
		for range n {
			times = append(times, r.Int64N(length*1e9))
			sizes = append(sizes, r.Int64N(1+r.Int64N(2000)))
		}
		if r.IntN(3) == 0 {
			for i := range times {
				times[i] = int64(i) * (length * 1e9 / int64(n))
			}
		}
		want := plainScore(times, sizes, 0, length*1e9)
		got := Compute(times, sizes, 0, length*1e9)
		require.InDeltaSlice(t, []float64{want.Total, want.TS, want.DS, want.Dur, want.Hist},
			[]float64{got.Total, got.TS, got.DS, got.Dur, got.Hist}, 0.00101, "n = %d, length %d", n, length)
		require.Equal(t, want.Eligible, got.Eligible)
	}
}

func TestRITALooksADayBack(t *testing.T) {
	var old, recent []int64
	for i := range int64(100) {
		old = append(old, i*61e9)
		recent = append(recent, 3*86400e9-i*600e9)
	}
	end := int64(3 * 86400e9)
	assert.Equal(t, Compute(recent, nil, 0, end), Compute(append(old, recent...), nil, 0, end))
}

func BenchmarkRITA(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{24, 100, 1440} {
		times, sizes := make([]int64, n), make([]int64, n)
		for i := range times {
			times[i], sizes[i] = r.Int64N(86400e9), r.Int64N(1500)
		}
		slices.Sort(times)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				Compute(times, sizes, 0, 86400e9)
			}
		})
	}
}
