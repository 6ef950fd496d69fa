package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/rhythm"
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

// Calibration returns the calibration curve of our p-values on what has no rhythm: the
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
		if n == 0 {
			t.figure(aimPoisson, fmt.Sprintf("%.4f", float64(all.below[1])/float64(max(all.judged, 1))))
		}
		for k, level := range levels {
			if below := float64(all.below[k]) / float64(max(all.judged, 1)); below > level {
				t.short("%s: %s of the p-values are below %g", null.name, share(below), level)
			}
		}
	}
	return t
}

// fewCallsLaws are the laws of the interval between calls that FewCalls draws from: that
// of a Poisson process, and one with a heavier tail whose density peaks higher.
var fewCallsLaws = []struct {
	name string
	draw func(r *rand.Rand) float64
}{
	{"exponential", func(r *rand.Rand) float64 { return r.ExpFloat64() }},
	{"log-normal, log sd 1", func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) }},
}

// FewCalls returns the calibration of our p-values against the number of calls, of series of
// independent intervals.
func FewCalls(trials int) Table {
	t := Table{
		Title: "Calibration against the number of calls",
		Note:  fmt.Sprintf("Share of %d series with a p-value below a level. The intervals are independent of each other.", trials),
		Head:  []string{"calls"},
	}
	levels := []float64{.1, .01, .001}
	for _, law := range fewCallsLaws {
		for i, level := range levels {
			head := fmt.Sprintf("p < %g", level)
			if i == 0 {
				head = law.name + ": " + head
			}
			t.Head = append(t.Head, head)
		}
	}
	calls := []int{5, 6, 7, 8, 10, 12, 16, 24, 32, 64}
	below := make([][3]int, len(calls)*len(fewCallsLaws))
	parallel(len(below), func(i int) {
		n, law := calls[i/len(fewCallsLaws)], fewCallsLaws[i%len(fewCallsLaws)]
		times := make([]int64, n)
		for trial := range trials {
			r := chance(tableFewCalls, i, trial)
			for k := 1; k < n; k++ {
				times[k] = times[k-1] + int64(600e9*law.draw(r))
			}
			p := rhythm.Judge(times, rhythm.Options{Tick: time.Microsecond}).P
			for k, level := range levels {
				if p < level {
					below[i][k]++
				}
			}
		}
	})
	for k, n := range calls {
		row := []string{fmt.Sprint(n)}
		for l, law := range fewCallsLaws {
			for i, level := range levels {
				found := float64(below[k*len(fewCallsLaws)+l][i]) / float64(trials)
				row = append(row, fmt.Sprintf("%.4f", found))
				if found > level {
					t.short("%d calls, %s: %s of the p-values are below %g", n, law.name, share(found), level)
				}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
