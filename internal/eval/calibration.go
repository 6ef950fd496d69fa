package eval

import (
	"fmt"

	"beacon/internal/beacon"
	"beacon/internal/stats"
)

// calibrationRates are flows a day and the share of the pairs simulated at that rate:
// most pairs of a log are short ones.
var calibrationRates = []struct{ perDay, share float64 }{
	{6, .2}, {12, .2}, {24, .2}, {48, .15}, {96, .1}, {144, .1}, {360, .04}, {1000, .01},
}

// Calibration is the calibration curve of our p-values on the nulls: the share of
// pairs below 0.1, 0.01 and 0.001, and those judged a beacon. pairs are simulated
// over all nulls and rates; those of fewer than [MinFlows] flows are not judged.
func Calibration(pairs int) Table {
	t := Table{
		Title: "Calibration of the p-values",
		Note: fmt.Sprintf("Pairs without a rhythm over 24 h, %d simulated; those of fewer than %d flows are not judged. "+
			"The share of p-values below a level should not exceed it.", pairs, MinFlows),
		Head: []string{"null", "flows a day", "judged", "p < .1", "p < .01", "p < .001", "`beacon`"},
	}
	const day = 24 * 3600
	levels := []float64{.1, .01, .001}
	// A null and rate is simulated in chunks, so that the processors share the slow ones.
	const chunks = 10
	type tally struct {
		judged, beacon int
		below          [3]int
	}
	cells := make([]tally, len(nulls)*len(calibrationRates)*chunks)
	parallel(len(cells), func(i int) {
		c := &cells[i]
		null, at := nulls[i/chunks/len(calibrationRates)], calibrationRates[i/chunks%len(calibrationRates)]
		for trial := range int(float64(pairs) / float64(len(nulls)) * at.share / chunks) {
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
	for n, null := range nulls {
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
	}
	return t
}
