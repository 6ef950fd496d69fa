package picture

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report/reporttest"
	"beacon/internal/rhythm"
	"beacon/internal/stats"
)

// randomTimes are calls at intervals from none to many periods of a minute.
func randomTimes(r *rand.Rand) []int64 {
	times := []int64{reporttest.Noon}
	for range 2 + r.IntN(200) {
		times = append(times, times[len(times)-1]+int64(r.ExpFloat64()*r.ExpFloat64()*90e9)*int64(r.IntN(8))/7)
	}
	return times
}

// TestPacesHoldEveryCallOnce, whatever the changes are.
func TestPacesHoldEveryCallOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		p := &timed{randomTimes(r), nil, &beacon.Schedule{Result: rhythm.Result{Period: time.Minute}}}
		for range r.IntN(4) {
			at := p.times[0] + int64((r.Float64()*1.4-.2)*float64(p.times[len(p.times)-1]-p.times[0]))
			p.Changes = append(p.Changes, rhythm.Change{At: at, Before: time.Minute, After: time.Hour})
		}
		slices.SortFunc(p.Changes, func(a, b rhythm.Change) int { return int(max(-1, min(1, a.At-b.At))) })
		next := 0
		for _, c := range pacesOf(p) {
			require.Equal(t, next, c.from)
			require.Greater(t, c.to, c.from)
			next = c.to
		}
		require.Equal(t, len(p.times), next)
	}
}

// TestIntervalsHaveEachTheirDot: at the call, in the order of the intervals upward, and
// none outside.
func TestIntervalsHaveEachTheirDot(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		p := &timed{randomTimes(r), nil, &beacon.Schedule{Result: rhythm.Result{Period: time.Minute * time.Duration(r.IntN(2))}}}
		pic := intervalPicture(p, pacesOf(p))
		require.Len(t, pic.Dots, len(p.times)-1)
		interval := func(i int) int64 { return p.times[i+1] - p.times[i] }
		for i, d := range pic.Dots {
			require.Equal(t, p.times[i+1], d.At)
			require.True(t, d.Y >= 0 && d.Y <= 1)
			k := r.IntN(len(pic.Dots))
			if interval(i) < interval(k) {
				require.LessOrEqual(t, d.Y, pic.Dots[k].Y)
			}
			if v := float64(interval(i)); v > pic.Scale.Low { // the axis says which interval a height is
				require.InEpsilon(t, v, pic.Scale.Low*math.Pow(pic.Scale.High/pic.Scale.Low, d.Y), 1e-6)
			}
		}
		for i, m := range pic.Axis {
			for _, other := range pic.Axis[:i] {
				require.GreaterOrEqual(t, math.Abs(m.Y-other.Y), tickRoom)
			}
		}
	}
}

// TestSleepersFoldOnTheCallBefore, held to the plain way: of all moments at which the
// call was due, the nearest.
func TestSleepersFoldOnTheCallBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		times := randomTimes(r)
		c := pace{to: len(times), period: 60e9 * (1 + r.Float64())}
		got := sleepOffsets(times, c)
		require.Len(t, got, len(times)-1)
		for i, offset := range got {
			late := math.Inf(1)
			for due := float64(times[i]) + c.period; due < float64(times[i+1])+2*c.period; due += c.period {
				if v := float64(times[i+1]) - due; math.Abs(v) < math.Abs(late) {
					late = v
				}
			}
			if math.Abs(math.Abs(late/c.period)-.5) > 1e-6 { // between two, either will do
				require.InDelta(t, late/c.period, offset, 1e-6)
			}
			require.True(t, offset >= -1 && offset <= .5)
		}
	}
}

// TestClocksFoldOnTheirGrid: within their jitter, though the period that was fitted is off
// by as much as shears the grid.
func TestClocksFoldOnTheirGrid(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 60 {
		const length, jitter = 2 * 86400., .1
		period := 30 + 3000*r.Float64()
		var times []int64
		for _, s := range stats.Until(stats.Miss(r, stats.Clock(r, period, jitter), .3), length) {
			times = append(times, reporttest.Noon+int64(s*1e9))
		}
		off := (4*r.Float64() - 2) * period / length // by up to two cycles over the log
		got := clockOffsets(times, pace{to: len(times), period: period * 1e9 * (1 + off)})
		require.Len(t, got, len(times))
		for _, v := range got {
			require.InDelta(t, 0, v, jitter+.12, "period %g", period)
		}
	}
}

