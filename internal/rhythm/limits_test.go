package rhythm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"beacon/internal/stats"
)

// kind is a way of calling, at seconds after a start.
type kind struct {
	name string
	make func(r *rand.Rand) []float64
}

const (
	hour = 3600.0
	day  = 24 * hour
)

// at returns the starts of calls in ns, to the millisecond.
func at(seconds []float64) []int64 {
	times := make([]int64, len(seconds))
	for i, s := range seconds {
		times[i] = 1_700_000_000e9 + int64(s*1e3)*1e6
	}
	slices.Sort(times)
	return times
}

// sleeps returns the calls of a program that sleeps between them, from a random moment
// of the first period on.
func sleeps(r *rand.Rand, span float64, sleep func() float64) (calls []float64) {
	for t := r.Float64() * sleep(); t < span; t += sleep() {
		calls = append(calls, t)
	}
	return calls
}

// jittered returns a sleep of period·(1±j).
func jittered(r *rand.Rand, period, j float64) func() float64 {
	return func() float64 { return period * (1 + j*(2*r.Float64()-1)) }
}

// missing drops a share of the calls.
func missing(r *rand.Rand, share float64, calls []float64) []float64 {
	return slices.DeleteFunc(calls, func(float64) bool { return r.Float64() < share })
}

// visits returns visits at random, as many as expected, each of some calls.
func visits(r *rand.Rand, span, expected float64, calls func(from float64) []float64) (all []float64) {
	for _, t := range stats.Until(stats.Poisson(r, expected/span), span) {
		all = append(all, calls(t)...)
	}
	return all
}

// limitKinds are the kinds of series that the rules of thumb are for: programs that wait,
// pages, people and mixtures, which aren't beacons, and beacons that look like them.
var limitKinds = []kind{
	{"a page reloaded after 60 s, none to three times", func(r *rand.Rand) []float64 {
		return visits(r, day, 30, func(t float64) (s []float64) {
			for k := range 1 + r.IntN(4) {
				s = append(s, t+60*float64(k)+.1*r.Float64())
			}
			return s
		})
	}},
	{"a page reloaded after 3 to 6 min, while it is looked at", func(r *rand.Rand) []float64 {
		period := 180 + 180*r.Float64()
		return visits(r, 5*day, 25, func(t float64) (s []float64) {
			for end := t + 900*r.ExpFloat64(); t <= end; t += period + .3*r.Float64() {
				s = append(s, t)
			}
			return s
		})
	}},
	{"retries of 1, 3 and 7 s at random", func(r *rand.Rand) []float64 {
		return visits(r, day, 20, func(t float64) []float64 { return []float64{t, t + 1, t + 3, t + 7}[:2+r.IntN(3)] })
	}},
	{"tallies of a film, each 10 to 40 s", func(r *rand.Rand) []float64 {
		period := 10 + 30*r.Float64()
		return visits(r, 7*day, 20, func(t float64) (s []float64) {
			for k := range 2 + r.IntN(6) {
				s = append(s, t+period*float64(k)+.2*r.Float64())
			}
			return s
		})
	}},
	{"one burst of a few calls", func(r *rand.Rand) []float64 {
		return sleeps(r, 100+500*r.Float64(), jittered(r, 5+20*r.Float64(), .02))
	}},
	{"clicks 2 to 8 s apart, in sessions", func(r *rand.Rand) []float64 {
		return visits(r, day, float64(2+r.IntN(8)), func(t float64) (s []float64) {
			for range 10 + r.IntN(20) {
				s, t = append(s, t), t+2+6*r.Float64()
			}
			return s
		})
	}},
	{"clicks 8 to 12 s apart, in sessions", func(r *rand.Rand) []float64 {
		return visits(r, day, float64(2+r.IntN(8)), func(t float64) (s []float64) {
			j := .1 + .3*r.Float64()
			for range 10 + r.IntN(20) {
				s, t = append(s, t), t+10*(1+j*(2*r.Float64()-1))
			}
			return s
		})
	}},
	{"clicks 7 to 13 s apart, in sessions", func(r *rand.Rand) []float64 {
		return visits(r, day, 8, func(t float64) (s []float64) {
			for range 10 + r.IntN(20) {
				s, t = append(s, t), t+7+6*r.Float64()
			}
			return s
		})
	}},
	{"a resolver: timers of many programs", func(r *rand.Rand) (s []float64) {
		for range 6 {
			period := 900 * math.Pow(2, float64(r.IntN(3)))
			s = append(s, missing(r, .5*r.Float64(), sleeps(r, day, jittered(r, period, .05)))...)
		}
		return append(s, stats.Until(stats.Human(r, 100/day, stats.Browsing), day)...)
	}},
	{"one of 10 to 50 servers by lot, by the clock", func(r *rand.Rand) []float64 {
		return missing(r, 1-1/(10+40*r.Float64()), stats.Until(stats.Clock(r, 300, .01), 4*day))
	}},
	{"one of 2 to 10 servers by lot", func(r *rand.Rand) []float64 {
		return missing(r, 1-1/(2+8*r.Float64()), sleeps(r, 2*day, jittered(r, 60+200*r.Float64(), .05)))
	}},
	{"a clock with wide jitter that misses calls", func(r *rand.Rand) []float64 {
		return missing(r, .2+.4*r.Float64(), stats.Until(stats.Clock(r, 600, .25), day))
	}},
	{"a timer among a person's calls", func(r *rand.Rand) []float64 {
		return append(sleeps(r, day, jittered(r, 600, .02)), stats.Until(stats.Human(r, 1200*r.Float64()/day, stats.Browsing), day)...)
	}},
	{"a few calls of a timer among others", func(r *rand.Rand) []float64 {
		return append(sleeps(r, 2*hour, jittered(r, 600, .01)), stats.Until(stats.Poisson(r, 40*r.Float64()/day), day)...)
	}},
	{"an interval that comes once at a time", func(r *rand.Rand) []float64 {
		return visits(r, day, 40, func(t float64) []float64 { return []float64{t, t + 150 + r.Float64(), t + 300}[:1+r.IntN(3)] })
	}},
	{"two calls a visit, a set time apart", func(r *rand.Rand) []float64 {
		return visits(r, day, 30, func(t float64) (s []float64) {
			for range 1 + r.IntN(4) {
				s, t = append(s, t, t+20+.1*r.Float64()), t+60
			}
			return s
		})
	}},
	{"a cycle of 9 and 14 s, calls missing", func(r *rand.Rand) []float64 {
		k := 0
		return missing(r, .3*r.Float64(), sleeps(r, 900, func() float64 { k++; return 9 + 5*float64(k%2) + .05*r.Float64() }))
	}},
	{"a fast timer with pauses", func(r *rand.Rand) []float64 {
		pause := .1 + .3*r.Float64()
		return sleeps(r, hour, func() float64 {
			if r.Float64() < pause {
				return 40 + 100*r.ExpFloat64()
			}
			return 8 + .1*r.Float64()
		})
	}},
	{"polls with a random wait of as much again", func(r *rand.Rand) []float64 {
		return sleeps(r, day, func() float64 { return 300 * (.2 + r.ExpFloat64()*.5) })
	}},
	{"even counts of many programs", func(r *rand.Rand) (s []float64) {
		for range 4 + r.IntN(5) {
			s = append(s, sleeps(r, day, jittered(r, 1200+1200*r.Float64(), .2))...)
		}
		return s
	}},
}

