package eval

import (
	"fmt"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
)

// plantings are the places in a log at which a C2 is planted, as shares of the room
// that it has there.
var plantings = []float64{1. / 6, 3. / 6, 5. / 6}

// shiftInto returns the calls of p as a host of log would have made them: shifted in
// time so that they begin at the given share of the room between the two spans, and cut
// to the log's span. Where the C2 lasts longer than the log, that is a part of its calls.
func shiftInto(log Log, p beacon.Pair, from peer.Span, at float64) beacon.Pair {
	room := (log.Span.Last - log.Span.First) - (from.Last - from.First)
	shift := log.Span.First - from.First + int64(at*float64(room))
	q := beacon.Pair{Source: busiest(log), Destination: p.Destination, Port: p.Port, Proto: p.Proto}
	for i, t := range p.Times {
		if t += shift; t >= log.Span.First && t <= log.Span.Last {
			q.Times = append(q.Times, t)
			q.Bytes = append(q.Bytes, p.Bytes[i])
		}
	}
	return q
}

// A c2 is a labelled C2 pair and the span of the log that it is from.
type c2 struct {
	pair beacon.Pair
	log  string
	span peer.Span
}

// c2Pairs returns the C2 pairs of the logs with flows enough to be judged.
func c2Pairs(logs []Log) (all []c2) {
	for _, log := range logs {
		for i, p := range log.Pairs {
			if log.C2[i] && len(p.Times) >= MinFlows {
				all = append(all, c2{p, log.Name, log.Span})
			}
		}
	}
	return all
}

// withoutC2 returns log less its C2 pairs.
func (log Log) withoutC2() Log {
	pairs, c2 := log.Pairs, log.C2
	log.Pairs, log.C2, log.Truth = nil, nil, 0
	for i, p := range pairs {
		if !c2[i] {
			log.Pairs, log.C2 = append(log.Pairs, p), append(log.C2, false)
		}
	}
	return log
}

// ranks is how the C2 that were planted ranked.
type ranks struct {
	planted, first, ten int
	reciprocal          float64
}

func (r *ranks) add(rank int) {
	r.planted++
	if rank == 0 {
		return
	}
	if rank == 1 {
		r.first++
	}
	if rank <= 10 {
		r.ten++
	}
	r.reciprocal += 1 / float64(rank)
}

func (r *ranks) merge(s ranks) {
	r.planted += s.planted
	r.first += s.first
	r.ten += s.ten
	r.reciprocal += s.reciprocal
}

func (r ranks) String() string {
	if r.planted == 0 {
		return "-"
	}
	return fmt.Sprintf("%s / %s / %s", rate(r.first, r.planted), rate(r.ten, r.planted), share(r.reciprocal/float64(r.planted)))
}

// backgrounds returns the logs that C2 is planted into: the benign ones first, then those
// with C2 of their own, less that.
func backgrounds(logs []Log) (all []Log) {
	for _, log := range logs {
		if log.Truth == 0 {
			all = append(all, log)
		}
	}
	for _, log := range logs {
		if log.Truth > 0 {
			all = append(all, log.withoutC2())
		}
	}
	return all
}

// Planted returns the table of where each labelled C2 ranks when it is planted into another
// log. logs have all their pairs, also those of few flows.
func Planted(logs []Log) Table {
	t := Table{
		Title: "C2 planted into real logs",
		Note: fmt.Sprintf("Each C2 pair of the labelled logs, planted at %d places into every log without C2 and, below, into every other log less its own C2: "+
			"its times are shifted so that it begins at 1/6, 1/2 and 5/6 of the room that it has, cut to the log, and its source is the log's busiest host. "+
			"C2 of fewer than %d calls there is left out. Ranked among what each rule lists with a public destination; "+
			"in a cell: first / among the first ten / mean reciprocal rank, 0 where it is not listed.", len(plantings), MinFlows),
		Head: []string{"log", "planted"},
	}
	for _, o := range orders {
		t.Head = append(t.Head, o.name)
	}
	row := func(name string, sums []ranks) {
		cells := []string{name, fmt.Sprint(sums[0].planted)}
		for _, s := range sums {
			cells = append(cells, s.String())
		}
		t.Rows = append(t.Rows, cells)
	}
	benign, all := make([]ranks, len(orders)), make([]ranks, len(orders))
	others := false
	for _, log := range backgrounds(logs) {
		if own := hasC2(logs, log.Name); own && !others {
			others = true
			row("**all without C2**", benign)
		}
		name, sums := log.Name, plantInto(log, c2Pairs(logs))
		if others {
			name += ", less its C2"
		}
		if sums[0].planted == 0 {
			continue
		}
		row(name, sums)
		for i, s := range sums {
			all[i].merge(s)
			if !others {
				benign[i].merge(s)
			}
		}
	}
	if !others {
		row("**all without C2**", benign)
	}
	row("**all**", all)
	t.figure(aimFirst, rate(benign[0].first, benign[0].planted))
	t.figure(aimTen, rate(benign[0].ten, benign[0].planted))
	t.figure(aimReciprocal, share(benign[0].reciprocal/float64(max(benign[0].planted, 1))))
	if wanted := plantedTen; float64(benign[0].ten) < wanted*float64(benign[0].planted) {
		t.short("among the first ten: %s, %s wanted", rate(benign[0].ten, benign[0].planted), share(wanted))
	}
	if wanted := plantedFirst; float64(benign[0].first) < wanted*float64(benign[0].planted) {
		t.short("first: %s, %s wanted", rate(benign[0].first, benign[0].planted), share(wanted))
	}
	return t
}

