package beacon

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/words"
)

const epoch = 1_700_000_000 // seconds

// stamps turns seconds into sorted times of a resolution in seconds.
func stamps(seconds []float64, resolution float64) []int64 {
	ts := make([]int64, len(seconds))
	for i, s := range seconds {
		ts[i] = int64(math.Floor(s/resolution)) * int64(resolution*1e9)
		ts[i] += epoch / 60 * 60 * 1e9
	}
	slices.Sort(ts)
	return ts
}

// sleeper calls, sleeps T*(1±j), and misses a share of its calls.
func sleeper(r *rand.Rand, from, to, period, j, miss float64) (s []float64) {
	for t := from + r.Float64()*period; t < to; t += period * (1 + j*(2*r.Float64()-1)) {
		if r.Float64() >= miss {
			s = append(s, t)
		}
	}
	return s
}

func poissonCalls(r *rand.Rand, to, calls float64) (s []float64) {
	for t := 0.0; ; {
		t += r.ExpFloat64() * to / calls
		if t >= to {
			return s
		}
		s = append(s, t)
	}
}

// sessions is people: visits at random, each of several calls at log-normal waits.
func sessions(r *rand.Rand, to, calls, each, wait, sigma float64) (s []float64) {
	for _, t := range poissonCalls(r, to, calls/each) {
		for t < to {
			s = append(s, t)
			if r.Float64() < 1/each {
				break
			}
			t += wait * math.Exp(sigma*r.NormFloat64())
		}
	}
	return s
}

func pairOf(ts []int64) Pair {
	return Pair{
		Source: netset.MustHost("10.0.0.5"), Destination: netset.MustHost("198.51.100.7"),
		Port: 8080, Proto: 6, Times: ts,
	}
}

// judgeOne judges and decides a pair that is alone in its log.
func judgeOne(p Pair) Candidate {
	rs := []Candidate{judgePair(p)}
	decidePairs(rs)
	return rs[0]
}

func judgePair(p Pair) Candidate { return JudgePair(p, rhythm.Options{}, 0, 0) }

const daySeconds = 86400.0

func TestVerdicts(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	office := func(period, j float64) (s []float64) {
		for d := range 5 {
			from := float64(d)*daySeconds + 8*3600
			s = append(s, sleeper(r, from, from+9*3600, period, j, 0)...)
		}
		return s
	}
	diurnal := func(calls float64) (s []float64) {
		for _, t := range poissonCalls(r, 5*daySeconds, calls) {
			h := math.Mod(t/3600, 24)
			if h > 8 && h < 18 || r.Float64() < 0.05 {
				s = append(s, t)
			}
		}
		return s
	}
	retried := func(s []float64) (all []float64) {
		for _, t := range s {
			all = append(all, t, t+1, t+3, t+7)
		}
		return all
	}
	cron := func() (s []float64) {
		for i := range 300 {
			s = append(s, 300*float64(i)+5+4*r.Float64())
		}
		return s
	}
	twice := func() (s []float64) {
		for i := range 24 {
			s = append(s, 3600*float64(i), 3600*float64(i)+194+r.Float64()/10)
		}
		return s
	}
	for _, c := range []struct {
		name    string
		seconds []float64
		verdict Verdict
		period  float64 // seconds
	}{
		{"an hour of 60 s in a day", sleeper(r, 40000, 43600, 60, 0.001, 0), VerdictBeacon, 60},
		{"an hour of 60 s with jitter", sleeper(r, 40000, 43600, 60, 0.2, 0), VerdictBeacon, 60},
		{"office hours", office(300, 0.1), VerdictBeacon, 300},
		{"office hours, wide jitter", office(900, 0.5), VerdictBeacon, 900},
		{"60 s until noon, then 15 min", append(sleeper(r, 0, daySeconds/2, 60, 0.1, 0), sleeper(r, daySeconds/2, daySeconds, 900, 0.1, 0)...), VerdictBeacon, 60},
		{"every 6 hours for 5 days", sleeper(r, 0, 5*daySeconds, 21600, 0.01, 0), VerdictBeacon, 21600},
		{"laptop closed", append(append(sleeper(r, 0, 3000, 60, 0.3, 0), sleeper(r, 20000, 25000, 60, 0.3, 0)...), sleeper(r, 70000, 72000, 60, 0.3, 0)...), VerdictBeacon, 60},
		{"half missed", sleeper(r, 0, daySeconds, 600, 0.1, 0.5), VerdictBeacon, 600},
		{"every call retried", retried(sleeper(r, 0, daySeconds, 600, 0.1, 0)), VerdictBeacon, 600},
		{"cron", cron(), VerdictBeacon, 300},
		{"among a person's calls", append(sleeper(r, 0, daySeconds, 600, 0.1, 0), sessions(r, daySeconds, 144, 8, 10, 1.1)...), VerdictBeacon, 600},
		{"each hour, and again after 194 s", twice(), VerdictBeacon, 3600},
		{"retries alone", []float64{0, 1, 2, 3, 4, 5, 6, 7}, VerdictNone, 0},
		{"busy browsing", sessions(r, daySeconds, 2000, 30, 3, 1.8), VerdictNone, 0},
		{"diurnal", diurnal(600), VerdictNone, 0},
		{"few and diurnal", diurnal(80), VerdictNone, 0},
		{"Poisson", poissonCalls(r, daySeconds, 300), VerdictNone, 0},
	} {
		for _, resolution := range []float64{1e-6, 1} {
			t.Run(fmt.Sprintf("%s at %g s", c.name, resolution), func(t *testing.T) {
				j := judgeOne(pairOf(stamps(c.seconds, resolution)))
				if c.verdict == VerdictNone && j.Verdict == VerdictWeak {
					return // listed, with what speaks against it
				}
				require.Equal(t, c.verdict, j.Verdict, reason.Texts(j.Reasons, words.Zone{}))
				if c.verdict == VerdictBeacon {
					assert.InEpsilon(t, c.period, j.Period.Seconds(), 0.05)
					assert.LessOrEqual(t, j.PeriodLow, j.Period)
					assert.GreaterOrEqual(t, j.PeriodHigh, j.Period)
					assert.NotEmpty(t, j.Reasons)
				}
			})
		}
	}
}

