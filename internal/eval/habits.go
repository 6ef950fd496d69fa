package eval

import (
	"fmt"
	"math"
	"math/rand/v2"

	"beacon/internal/beacon"
	"beacon/internal/stats"
)

// A habit is a way of calling without a rhythm, for an hour or a day.
type habit struct {
	name string
	make func(r *rand.Rand, span float64) []float64
}

var habits = []habit{
	{"sessions, exponential gaps of 5 s", sessions(5, 30, func(r *rand.Rand) float64 { return 5 * r.ExpFloat64() })},
	{"sessions, exponential gaps of 20 s", sessions(1, 20, func(r *rand.Rand) float64 { return 20 * r.ExpFloat64() })},
	{"sessions, uniform gaps of 1 to 30 s", sessions(5, 30, uniform(1, 30))},
	{"sessions, uniform gaps of 1 to 10 s", sessions(5, 30, uniform(1, 10))},
	{"sessions, uniform gaps of 2 to 8 s", sessions(5, 30, uniform(2, 8))},
	{"sessions, uniform gaps of 5 to 60 s", sessions(5, 30, uniform(5, 60))},
	{"sessions, normal gaps of 20 ± 10 s", sessions(3, 20, func(r *rand.Rand) float64 { return math.Abs(20 + 10*r.NormFloat64()) })},
	{"sessions, log-normal gaps of 30 s, log sd .3", sessions(2, 8, func(r *rand.Rand) float64 { return 30 * math.Exp(.3*r.NormFloat64()) })},
	{"pages of six parts at once", func(r *rand.Rand, span float64) (at []float64) {
		for _, t := range stats.Until(stats.Poisson(r, 48/span), span) {
			for range 6 {
				at = append(at, t+.5*r.Float64())
			}
		}
		return at
	}},
	{"pages refreshed after 60 s, none to three times", func(r *rand.Rand, span float64) (at []float64) {
		for _, t := range stats.Until(stats.Poisson(r, 30/span), span) {
			for k := range 1 + r.IntN(4) {
				at = append(at, t+60*float64(k)+.1*r.Float64())
			}
		}
		return at
	}},
	{"gaps log-normal, log sd .8", func(r *rand.Rand, span float64) []float64 {
		return stats.Until(stats.LogNormal(r, 144/span, .8), span)
	}},
}

// sessions is a person: twelve sessions at random times, each of so many clicks, every
// number equally likely, with gaps drawn by gap.
func sessions(fewest, most int, gap func(*rand.Rand) float64) func(r *rand.Rand, span float64) []float64 {
	return func(r *rand.Rand, span float64) (at []float64) {
		for _, t := range stats.Until(stats.Poisson(r, 12/span), span) {
			for range fewest + r.IntN(most-fewest+1) {
				at = append(at, t)
				t += gap(r)
			}
		}
		return at
	}
}

func uniform(low, high float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return low + (high-low)*r.Float64() }
}

// Note: of a judge that took a third to four fifths of the sessions with uniform gaps
// for beacons, a rule left 10 of 500: a rhythm of jitter above .25, in three runs or
// more that silences of six periods part, none of a hundred calls or an hour, is a
// person's sessions. It cost 1 of the 2,262 detections of [Grid] with 30 trials and no
// verdict of the labelled logs.

// Habits returns the table of false alarms on ways of calling that have no period, though
// some have gaps more even than chance makes them.
func Habits(trials int) Table {
	t := Table{
		Title: "Nulls of other habits",
		Note: fmt.Sprintf("Share of %d pairs without a period judged `beacon`, each judged as if it were the only one. "+
			"Sessions are twelve in the log, of 2 to 30 clicks.", trials),
		Head: []string{"habit", "1 h: p < .01", "`beacon`", "24 h: p < .01", "`beacon`"},
	}
	spans := []float64{hour, day}
	type tally struct{ judged, low, beacon int }
	cells := make([]tally, len(habits)*len(spans))
	parallel(len(cells), func(i int) {
		c, span := &cells[i], spans[i%len(spans)]
		for trial := range trials {
			at := habits[i/len(spans)].make(chance(tableHabits, i, trial), span)
			if len(at) < MinFlows {
				continue
			}
			c.judged++
			r := ours(pairAt(at), spanOf(span))
			if r.P < 0.01 {
				c.low++
			}
			if r.Verdict == beacon.VerdictBeacon {
				c.beacon++
			}
		}
	})
	for k, h := range habits {
		row := []string{h.name}
		for s := range spans {
			c := cells[k*len(spans)+s]
			row = append(row, rate(c.low, c.judged), rate(c.beacon, c.judged))
			if c.beacon*100 > c.judged {
				t.short("%s, %g h: %s false alarms, .01 allowed", h.name, spans[s]/hour, rate(c.beacon, c.judged))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
