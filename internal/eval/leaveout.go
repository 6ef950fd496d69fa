package eval

import (
	"fmt"
	"math"
	"slices"
)

// LeaveOneOut returns the table of what each rule finds in a log when its threshold is that
// which does best on all the other logs. logs have all their pairs.
//
// Note: the product's own rules have no thresholds that a run could choose but the
// q-value; its other numbers are those of the code, which these logs were looked at for.
func LeaveOneOut(logs []Log) Table {
	t := Table{
		Title: "Leave one log out",
		Note: "The threshold of each rule's score is the one with the largest F1 on the seven other logs, C2 pairs found against other public entries flagged, and is then frozen for the log. " +
			"The score of `beacon` is -ln q of findings with that verdict; `as it is` takes all of them, whose false-discovery rate of .01 no log has chosen. " +
			"In a cell: C2 pairs found / others flagged; in brackets the threshold.",
		Head: []string{"log", "C2", "beacon, as it is"},
	}
	lists := make([][][]ranked, len(orders)) // by order and log
	for i, o := range orders {
		t.Head = append(t.Head, o.name)
		for _, log := range logs {
			lists[i] = append(lists[i], publicOnly(o.open(JudgePairs(log))()))
		}
	}
	keys := make([][]pairKey, len(logs))
	c2 := 0
	for k, log := range logs {
		keys[k] = c2Keys(log)
		c2 += len(keys[k])
	}
	total := make([]reading, len(orders))
	var asItIs reading
	for k, log := range logs {
		r := read(lists[0][k], keys[k])
		asItIs.merge(r)
		row := []string{log.Name, fmt.Sprint(len(keys[k])), fmt.Sprintf("%d / %d", r.found, r.others)}
		for i := range orders {
			threshold := bestThreshold(without(lists[i], k), without(keys, k))
			r := read(flagFrom(lists[i][k], threshold), keys[k])
			total[i].merge(r)
			row = append(row, fmt.Sprintf("%d / %d (%.3g)", r.found, r.others, threshold))
		}
		t.Rows = append(t.Rows, row)
	}
	row := []string{"**all**", fmt.Sprint(c2), fmt.Sprintf("%d / %d", asItIs.found, asItIs.others)}
	for _, r := range total {
		row = append(row, fmt.Sprintf("%d / %d", r.found, r.others))
	}
	t.Rows = append(t.Rows, row)
	return t
}

// without returns all but the kth.
func without[T any](all []T, k int) []T { return slices.Delete(slices.Clone(all), k, k+1) }

// flagFrom returns a list with those flagged whose score is the threshold or more.
func flagFrom(list []ranked, threshold float64) []ranked {
	list = slices.Clone(list)
	for i := range list {
		list[i].flags = list[i].score >= threshold
	}
	return list
}

// bestThreshold returns the threshold with the largest F1 over some lists and the C2 of each,
// halfway between the scores on its sides; the highest of equals. It is +Inf where
// flagging nothing is best.
func bestThreshold(lists [][]ranked, c2 [][]pairKey) float64 {
	var scores []float64
	wanted := 0
	for k, list := range lists {
		wanted += len(c2[k])
		for _, e := range list {
			if !math.IsInf(e.score, -1) {
				scores = append(scores, e.score)
			}
		}
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	scores = slices.Compact(scores)
	best, threshold := 0.0, math.Inf(1)
	for i, score := range scores {
		var sum reading
		for k, list := range lists {
			sum.merge(read(flagFrom(list, score), c2[k]))
		}
		if f1 := 2 * float64(sum.found) / float64(sum.found+sum.others+wanted); f1 > best {
			best, threshold = f1, score
			if i+1 < len(scores) {
				threshold = (score + scores[i+1]) / 2
			}
		}
	}
	return threshold
}