func TestChangePoint(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	j := judgeOne(pairOf(stamps(append(sleeper(r, 0, daySeconds/2, 60, 0.2, 0), sleeper(r, daySeconds/2, daySeconds, 900, 0.2, 0)...), 1e-6)))
	require.Len(t, j.Changes, 1)
	assert.InEpsilon(t, 60, j.Changes[0].Before.Seconds(), 0.05)
	assert.InEpsilon(t, 900, j.Changes[0].After.Seconds(), 0.1)
	assert.InDelta(t, daySeconds/2, float64(j.Changes[0].At/1e9-epoch/60*60), 2000)
}

func TestEstimates(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	j := judgeOne(pairOf(stamps(sleeper(r, 0, daySeconds, 60, 0.2, 0.05), 1e-6)))
	assert.Equal(t, rhythm.TestSleep, j.Test)
	assert.InDelta(t, 0.2, j.Jitter, 0.02)
	assert.InDelta(t, 0.05, j.Miss, 0.02)
	assert.Less(t, j.MissLow, j.Miss)
	assert.Greater(t, j.MissHigh, j.Miss)
	assert.False(t, j.Clock)

	var cron []float64
	for i := range 500 {
		cron = append(cron, 60*float64(i)+2*r.NormFloat64()+10)
	}
	assert.True(t, judgeOne(pairOf(stamps(cron, 1e-6))).Clock)

	delayed := sleeper(r, 0, daySeconds, 60, 0.05, 0)
	for i := range delayed {
		delayed[i] += 6 * r.Float64()
	}
	assert.False(t, judgeOne(pairOf(stamps(delayed, 1e-6))).Clock, "a sleeper over a slow network")
}

func TestRetriesAreOneCall(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var s []float64
	for _, x := range sleeper(r, 0, 3600, 60, 0.05, 0) {
		s = append(s, x, x+1, x+2, x+3)
	}
	j := judgeOne(pairOf(stamps(s, 1e-6)))
	assert.Equal(t, len(s), j.Flows)
	assert.Equal(t, len(s)/4, j.Calls)
	assert.InEpsilon(t, 60, j.Period.Seconds(), 0.02)
}

// At a coarse resolution a busy pair has a flow in every tick.
func TestEveryTickIsNoRhythm(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	assert.Equal(t, VerdictNone, judgeOne(pairOf(stamps(poissonCalls(r, daySeconds, 50000), 60))).Verdict)
	assert.Equal(t, VerdictNone, judgeOne(pairOf(stamps(poissonCalls(r, 3600, 20000), 1))).Verdict)
}

func TestInsufficientSaysHowManyMore(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	p := pairOf(stamps(sleeper(r, 0, daySeconds, 2*3600, 0.01, 0), 1e-6))
	p.Port = 443
	j := judgeOne(p)
	assert.Equal(t, VerdictInsufficient, j.Verdict)
	assert.Equal(t, int(limits.WebCalls)-len(p.Times), j.Needs)

	few := pairOf(stamps(sleeper(r, 0, 6600, 600, 0.35, 0), 1e-6))
	j = judgeOne(few)
	assert.Equal(t, VerdictInsufficient, j.Verdict, j.Reasons)
	require.Positive(t, j.Needs)
	more := pairOf(stamps(sleeper(r, 0, 6600+2*600*float64(j.Needs), 600, 0.35, 0), 1e-6))
	assert.Equal(t, VerdictBeacon, judgeOne(more).Verdict, "twice the calls that it asked for")
}

