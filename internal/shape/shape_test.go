package shape

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// finding is a destination with its judgement.
type finding struct {
	Calls
	Shape    Shape
	Evidence Evidence
}

// judge sets the judgement of calls by the rule of the main job.
func (f *finding) judge(log Log) {
	log.CycleSlots, log.NeededSlots = 60, 60
	f.Shape, f.Evidence = Judge(f.Calls, log)
}

// simulated is a series that has one shape on purpose.
type simulated struct {
	want    Shape
	days    int
	zone    int64   // minutes that the log's clock is off
	scale   float64 // of the hunt's volume
	weekend bool    // the last two of seven days are silent
	sources int
}

// rate draws how many calls a minute of the office's own clock has.
type rate func(d, ofDay int) int

// series draws the calls of a simulated destination.
func (c simulated) series(r *rand.Rand) Series {
	var draw rate
	switch c.want {
	case Bursts:
		draw = c.bursts(r)
	case Diurnal:
		draw = c.diurnal(r)
	case Flat:
		mean := max(10*c.scale, .3+2*r.Float64()) // of up to 20 a minute
		draw = func(d, ofDay int) int { return poisson(r, mean) }
	case Sparse:
		mean := .01 + .06*r.Float64()
		draw = func(d, ofDay int) int { return poisson(r, mean) }
	}
	s := Series{Bucket: time.Minute}
	for m := range c.days * 1440 {
		local := m + int(c.zone) + 1440
		if c.weekend && (local/1440)%7 >= 5 {
			continue
		}
		if n := draw(local/1440, local%1440); n > 0 {
			s.Counts = append(s.Counts, Count{Index: int64(m) + 18434*1440, Calls: int64(n)})
		}
	}
	return s
}

// bursts is one to six runs a day of 20 to 90 minutes, at least 90 minutes
// apart, each with a jitter of its own, and up to a stray call a day.
func (c simulated) bursts(r *rand.Rand) rate {
	n := 1 + r.IntN(6)
	length := 20 + r.IntN(71)
	if n > 3 {
		length = min(length, 55) // they fill less than a quarter of the day
	}
	var at []int
	for begin := r.IntN(1440 / n); len(at) < n; begin += 1440 / n {
		at = append(at, begin%1440)
	}
	jitter := 1 + r.IntN(4)
	low := max(3, 25*c.scale)
	high := max(5, 80*c.scale)
	strays := r.Float64() / 1440
	begins := map[[2]int]int{}
	return func(d, ofDay int) int {
		for i, a := range at {
			key := [2]int{d, i}
			if _, ok := begins[key]; !ok {
				begins[key] = a + r.IntN(2*jitter+1) - jitter
			}
			if since := (ofDay - begins[key] + 1440) % 1440; since < length {
				return max(1, int(low+r.Float64()*(high-low)))
			}
		}
		if r.Float64() < strays {
			return 1
		}
		return 0
	}
}

// diurnal is the working day's hump, decaying to midnight, at the peak of a
// busy service or of the resolver.
func (c simulated) diurnal(r *rand.Rand) rate {
	peak := max((100+700*r.Float64())*c.scale, 4)
	night := 0.
	if r.IntN(8) == 0 { // the resolver
		peak, night = max(42*c.scale, 6), max(3*c.scale, .25)
	}
	lunch := r.IntN(4) == 0
	opens := 6*60 + r.IntN(120)
	return func(d, ofDay int) int {
		h := float64(ofDay-opens) / 60
		level := 0.
		switch {
		case h < 0:
		case h < 2:
			level = h / 2
		case h < 10:
			level = 1
		default:
			level = math.Exp(-(h - 10) / 2)
		}
		if lunch && h > 5 && h < 6 {
			level *= .05
		}
		return poisson(r, peak*level+night)
	}
}

