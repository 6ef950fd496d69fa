package report

import (
	"bytes"
	"math"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/stats"
)

// keeping is findings of the rhythm rule: n pairs over three days that sleep, keep to the
// clock, miss calls and switch their period, judged as an engine does.
func keeping(n int) *beacon.Findings {
	const length = 3 * 86400.
	r := rand.New(rand.NewPCG(7, 7))
	fs := sample()
	fs.List = nil
	fs.Query.Rules = beacon.EveryRhythm
	fs.Totals.First, fs.Totals.Last = noon, noon+int64(length*1e9)
	times := map[netip.Addr][]int64{}
	var all []beacon.PairRhythm
	for i := range n {
		var calls []float64
		switch i % 5 {
		case 0:
			calls = stats.Until(stats.Miss(r, stats.Sleep(r, 300, .2), .1), length)
		case 1:
			calls = stats.Until(stats.Clock(r, 900, .05), length)
		case 2:
			calls = stats.Until(stats.Sleep(r, 60, .5), length)
		case 3:
			calls = append(stats.Until(stats.Sleep(r, 600, .1), length/2), shifted(stats.Until(stats.Sleep(r, 3600, .1), length/2), length/2)...)
		case 4:
			calls = shifted(stats.Until(stats.Sleep(r, 30, .1), length/20), length/3)
		}
		p := beacon.Pair{Source: netip.AddrFrom4([4]byte{10, 0, 0, byte(i%5 + 1)}), Destination: netip.AddrFrom4([4]byte{203, 0, byte(i / 250), byte(i % 250)}), Port: uint16(4000 + i), Proto: 6}
		for _, s := range calls {
			p.Times = append(p.Times, noon+int64(s*1e9))
			p.Bytes = append(p.Bytes, 1000)
		}
		times[p.Destination] = p.Times
		all = append(all, beacon.PairRhythm{Source: p.Source, Destination: p.Destination, Port: p.Port, Proto: p.Proto,
			First: p.Times[0], Last: p.Times[len(p.Times)-1], Rhythm: beacon.JudgePair(p, beacon.RhythmOptions{})})
	}
	fs.DecideRhythms(all, beacon.TakeCensus(all, beacon.RhythmOptions{}))
	for i := range fs.Pairs[:min(len(fs.Pairs), beacon.MaxPictures)] {
		fs.Pairs[i].Times = times[fs.Pairs[i].Destination]
	}
	return fs
}

func shifted(seconds []float64, by float64) []float64 {
	for i := range seconds {
		seconds[i] += by
	}
	return seconds
}

// randomTimes are calls at intervals from none to many periods of a minute.
func randomTimes(r *rand.Rand) []int64 {
	times := []int64{noon}
	for range 2 + r.IntN(200) {
		times = append(times, times[len(times)-1]+int64(r.ExpFloat64()*r.ExpFloat64()*90e9)*int64(r.IntN(8))/7)
	}
	return times
}

// TestPacesHoldEveryCallOnce, whatever the changes are.
func TestPacesHoldEveryCallOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		p := &beacon.PairRhythm{Times: randomTimes(r), Rhythm: beacon.Rhythm{Period: time.Minute}}
		for range r.IntN(4) {
			at := p.Times[0] + int64((r.Float64()*1.4-.2)*float64(p.Times[len(p.Times)-1]-p.Times[0]))
			p.Changes = append(p.Changes, beacon.Change{At: at, Before: time.Minute, After: time.Hour})
		}
		slices.SortFunc(p.Changes, func(a, b beacon.Change) int { return int(max(-1, min(1, a.At-b.At))) })
		next := 0
		for _, c := range pacesOf(p) {
			require.Equal(t, next, c.from)
			require.Greater(t, c.to, c.from)
			next = c.to
		}
		require.Equal(t, len(p.Times), next)
	}
}

