package eval

import (
	"fmt"
	"math/rand/v2"

	"beacon/internal/beacon"
	"beacon/internal/stats"
	"beacon/internal/words"
)

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// A special case is a pair that real logs have and the grid has not.
type specialCase struct {
	name   string
	span   float64 // seconds
	want   beacon.Verdict
	period float64 // seconds, 0 where none is expected
	port   uint16
	proto  uint8
	make   func(r *rand.Rand) []float64
}

var specialCases = []specialCase{
	{"60 s for one hour of a 24 h log, jitter 20%", day, beacon.VerdictBeacon, minute, 443, 6, func(r *rand.Rand) []float64 {
		return shift(stats.Until(stats.Sleep(r, minute, .2), hour), 13*hour)
	}},
	{"10 min in office hours only, five days, jitter 20%", 5 * day, beacon.VerdictBeacon, 10 * minute, 443, 6, func(r *rand.Rand) (at []float64) {
		for d := range 5 {
			at = append(at, shift(stats.Until(stats.Sleep(r, 10*minute, .2), 8*hour), float64(d)*day+9*hour)...)
		}
		return at
	}},
	{"60 s, from noon 15 min, jitter 10%", day, beacon.VerdictBeacon, 0, 443, 6, func(r *rand.Rand) []float64 {
		return append(stats.Until(stats.Sleep(r, minute, .1), 12*hour),
			shift(stats.Until(stats.Sleep(r, 15*minute, .1), 12*hour), 12*hour)...)
	}},
	{"every 6 h over five days, jitter 10%", 5 * day, beacon.VerdictBeacon, 6 * hour, 443, 6, func(r *rand.Rand) []float64 {
		return stats.Until(stats.Sleep(r, 6*hour, .1), 5*day)
	}},
	{"every 6 h over five days, by the clock", 5 * day, beacon.VerdictBeacon, 6 * hour, 443, 6, func(r *rand.Rand) []float64 {
		return stats.Until(stats.Clock(r, 6*hour, .001), 5*day)
	}},
	{"5 min with two retries after 1 s and 3 s, jitter 20%", day, beacon.VerdictBeacon, 5 * minute, 443, 6, func(r *rand.Rand) []float64 {
		return retried(r, stats.Until(stats.Sleep(r, 5*minute, .2), day))
	}},
	{"10 min, times cut to the minute, jitter 20%", day, beacon.VerdictBeacon, 10 * minute, 443, 6, func(r *rand.Rand) []float64 {
		return cut(stats.Until(stats.Sleep(r, 10*minute, .2), day), minute)
	}},
	{"60 s exactly, times cut to the second", day, beacon.VerdictBeacon, minute, 443, 6, func(r *rand.Rand) []float64 {
		return cut(stats.Until(stats.Sleep(r, minute, .005), day), 1)
	}},
	{"10 min among a person's 144 flows, jitter 10%", day, beacon.VerdictBeacon, 10 * minute, 443, 6, func(r *rand.Rand) []float64 {
		return append(stats.Until(stats.Sleep(r, 10*minute, .1), day),
			stats.Until(stats.Human(r, 144/day, stats.Browsing), day)...)
	}},
	{"60 s, jitter 20%, with three sessions of five minutes at 2 s", day, beacon.VerdictBeacon, minute, 443, 6, func(r *rand.Rand) []float64 {
		at := stats.Until(stats.Sleep(r, minute, .2), day)
		for _, from := range []float64{10 * hour, 13 * hour, 16 * hour} {
			at = append(at, shift(stats.Until(stats.Sleep(r, 2, .2), 5*minute), from)...)
		}
		return at
	}},
	{"six calls an hour apart, jitter 50%", 6 * hour, beacon.VerdictInsufficient, 0, 443, 6, func(r *rand.Rand) []float64 {
		return stats.Until(stats.Sleep(r, hour, .5), 6*hour)
	}},
	{"NTP every 64 s", day, beacon.VerdictExplained, 64, 123, 17, func(r *rand.Rand) []float64 {
		return stats.Until(stats.Sleep(r, 64, .01), day)
	}},
	{"a person's flows, retried after 1 s and 3 s", day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) []float64 {
		return retried(r, stats.Until(stats.Human(r, 144/day, stats.Browsing), day))
	}},
	{"a person's flows in office hours, five days", 5 * day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) (at []float64) {
		for d := range 5 {
			at = append(at, shift(stats.Until(stats.Human(r, 20/hour, stats.Browsing), 8*hour), float64(d)*day+9*hour)...)
		}
		return at
	}},
	{"Poisson in office hours, five days", 5 * day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) (at []float64) {
		for d := range 5 {
			at = append(at, shift(stats.Until(stats.Poisson(r, 6/hour), 8*hour), float64(d)*day+9*hour)...)
		}
		return at
	}},
	{"Poisson, times cut to the minute", day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) []float64 {
		return cut(stats.Until(stats.Poisson(r, 20/hour), day), minute)
	}},
	{"Poisson 12/min, times cut to the second", 2 * hour, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) []float64 {
		return cut(stats.Until(stats.Poisson(r, .2), 2*hour), 1)
	}},
	{"a person's flows, times cut to the minute", day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) []float64 {
		return cut(stats.Until(stats.Human(r, 20/hour, stats.Browsing), day), minute)
	}},
	{"one page: 40 flows in 20 s", day, beacon.VerdictNone, 0, 443, 6, func(r *rand.Rand) []float64 {
		return shift(stats.Until(stats.Poisson(r, 2), 20), 10*hour)
	}},
}