// poisson draws a Poisson count, rounded from a normal one where the mean is large.
func poisson(r *rand.Rand, mean float64) int {
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	n, p := 0, math.Exp(-mean)
	for u := r.Float64(); u > p && n < 200; n++ {
		u -= p
		p *= mean / float64(n+1)
	}
	return n
}

// judged is the finding of a series in a log of whole days.
func judged(s Series, days, sources int) finding {
	f := finding{Calls: Calls{Series: s, Sources: sources}}
	for _, c := range s.Counts {
		f.Flows += c.Calls
	}
	begin := int64(18434) * int64(day)
	f.judge(Log{First: begin + 3e9, Last: begin + int64(days)*int64(day) - 4e9, InternalHosts: 523})
	return f
}

// confusion counts what each simulated shape was judged to be.
type confusion map[Shape]map[Shape]int

func (c confusion) add(want, got Shape) {
	if c[want] == nil {
		c[want] = map[Shape]int{}
	}
	c[want][got]++
}

func (c confusion) right(want Shape) float64 {
	all := 0
	for _, n := range c[want] {
		all += n
	}
	return float64(c[want][want]) / float64(all)
}

func (c confusion) String() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%-10s", "is \\ said")
	for _, s := range shapes {
		fmt.Fprintf(b, "%10s", s)
	}
	for _, want := range shapes {
		if c[want] == nil {
			continue
		}
		fmt.Fprintf(b, "\n%-10s", want)
		for _, got := range shapes {
			fmt.Fprintf(b, "%10d", c[want][got])
		}
	}
	return b.String()
}

// TestShapesOfSimulatedSeries moves rate, seed, time zone, days, weekends and
// sources of the shapes: 99 of 100 are told right, and a busy service is never
// said to burst.
func TestShapesOfSimulatedSeries(t *testing.T) {
	trials := 400
	if testing.Short() {
		trials = 100
	}
	seen := confusion{}
	for _, want := range []Shape{Bursts, Diurnal, Flat, Sparse} {
		for trial := range trials {
			r := rand.New(rand.NewPCG(uint64(trial), uint64(want.Rank())))
			c := simulated{
				want: want, days: 2 + r.IntN(8), zone: int64(r.IntN(1440)), scale: .05 + r.Float64()*r.Float64(),
				sources: 1 + r.IntN(500),
			}
			c.weekend = c.days >= 7 && r.IntN(2) == 0 && want != Flat && want != Sparse
			f := judged(c.series(r), c.days, c.sources)
			seen.add(want, f.Shape)
			if f.Shape != want {
				t.Logf("%+v: %s, %+v", c, f.Shape, f.Evidence)
			}
		}
	}
	t.Logf("\n%s", seen)
	for want := range seen {
		assert.GreaterOrEqual(t, seen.right(want), .99, "%s", want)
	}
	assert.Zero(t, seen[Diurnal][Bursts])
}

// TestShapeDoesNotDependOnTheClock shifts one series by every quarter of an hour.
func TestShapeDoesNotDependOnTheClock(t *testing.T) {
	for _, want := range []Shape{Bursts, Diurnal, Flat, Sparse} {
		base := simulated{want: want, days: 5, scale: .1}.series(rand.New(rand.NewPCG(7, 7)))
		for shift := int64(0); shift < 1440; shift += 15 {
			f := finding{Calls: Calls{Series: Series{Bucket: time.Minute, Counts: slices.Clone(base.Counts)}}}
			for i := range f.Series.Counts {
				f.Series.Counts[i].Index += shift
				f.Flows += f.Series.Counts[i].Calls
			}
			begin := 18434*int64(day) + shift*int64(time.Minute)
			f.judge(Log{First: begin, Last: begin + 5*int64(day) - 1})
			require.Equal(t, want, f.Shape, "shifted by %d min", shift)
		}
	}
}

// minutes is a series of one call in each of the minutes.
func minutes(from, n, step int) Series {
	s := Series{Bucket: time.Minute}
	for i := range n {
		s.Counts = append(s.Counts, Count{Index: int64(from + i*step), Calls: 1})
	}
	return s
}

