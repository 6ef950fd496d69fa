package rhythm

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"beacon/internal/stats"
)

// choice returns a sleep of some seconds and one of the extras, each as likely.
func choice(r *rand.Rand, seconds float64, extras ...float64) func() float64 {
	return func() float64 { return seconds + extras[r.IntN(len(extras))] + .05*r.ExpFloat64() }
}

// steps returns sleeps in turn.
func steps(r *rand.Rand, seconds ...float64) func() float64 {
	k := 0
	return func() float64 { k++; return seconds[k%len(seconds)] + .03*r.Float64() }
}

// floored cuts times off to a tick.
func floored(times []int64, tick time.Duration) []int64 {
	for i := range times {
		times[i] -= times[i] % int64(tick)
	}
	return times
}

// timers are series of programs that keep time in ways that real ones do, with the period
// that an analyst would read off their picture; 0 where that is open.
var timers = []struct {
	kind
	tick   time.Duration
	period float64
}{
	{kind: kind{"whole seconds, 4 to 6", func(r *rand.Rand) []float64 { return sleeps(r, 600, choice(r, 4, 0, 1, 2)) }}, period: 5},
	{kind: kind{"whole seconds, 10 to 20", func(r *rand.Rand) []float64 {
		return sleeps(r, hour, func() float64 { return 10 + float64(r.IntN(11)) + .05*r.Float64() })
	}}, period: 15},
	{kind: kind{"two of 4 to 6 s", func(r *rand.Rand) []float64 {
		return append(sleeps(r, hour, choice(r, 4, 0, 1, 2)), sleeps(r, hour, choice(r, 4, 0, 1, 2))...)
	}}},
	{kind: kind{"two of 60 s ±20%", func(r *rand.Rand) []float64 {
		return append(sleeps(r, 6*hour, jittered(r, 60, .2)), sleeps(r, 6*hour, jittered(r, 60, .2))...)
	}}},
	{kind: kind{"60 s ±20% and 100 s ±20%", func(r *rand.Rand) []float64 {
		return append(sleeps(r, 12*hour, jittered(r, 60, .2)), sleeps(r, 12*hour, jittered(r, 100, .2))...)
	}}},
	{kind: kind{"tried twice: 9 s, 14 s", func(r *rand.Rand) []float64 { return missing(r, .1, sleeps(r, 900, steps(r, 9, 14))) }}, period: 23},
	{kind: kind{"tried twice: 20 s, 41 s", func(r *rand.Rand) []float64 { return sleeps(r, 3600, steps(r, 20, 41)) }}, period: 61},
	{kind: kind{"tried twice for hours: 4 s, 16 s", func(r *rand.Rand) []float64 { return sleeps(r, 5*hour, steps(r, 4, 16)) }}, period: 20},
	{kind: kind{"tried three times: 3 s, 6 s, 12 s", func(r *rand.Rand) []float64 { return sleeps(r, 1800, steps(r, 3, 6, 12)) }}, period: 21},
	{kind: kind{"waits that double from 5 s to 80 s", func(r *rand.Rand) []float64 { return sleeps(r, 2*hour, steps(r, 5, 10, 20, 40, 80)) }}, period: 155},
	{kind: kind{"201 s after 0, 6, 14 or 61 s of work", func(r *rand.Rand) []float64 { return sleeps(r, 5*hour, choice(r, 201, 0, 6, 14, 61)) }}, period: 201},
	{kind: kind{"the same, a fifth missing", func(r *rand.Rand) []float64 {
		return missing(r, .2, sleeps(r, 8*hour, choice(r, 201, 0, 6, 14, 61)))
	}}, period: 201},
	{kind: kind{"30 s after 0, 0 or 10 s of work", func(r *rand.Rand) []float64 { return sleeps(r, hour, choice(r, 30, 0, 0, 10)) }}, period: 30},
	{kind: kind{"seven calls 15.8 min apart, ±3%", func(r *rand.Rand) []float64 { return sleeps(r, 7*948, jittered(r, 948, .03)) }}, period: 948},
	{kind: kind{"one of twelve servers by lot", func(r *rand.Rand) []float64 {
		return missing(r, 11./12, sleeps(r, 7*day, jittered(r, 600, .0005)))
	}}, period: 600},
	{kind{"60 s in steps of 10 s", func(r *rand.Rand) []float64 { return sleeps(r, 3*hour, jittered(r, 60, .01)) }}, 10 * time.Second, 60},
	{kind{"30 s ±20% in steps of 10 s", func(r *rand.Rand) []float64 { return sleeps(r, 3*hour, jittered(r, 30, .2)) }}, 10 * time.Second, 30},
	{kind{"10 min ±20% in steps of 5 min", func(r *rand.Rand) []float64 { return sleeps(r, day, jittered(r, 600, .2)) }}, 5 * time.Minute, 600},
	{kind{"5 min in steps of 5 min", func(r *rand.Rand) []float64 { return sleeps(r, day, jittered(r, 300, .02)) }}, 5 * time.Minute, 300},
}