// What is aimed at, as shares of the C2 planted into logs without C2.
const (
	plantedFirst = 0.80
	plantedTen   = 0.97
)

func hasC2(logs []Log, name string) bool {
	return slices.ContainsFunc(logs, func(l Log) bool { return l.Name == name && l.Truth > 0 })
}

// plantInto ranks each C2 that isn't of the log itself, by every order.
func plantInto(log Log, all []c2) []ranks {
	var planted []beacon.Pair
	for _, c := range all {
		for _, at := range plantings {
			if p := shiftInto(log, c.pair, c.span, at); c.log != log.Name && len(p.Times) >= MinFlows {
				planted = append(planted, p)
			}
		}
	}
	sums := make([]ranks, len(orders))
	j := JudgePairs(log)
	for i, o := range orders {
		rank := o.open(j)
		at := make([]int, len(planted))
		parallel(len(planted), func(k int) {
			at[k] = rankOf(publicOnly(rank(planted[k])), keyOf(planted[k]))
		})
		for _, r := range at {
			sums[i].add(r)
		}
	}
	return sums
}

// Own returns the table of the labelled logs as an analyst reads them: what of their C2 is
// found, what else is flagged, and how far down the C2 stands.
func Own(logs []Log) Table {
	t := Table{
		Title: "Labelled logs, by finding",
		Note: fmt.Sprintf("In a cell: C2 pairs of %d calls or more in findings flagged / other findings flagged with a public destination; "+
			"where the log has C2, also the average precision and the precision among the first ten public entries of the list. "+
			"A finding of `beacon` may hold several pairs; the peers flag pairs: RITA at %g or more, the 30%% rule with more than %d gaps, the g-test below %g.",
			MinFlows, ritaHigh, flareGaps, peer.GTestAlpha),
		Head: []string{"log", "C2"},
	}
	for _, o := range orders {
		t.Head = append(t.Head, o.name)
	}
	total := make([]reading, len(orders))
	c2, withC2, benignOthers := 0, 0, 0
	for _, log := range logs {
		keys := c2Keys(log)
		row := []string{log.Name, fmt.Sprint(len(keys))}
		j := JudgePairs(log)
		for i, o := range orders {
			r := read(o.open(j)(), keys)
			total[i].merge(r)
			cell := fmt.Sprintf("%d / %d", r.found, r.others)
			if len(keys) > 0 {
				cell += fmt.Sprintf(", %s, %s", share(r.average), share(r.ten))
			}
			row = append(row, cell)
			if i > 0 {
				continue
			}
			if len(keys) == 0 {
				benignOthers += r.others
			}
			if r.found < len(keys) {
				t.short("%s: %d of %d C2 pairs found", log.Name, r.found, len(keys))
			}
		}
		t.Rows = append(t.Rows, row)
		if c2 += len(keys); len(keys) > 0 {
			withC2++
		}
	}
	row := []string{"**all**", fmt.Sprint(c2)}
	for _, r := range total {
		row = append(row, fmt.Sprintf("%d / %d, %s, %s", r.found, r.others, share(r.average/float64(withC2)), share(r.ten/float64(withC2))))
	}
	t.Rows = append(t.Rows, row)
	t.figure(aimC2, fmt.Sprintf("%d of %d", total[0].found, c2))
	t.figure(aimOthers, fmt.Sprint(total[0].others-benignOthers))
	t.figure(aimOthersBenign, fmt.Sprint(benignOthers))
	return t
}

func c2Keys(log Log) (keys []pairKey) {
	for i, p := range log.Pairs {
		if log.C2[i] && len(p.Times) >= MinFlows {
			keys = append(keys, keyOf(p))
		}
	}
	return keys
}

// reading holds what an analyst gets out of a list.
type reading struct {
	found, others int
	average, ten  float64 // average precision, precision among the first ten
}

func (r *reading) merge(s reading) {
	r.found += s.found
	r.others += s.others
	r.average += s.average
	r.ten += s.ten
}

// read counts what a list flags: C2 pairs, and public entries that hold none.
func read(list []ranked, c2 []pairKey) (r reading) {
	for _, k := range c2 {
		if slices.ContainsFunc(list, func(e ranked) bool { return e.flags && slices.Contains(e.pairs, k) }) {
			r.found++
		}
	}
	list = publicOnly(list)
	for _, e := range list {
		if e.flags && !e.holdsAny(c2) {
			r.others++
		}
	}
	if len(c2) > 0 {
		r.average, r.ten = averagePrecision(list, c2), precisionAt(list, c2, 10)
	}
	return r
}