func join(all ...Series) Series {
	s := Series{Bucket: time.Minute}
	for _, one := range all {
		s.Counts = append(s.Counts, one.Counts...)
	}
	return s
}

func TestShapeOfPlainSeries(t *testing.T) {
	d := 1440
	hourly := func(days ...int) (all []Series) {
		for _, k := range days {
			all = append(all, minutes(k*d+492, 61, 1), minutes(k*d+678, 61, 1), minutes(k*d+858, 61, 1))
		}
		return all
	}
	for _, c := range []struct {
		name   string
		series Series
		length int // of the log, in minutes
		want   Shape
	}{
		{"an hour of a call a minute", minutes(0, 60, 1), 60, Flat},
		{"an hour of a call a minute in a log of six hours", minutes(60, 60, 1), 360, TooShort},
		{"twenty hours of a call a minute", minutes(0, 1200, 1), 1200, Flat},
		{"an hour of calls in a week", minutes(3*d+600, 60, 1), 7 * d, TooShort},
		{"nine hours on one of five days", minutes(2*d+600, 540, 1), 5 * d, TooShort},
		{"three bursts on the only day", join(hourly(0)...), d, TooShort},
		{"three bursts a day", join(hourly(0, 1, 2, 3, 4)...), 5 * d, Bursts},
		{"three bursts a day, none on two days", join(hourly(0, 1, 4)...), 5 * d, Bursts},
		{"a log of a day and a half", join(append(hourly(0), hourly(1)[0], minutes(d+678, 42, 1))...), d * 3 / 2, Bursts},
		{"bursts at other times each day", join(minutes(100, 61, 1), minutes(700, 61, 1), minutes(d+300, 61, 1), minutes(d+1000, 61, 1),
			minutes(2*d+500, 61, 1), minutes(2*d+1200, 61, 1)), 3 * d, Sparse},
		{"each 61 minutes", minutes(0, 300, 61), 300 * 61, Sparse},
		{"each five minutes", minutes(0, 1440, 5), 5 * d, Flat},
		{"one call", minutes(700, 1, 1), 5 * d, Sparse},
		{"nothing", Series{Bucket: time.Minute}, 5 * d, Sparse},
	} {
		f := finding{Calls: Calls{Series: c.series, Flows: int64(len(c.series.Counts)), Sources: 26}}
		f.judge(Log{First: 0, Last: int64(c.length)*int64(time.Minute) - 1, InternalHosts: 523})
		assert.Equal(t, c.want, f.Shape, "%s: %+v", c.name, f.Evidence)
	}
}

func TestEvidenceOfBursts(t *testing.T) {
	var all []Series
	for k := range 5 {
		for _, at := range []int{492, 678, 858} {
			all = append(all, minutes(k*1440+at+k%3-1, 61, 1))
		}
	}
	f := finding{Calls: Calls{Series: join(all...), Flows: 915, Sources: 26}}
	f.judge(Log{Last: 5*int64(day) - 1, InternalHosts: 523})
	assert.Equal(t, Bursts, f.Shape)
	assert.Len(t, f.Evidence.RunTimes, 3)
	assert.Equal(t, 1., f.Evidence.Regularity)
	assert.Equal(t, 15, f.Evidence.Runs)
	assert.InDelta(t, 26./523, f.Evidence.Prevalence, 1e-9)
}