// Detection and false alarms on a small sample; make eval has the large ones.
func TestCalibration(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates thousands of pairs")
	}
	r := rand.New(rand.NewPCG(21, 22))
	const trials = 300
	for name, draw := range map[string]func() []float64{
		"poisson":      func() []float64 { return poissonCalls(r, daySeconds, 100) },
		"few":          func() []float64 { return poissonCalls(r, daySeconds, 12) },
		"sessions":     func() []float64 { return sessions(r, daySeconds, 120, 8, 10, 1) },
		"tight bursts": func() []float64 { return sessions(r, daySeconds, 60, 4, 2, 0.8) },
	} {
		for _, resolution := range []float64{1e-6, 1, 60} {
			var below [2]int
			for range trials {
				p := judgePair(pairOf(stamps(draw(), resolution))).P
				require.False(t, math.IsNaN(p) || p < 0 || p > 1)
				for k, level := range []float64{0.01, 0.001} {
					if p < level {
						below[k]++
					}
				}
			}
			assert.LessOrEqual(t, below[0], trials/100, "%s at %g s", name, resolution)
			assert.LessOrEqual(t, below[1], 2, "%s at %g s", name, resolution)
		}
	}
	found := 0
	for range 100 {
		j := judgePair(pairOf(stamps(sleeper(r, 0, daySeconds, 600, 0.5, 0.2), 1e-6)))
		if j.P < 0.001 && math.Abs(j.Period.Seconds()/600-1) < 0.1 {
			found++
		}
	}
	assert.GreaterOrEqual(t, found, 95)
}

// Moving all times, or scaling them, moves and scales the rhythm; their order is
// none of its business.
func TestInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for range 50 {
		s := sleeper(r, 0, daySeconds/4, 100+500*r.Float64(), 0.6*r.Float64(), 0.4*r.Float64())
		if r.IntN(3) == 0 {
			s = poissonCalls(r, daySeconds, 50)
		}
		ts := stamps(s, 1e-6)
		want := judgePair(pairOf(ts))

		moved := slices.Clone(ts)
		for i := range moved {
			moved[i] -= 12345 * 3600e9
		}
		got := judgePair(pairOf(moved))
		assert.Equal(t, want.Period, got.Period)
		assert.InEpsilon(t, want.P+1e-300, got.P+1e-300, 1e-6)

		shuffled := slices.Clone(ts)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		assert.Equal(t, want, judgePair(pairOf(shuffled)))

		doubled := slices.Clone(ts)
		for i := range doubled {
			doubled[i] = ts[0] + 2*(ts[i]-ts[0])
		}
		if want.Test == rhythm.TestSleep && want.P < 1e-6 {
			got = judgePair(pairOf(doubled))
			assert.InEpsilon(t, 2*want.Period.Seconds(), got.Period.Seconds(), 1e-3)
			assert.InDelta(t, math.Log(want.P+1e-300), math.Log(got.P+1e-300), 1)
		}
	}
}

func TestDirtyData(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	huge := make([]int64, 100_000)
	for i := range huge {
		huge[i] = r.Int64N(86400e9)
	}
	slices.Sort(huge)
	far := []int64{math.MinInt64 / 4, -1, 0, 1, 2, 3, math.MaxInt64 / 4}
	equal := make([]int64, 500)
	for name, ts := range map[string][]int64{
		"none": nil, "one": {5}, "two": {5, 9}, "five": {1, 2, 3, 4, 5}, "equal": equal,
		"equal but one": append(make([]int64, 500), 1e9), "huge": huge, "far": far,
		"unsorted": {9e9, 1e9, 5e9, 2e9, 7e9, 3e9, 4e9},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(ts)
			for _, o := range []rhythm.Options{{}, {MinCalls: 1, MinPeriod: time.Nanosecond}, {MaxPeriod: 1}} {
				j := JudgePair(Pair{Times: ts, Bytes: make([]int64, len(ts))}, o, 0, 0)
				for _, v := range []float64{j.P, j.Q, j.Jitter, j.JitterLow, j.JitterHigh, j.Miss, j.MissLow, j.MissHigh, j.Regular, j.RITA.Total} {
					assert.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%+v", j)
				}
				assert.NotEqual(t, VerdictBeacon, judgeOne(Pair{Times: ts}).Verdict)
			}
			assert.Equal(t, before, ts, "the caller's times were changed")
		})
	}
}

func TestSizeRegularity(t *testing.T) {
	s := sizeRegularity(Pair{Bytes: []int64{100, 101, 99, 500}, SrcBytes: []int64{10, 10, 10, 10}})
	assert.Equal(t, SizeRegularity{Total: 0.75, Sent: 1, Received: 0.75}, s)
	assert.Equal(t, SizeRegularity{-1, -1, -1}, sizeRegularity(Pair{}))
}