// TestIntervalsHaveEachTheirDot: at the call, in the order of the intervals upward, and
// none outside.
func TestIntervalsHaveEachTheirDot(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		p := &beacon.PairRhythm{Times: randomTimes(r), Rhythm: beacon.Rhythm{Period: time.Minute * time.Duration(r.IntN(2))}}
		pic := intervalPicture(p.Times, pacesOf(p))
		require.Len(t, pic.dots, len(p.Times)-1)
		interval := func(i int) int64 { return p.Times[i+1] - p.Times[i] }
		for i, d := range pic.dots {
			require.Equal(t, p.Times[i+1], d.at)
			require.True(t, d.y >= 0 && d.y <= 1)
			k := r.IntN(len(pic.dots))
			if interval(i) < interval(k) {
				require.LessOrEqual(t, d.y, pic.dots[k].y)
			}
			if v := float64(interval(i)); v > pic.scale.low { // the axis says which interval a height is
				require.InEpsilon(t, v, pic.scale.low*math.Pow(pic.scale.high/pic.scale.low, d.y), 1e-6)
			}
		}
		for i, m := range pic.axis {
			for _, other := range pic.axis[:i] {
				require.GreaterOrEqual(t, math.Abs(m.y-other.y), tickRoom)
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
			times = append(times, noon+int64(s*1e9))
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
		pic := &picture{first: noon, last: noon + 1e12}
		wide, high := 1+r.IntN(80), 1+r.IntN(40)
		want := map[[2]int]int{}
		for range r.IntN(2000) {
			d := dot{noon + r.Int64N(1e12+1), math.Min(1, r.ExpFloat64()/3)}
			pic.dots = append(pic.dots, d)
			x := min(int(float64(d.at-noon)/1e12*float64(wide)), wide-1)
			want[[2]int{x, min(int(d.y*float64(high)), high-1)}]++
		}
		raster := newRaster(pic, wide, high)
		runs, paths := map[[2]int]int{}, map[[2]int]int{}
		for level := range rasterLevels {
			for _, run := range raster.runs(level) {
				for y := run.from; y <= run.to; y++ {
					runs[[2]int{run.column, y}]++
					require.Equal(t, level, raster.level(want[[2]int{run.column, y}]))
				}
			}
			walk(t, raster.path(level), func(x, y int) { paths[[2]int{x, high - 1 - y}]++ })
		}
		require.Len(t, runs, len(want))
		require.Equal(t, runs, paths)
		for cell := range want {
			require.Equal(t, 1, runs[cell])
		}
		require.Zero(t, raster.level(1))
	}
}

// walk follows a path of steps and vertical lines.
func walk(t *testing.T, path string, at func(x, y int)) {
	x, y := 0, 0
	for _, m := range regexp.MustCompile(`m(-?\d+) ?(-?\d+)v(\d+)`).FindAllStringSubmatch(path, -1) {
		path = strings.TrimPrefix(path, m[0])
		dx, _ := strconv.Atoi(m[1])
		dy, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		x, y = x+dx, y+dy
		for range n {
			at(x, y)
			y++
		}
		at(x, y)
	}
	require.Empty(t, path)
}

// TestPicturesSpanTheLogOrThePair, and lack what isn't known.
func TestPicturesSpanTheLogOrThePair(t *testing.T) {
	totals := &beacon.Totals{First: noon, Last: noon + 86400e9}
	p := &beacon.PairRhythm{Rhythm: beacon.Rhythm{Period: time.Minute}}
	assert.Nil(t, pictures(p, totals))
	p.Times = []int64{noon + 3600e9, noon + 12*3600e9}
	list := pictures(p, totals)
	require.Len(t, list, 2)
	assert.Equal(t, []int64{totals.First, totals.Last}, []int64{list[0].first, list[0].last})
	p.Times = []int64{noon + 3600e9, noon + 3*3600e9}
	list = pictures(p, totals)
	assert.Equal(t, p.Times, []int64{list[1].first, list[1].last})
	p.Period = 0
	assert.Len(t, pictures(p, totals), 1)
}

// TestPlotDrawsEveryPair, after the destinations where both rules ran.
func TestPlotDrawsEveryPair(t *testing.T) {
	for _, n := range []int{1, 14, 203} {
		fs := keeping(n)
		var svg bytes.Buffer
		require.NoError(t, Plot(&svg, "svg", fs))
		drawn := 0
		for i := range fs.Pairs {
			if strings.Contains(svg.String(), strings.ReplaceAll(pairName(&fs.Pairs[i]), ">", "&gt;")+" ") {
				drawn++
			}
		}
		assert.Equal(t, min(n, maxPanels), drawn)
		assert.Equal(t, n > maxPanels, strings.Contains(svg.String(), "left out: 3 pairs further down the list"))
		assert.NotContains(t, svg.String(), "Calls per minute")
	}
	both := sample()
	both.Query.Rules |= beacon.EveryRhythm
	both.Pairs = keeping(3).Pairs
	var svg bytes.Buffer
	require.NoError(t, Plot(&svg, "svg", both))
	assert.Less(t, strings.Index(svg.String(), "Calls per minute, 4 destinations"), strings.Index(svg.String(), "Rhythm of each source"))
}