// TestRasterShowsEveryCall: each cell with a call is drawn once, in one shade, in the
// path as well; and the shade of one call is the faintest there is.
func TestRasterShowsEveryCall(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for range 100 {
		pic := &Picture{First: reporttest.Noon, Last: reporttest.Noon + 1e12}
		wide, high := 1+r.IntN(80), 1+r.IntN(40)
		want := map[[2]int]int{}
		for range r.IntN(2000) {
			d := Dot{At: reporttest.Noon + r.Int64N(1e12+1), Y: math.Min(1, r.ExpFloat64()/3)}
			pic.Dots = append(pic.Dots, d)
			x := min(int(float64(d.At-reporttest.Noon)/1e12*float64(wide)), wide-1)
			want[[2]int{x, min(int(d.Y*float64(high)), high-1)}]++
		}
		raster := NewRaster(pic, wide, high)
		runs, paths := map[[2]int]int{}, map[[2]int]int{}
		for level := range RasterLevels {
			for _, run := range raster.Runs(level) {
				for y := run.From; y <= run.To; y++ {
					runs[[2]int{run.Column, y}]++
					require.Equal(t, level, raster.level(want[[2]int{run.Column, y}]))
				}
			}
			reporttest.WalkPath(t, raster.Path(level), func(x, y int) { paths[[2]int{x, high - 1 - y}]++ })
		}
		require.Len(t, runs, len(want))
		require.Equal(t, runs, paths)
		for cell := range want {
			require.Equal(t, 1, runs[cell])
		}
		require.Equal(t, 1, raster.level(1))
	}
}

// TestPicturesSpanTheLogOrThePair, and lack what isn't known.
func TestPicturesSpanTheLogOrThePair(t *testing.T) {
	totals := &beacon.Totals{First: reporttest.Noon, Last: reporttest.Noon + 86400e9}
	p := &beacon.Schedule{Result: rhythm.Result{Period: time.Minute}, Pairs: make([]beacon.SchedulePair, 1)}
	assert.Nil(t, Of(p, totals))
	p.Pairs[0].Times = []int64{reporttest.Noon + 3600e9, reporttest.Noon + 12*3600e9}
	list := Of(p, totals)
	require.Len(t, list, 2)
	assert.Equal(t, []int64{totals.First, totals.Last}, []int64{list[0].First, list[0].Last})
	p.Pairs[0].Times = []int64{reporttest.Noon + 3600e9, reporttest.Noon + 3*3600e9}
	list = Of(p, totals)
	assert.Equal(t, p.Pairs[0].Times, []int64{list[1].First, list[1].Last})
	p.Period = 0
	assert.Len(t, Of(p, totals), 1)
}

// Retries are drawn in the faintest shade, however many they are, and neither shift the
// offsets of the calls nor count in the histogram.
func TestRetriesAreFaint(t *testing.T) {
	s := &beacon.Schedule{Result: rhythm.Result{Period: time.Minute, RetryGap: 3 * time.Second}, Pairs: make([]beacon.SchedulePair, 1)}
	const calls, retries = 30, 4
	for i := range int64(calls) {
		for k := range int64(1 + retries) {
			s.Pairs[0].Times = append(s.Pairs[0].Times, reporttest.Noon+i*60e9+k*1e9)
		}
	}
	list := Of(s, &beacon.Totals{First: reporttest.Noon, Last: reporttest.Noon + calls*60e9})
	require.Len(t, list, 2)
	require.Len(t, list[0].Dots, calls-1+calls*retries)
	r := NewRaster(&list[0], 1, 1000)
	for level := range RasterLevels {
		for _, run := range r.Runs(level) {
			assert.Equal(t, level == 0, run.From < 100, "level %d at %d", level, run.From)
		}
	}
	require.Len(t, list[1].Dots, calls-1, "calls alone are early or late")
	for _, d := range list[1].Dots {
		assert.InDelta(t, list[1].Scale.height(0), d.Y, 1e-9, "due")
	}
}