// Timers of many makes are found and described as what they are.
func TestTimersOfManyMakes(t *testing.T) {
	const trials = 20
	for i, k := range timers {
		r := rand.New(rand.NewPCG(uint64(i), 2))
		found, right := 0, 0
		for range trials {
			times := at(k.make(r))
			if k.tick > 0 {
				floored(times, k.tick)
			}
			j := Judge(times, Options{Tick: k.tick})
			if j.P < 0.001 && len(j.Against) == 0 {
				found++
			}
			if k.period == 0 || math.Abs(j.Period.Seconds()/k.period-1) <= 0.1 {
				right++
			}
		}
		assert.GreaterOrEqual(t, found, trials-1, k.name)
		assert.GreaterOrEqual(t, right, trials-2, k.name+": period")
	}
}

// chances are series without a rhythm.
var chances = []struct {
	kind
	tick time.Duration
}{
	{kind{"1 in 5 min, in steps of 5 min", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 288/day), day) }}, 5 * time.Minute},
	{kind{"2 in 5 min, in steps of 5 min", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 576/day), day) }}, 5 * time.Minute},
	{kind{"1 in 15 min, in steps of 5 min", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 96/day), day) }}, 5 * time.Minute},
	{kind{"1 in 10 s, in steps of 10 s", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 0.1), 2*hour) }}, 10 * time.Second},
	{kind{"1 in 30 s, in steps of 15 s", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 1./30), 2*hour) }}, 15 * time.Second},
	{kind{"20 a minute, in whole minutes", func(r *rand.Rand) []float64 { return stats.Until(stats.Poisson(r, 1./3), 6*hour) }}, time.Minute},
	{kind{"a person, in steps of 30 s", func(r *rand.Rand) []float64 { return stats.Until(stats.Human(r, 300/day, stats.Browsing), day) }}, 30 * time.Second},
	{kind{"a person", func(r *rand.Rand) []float64 { return stats.Until(stats.Human(r, 1000/day, stats.Browsing), day) }}, 0},
	{kind{"a rate that doubles and halves by the hour", func(r *rand.Rand) []float64 {
		return thinned(r, 2./60, func(t float64) float64 { return math.Pow(2, math.Sin(2*math.Pi*t/hour)) / 2 })
	}}, 0},
	{kind{"calls that are retried after 1 s and 3 s", func(r *rand.Rand) (s []float64) {
		for _, t := range stats.Until(stats.Poisson(r, 300/day), day) {
			s = append(s, t, t+1, t+3)
		}
		return s
	}}, 0},
}

// thinned returns a day of calls at a rate that changes.
func thinned(r *rand.Rand, rate float64, share func(t float64) float64) (s []float64) {
	for _, t := range stats.Until(stats.Poisson(r, rate), day) {
		if r.Float64() < share(t) {
			s = append(s, t)
		}
	}
	return s
}

// Chance is no rhythm on whatever clock.
func TestChanceOnAnyClock(t *testing.T) {
	const trials = 20
	for i, k := range chances {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		found := 0
		for range trials {
			times := at(k.make(r))
			if k.tick > 0 {
				floored(times, k.tick)
			}
			if j := Judge(times, Options{Tick: k.tick}); j.P < 0.01 && len(j.Against) == 0 {
				found++
			}
		}
		assert.LessOrEqual(t, found, 1, k.name)
	}
}

// The steadiness test is about the rate: of calls of any rhythm it sees how many come in
// each stretch of time.
func TestSteadiness(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	mem := new(scratch)
	weigh := func(seconds []float64, median float64) steadyFit {
		return mem.testSteady(at(seconds), median*1e9, 1e6)
	}
	var four []float64
	for range 4 {
		four = append(four, sleeps(r, 12*hour, jittered(r, 60, .3))...)
	}
	f := weigh(four, 12)
	assert.Greater(t, f.logE, 10., "four sleepers of 60 s ±30%")
	assert.InEpsilon(t, 15, f.period/1e9, 0.05)

	for range 100 {
		assert.Less(t, weigh(stats.Until(stats.Poisson(r, 2000/day), day), 30).logE, 6., "Poisson")
		assert.Less(t, weigh(stats.Until(stats.Human(r, 2000/day, stats.Browsing), day), 10).logE, 6., "a person")
	}
	dead := sleeps(r, day, func() float64 { return 30 * (.25 + .75*r.ExpFloat64()) })
	assert.Less(t, weigh(dead, 25).logE, 6., "calls that wait a quarter of their mean interval")
}