// TestShapeOfOddInput: whatever the series and its bucket, there is a shape of
// the known ones, no number is NaN, and the second judgement is the first.
func TestShapeOfOddInput(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, bucket := range []time.Duration{time.Second, time.Minute, 7 * time.Minute, time.Hour, 5 * time.Hour, 48 * time.Hour} {
		for range 200 {
			f := finding{Calls: Calls{Series: Series{Bucket: bucket}, Sources: r.IntN(3)}}
			index := int64(r.IntN(4000) - 2000)
			for range r.IntN(60) {
				index += 1 + int64(r.IntN(1<<r.IntN(12)))
				f.Series.Counts = append(f.Series.Counts, Count{index, 1 + int64(r.IntN(1<<r.IntN(20)))})
				f.Flows += f.Series.Counts[len(f.Series.Counts)-1].Calls
			}
			log := Log{First: r.Int64N(1e15) - 5e14, Last: r.Int64N(1e15) - 5e14, CycleSlots: 4, NeededSlots: 1 + r.IntN(4)}
			f.Shape, f.Evidence = Judge(f.Calls, log)
			assert.Less(t, f.Shape.Rank(), len(shapes))
			again := f
			again.Shape, again.Evidence = Judge(again.Calls, log)
			require.Equal(t, f, again) // and NaN equals nothing
			for _, share := range []float64{f.Evidence.ActiveShare, f.Evidence.RunCover, f.Evidence.Regularity, f.Evidence.ChanceAll, f.Evidence.ActiveHours} {
				require.True(t, share >= 0 && share <= 1+1e-9, "%+v", f.Evidence)
			}
			require.False(t, math.IsInf(f.Evidence.DayNight, 0))
		}
	}
}

// chanceExact is the occupancy of 60 equal slots call by call: the plain one.
func chanceExact(n, slots, need int) (mean, all float64) {
	p := make([]float64, slots+1)
	p[0] = 1
	for range n {
		for k := slots; k > 0; k-- {
			p[k] = p[k]*float64(k)/float64(slots) + p[k-1]*float64(slots-k+1)/float64(slots)
		}
		p[0] = 0
	}
	for k, v := range p {
		mean += float64(k) * v
		if k >= need {
			all += v
		}
	}
	return mean, all
}

func TestChanceFillsSlots(t *testing.T) {
	s := newSpan(&Series{Bucket: time.Minute}, Log{Last: 5*int64(day) - 1})
	worst := 0.
	for _, need := range []int{60, 55} {
		for n := 1; n < 1500; n += 7 {
			slots, all := s.chance(int64(n), 60, need)
			mean, exact := chanceExact(n, 60, need)
			require.InDelta(t, mean, slots, 1e-6, "%d calls", n)
			worst = max(worst, math.Abs(exact-all))
		}
	}
	t.Logf("largest error of the probability: %.4f", worst)
	assert.Less(t, worst, .05)

	f := judged(minutes(18434*1440, 1000, 7), 5, 1)
	assert.True(t, f.Evidence.ByChance(), "a thousand calls at random fill all 60")
	f = judged(minutes(18434*1440, 60, 61), 5, 1)
	assert.False(t, f.Evidence.ByChance())
	assert.InDelta(t, 60*(1-math.Pow(59./60, 60)), f.Evidence.ChanceSlots, 1e-6)
}

// Missed is what random calls of the same rate miss on average.
func TestMissed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const runs, days = 2000, 3
	calls := func() (s Series, slots map[int64]bool) {
		s.Bucket, slots = time.Minute, map[int64]bool{}
		for m := range int64(days * 1440) {
			if r.Float64() < 0.06 { // 4.3 calls a slot
				s.Counts = append(s.Counts, Count{Index: m - 7777, Calls: 1 + r.Int64N(9)})
				slots[(m-7777+60*1440)%60] = true
			}
		}
		return s, slots
	}
	empty, want := 0, 60*math.Exp(-72*0.06)
	for range runs {
		_, slots := calls()
		empty += 60 - len(slots)
	}
	require.InDelta(t, want, float64(empty)/runs, 0.15)
	mean := 0.
	for range runs {
		s, _ := calls()
		mean += missed(&s, 60) / runs
	}
	// The mean of exp(-n) over Poisson counts n of mean m is exp(m/e-m).
	require.InDelta(t, 60*math.Exp(72*0.06*(1/math.E-1)), mean, 0.3)
	require.Greater(t, mean, want)
}