func shift(at []float64, by float64) []float64 {
	for i := range at {
		at[i] += by
	}
	return at
}

// cut gives times at a coarser resolution, in seconds.
func cut(at []float64, unit float64) []float64 {
	for i := range at {
		at[i] = float64(int(at[i]/unit)) * unit
	}
	return at
}

// retried follows each call by TCP's two retries, 1 s and 3 s later.
func retried(r *rand.Rand, at []float64) []float64 {
	for _, t := range at[:len(at):len(at)] {
		at = append(at, t+1+.01*r.Float64(), t+3+.01*r.Float64())
	}
	return at
}

// Special returns the table of special cases: how often our judge gives the verdict that
// is due, and the period within 10% where there is one; and its words on the first.
func Special(trials int) Table {
	t := Table{
		Title: "Special cases",
		Note:  fmt.Sprintf("Share of %d simulations with the verdict that is due; the words are on the first of them.", trials),
		Head:  []string{"case", "due", "given", "period within 10%", "verdict of the first", "in words", "reason"},
	}
	t.Rows = make([][]string, len(specialCases))
	given := make([]float64, len(specialCases))
	parallel(len(specialCases), func(i int) {
		c := specialCases[i]
		met, near := 0, 0
		var first beacon.Candidate
		for trial := range trials {
			p := pairAt(c.make(chance(tableSpecial, i, trial)))
			p.Port, p.Proto = c.port, c.proto
			r := ours(p, spanOf(c.span))
			if trial == 0 {
				first = r
			}
			// What doesn't keep time may also be weak, or be told to wait for more calls.
			if r.Verdict == c.want || c.want == beacon.VerdictNone && (r.Verdict == beacon.VerdictInsufficient || r.Verdict == beacon.VerdictWeak) {
				met++
			}
			if x := r.Period.Seconds(); c.period > 0 && x > c.period*.9 && x < c.period*1.1 {
				near++
			}
		}
		given[i] = float64(met) / float64(trials)
		nearRate, reason := "", ""
		if c.period > 0 {
			nearRate = rate(near, trials)
		}
		if len(first.Reasons) > 0 {
			reason = first.Reasons[0].Text(words.Zone{})
		}
		t.Rows[i] = []string{c.name, string(c.want), rate(met, trials), nearRate, verdict(first), rhythmWords(first), reason}
	})
	for i, c := range specialCases {
		if given[i] < 0.95 {
			t.short("%s: %s where `%s` is due", c.name, share(given[i]), c.want)
		}
	}
	return t
}
