package eval

import (
	"fmt"
	"math"
	"math/rand/v2"

	"beacon/internal/beacon"
	"beacon/internal/stats"
)

// calibrationRates are flows a day and the share of the pairs simulated at that rate:
// most pairs of a log are short ones.
var calibrationRates = []struct{ perDay, share float64 }{
	{6, .2}, {12, .2}, {24, .2}, {48, .15}, {96, .1}, {144, .1}, {360, .04}, {1000, .01},
}

// calibrationNulls are what has no rhythm and the share of the pairs simulated of it:
// the two nulls, and two that are harder on a test that takes one of them for granted.
var calibrationNulls = []struct {
	name  string
	share float64
	make  func(r *rand.Rand, rate float64) stats.Process
}{
	{nulls[0].name, 5. / 12, nulls[0].make},
	{nulls[1].name, 5. / 12, nulls[1].make},
	{"log-normal gaps", 1. / 12, func(r *rand.Rand, rate float64) stats.Process { return stats.LogNormal(r, rate, 1) }},
	{"Poisson from 9 to 17 h", 1. / 12, func(r *rand.Rand, rate float64) stats.Process {
		p := stats.Poisson(r, 3*rate)
		return func() float64 {
			if at := 9*hour + p(); at < 17*hour {
				return at
			}
			return math.Inf(1)
		}
	}},
}

// Calibration is the calibration curve of our p-values on what has no rhythm: the
// share of pairs below 0.1, 0.01 and 0.001, and those judged a beacon. pairs are
// simulated over all nulls and rates; those of fewer than [MinFlows] flows are not judged.
func Calibration(pairs int) Table {
	t := Table{
		Title: "Calibration of the p-values",
		Note: fmt.Sprintf("Pairs without a rhythm over 24 h, %d simulated; those of fewer than %d flows are not judged. "+
			"The share of p-values below a level should not exceed it.", pairs, MinFlows),
		Head: []string{"null", "flows a day", "judged", "p < .1", "p < .01", "p < .001", "`beacon`"},
	}
	levels := []float64{.1, .01, .001}
	// A null and rate is simulated in chunks, so that the processors share the slow ones.
	const chunks = 10
	type tally struct {
		judged, beacon int
		below          [3]int
	}
	cells := make([]tally, len(calibrationNulls)*len(calibrationRates)*chunks)
	parallel(len(cells), func(i int) {
		c := &cells[i]
		null, at := calibrationNulls[i/chunks/len(calibrationRates)], calibrationRates[i/chunks%len(calibrationRates)]
		for trial := range int(float64(pairs)*null.share*at.share/chunks + 0.5) {
			times := stats.Until(null.make(chance(tableCalibration, i, trial), at.perDay/day), day)
			if len(times) < MinFlows {
				continue
			}
			r := ours(pairAt(times), spanOf(day))
			c.judged++
			if r.Verdict == beacon.VerdictBeacon {
				c.beacon++
			}
			for k, level := range levels {
				if r.P < level {
					c.below[k]++
				}
			}
		}
	})
	for n, null := range calibrationNulls {
		var all tally
		add := func(name string, c tally) {
			row := []string{null.name, name, fmt.Sprint(c.judged)}
			for _, b := range c.below {
				row = append(row, fmt.Sprintf("%.4f", float64(b)/float64(max(c.judged, 1))))
			}
			t.Rows = append(t.Rows, append(row, fmt.Sprintf("%.4f", float64(c.beacon)/float64(max(c.judged, 1)))))
		}
		sum := func(into *tally, c tally) {
			into.judged += c.judged
			into.beacon += c.beacon
			for k := range c.below {
				into.below[k] += c.below[k]
			}
		}
		for k, at := range calibrationRates {
			var here tally
			first := (n*len(calibrationRates) + k) * chunks
			for _, c := range cells[first : first+chunks] {
				sum(&here, c)
			}
			add(fmt.Sprint(at.perDay), here)
			sum(&all, here)
		}
		add("all", all)
		for k, level := range levels {
			if below := float64(all.below[k]) / float64(max(all.judged, 1)); below > level {
				t.short("%s: %s of the p-values are below %g", null.name, share(below), level)
			}
		}
	}
	return t
}