const limitTrials = 40

// fitsOf describes all fits that are significant, or the strongest one, for every series
// of a kind.
func fitsOf(k kind, seed uint64) (all [][]Result) {
	r := rand.New(rand.NewPCG(seed, 1))
	mem := new(scratch)
	for range limitTrials {
		times := at(k.make(r))
		if len(times) < defaultMinCalls {
			continue
		}
		var fits []Result
		for _, e := range mem.weigh(times, Options{}.withDefaults()) {
			if d := (Result{Flows: len(times), P: pOf(e.logE)}); d.P < 0.01 {
				d.describe(e, mem)
				fits = append(fits, d)
			}
		}
		all = append(all, fits)
	}
	return all
}

// sound counts the series of which a fit has nothing against it.
func sound(all [][]Result) (n int) {
	for _, fits := range all {
		if slices.ContainsFunc(fits, func(r Result) bool { return len(r.flaws()) == 0 }) {
			n++
		}
	}
	return n
}

// Every limit decides somewhere: moved up or down by a quarter, another number of series
// of some kind is a beacon's.
func TestEveryLimitMatters(t *testing.T) {
	kinds := make([][][]Result, len(limitKinds))
	before := make([]int, len(limitKinds))
	for i, k := range limitKinds {
		kinds[i] = fitsOf(k, uint64(i))
		before[i] = sound(kinds[i])
		t.Logf("%d of %d: %s", before[i], len(kinds[i]), k.name)
	}
	was := limits
	defer func() { limits = was }()
	v := reflect.ValueOf(&limits).Elem()
	for f := range v.NumField() {
		for _, by := range []float64{0.75, 1.25} {
			limits = was
			moved := by * v.Field(f).Float()
			if v.Type().Field(f).Name == "Sessions" { // a count of few, by one
				moved = math.Round(v.Field(f).Float() + 4*(by-1))
			}
			v.Field(f).SetFloat(moved)
			noticed := ""
			for i := range kinds {
				if n := sound(kinds[i]); n != before[i] {
					noticed += fmt.Sprintf("; %s: %d instead of %d", limitKinds[i].name, n, before[i])
				}
			}
			assert.NotEmpty(t, noticed, "%s times %g", v.Type().Field(f).Name, by)
			t.Log(v.Type().Field(f).Name, by, noticed)
		}
	}
}
