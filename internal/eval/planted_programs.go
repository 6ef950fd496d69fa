package eval

import (
	"fmt"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/simulate"
)

// PlantedPrograms returns the table of where simulated malware ranks when it is planted into
// the real logs without C2: each kind so many times into each log. logs have all their
// pairs; kinds names the programs to plant, all if it is empty.
func PlantedPrograms(logs []Log, trials int, kinds []string) Table {
	t := Table{
		Title: "Kinds of malware planted into real logs",
		Note: fmt.Sprintf("Simulated malware planted into the busiest host of every labelled log without C2 that lasts an hour or more, each kind %d times in each, for a day at most or as long as the kind takes to show. "+
			"Ranked among what each rule lists with a public destination; in a cell: first / among the first ten / mean reciprocal rank of the first entry that holds one of its servers.", trials),
		Head: []string{"kind", "planted"},
	}
	for _, o := range orders {
		t.Head = append(t.Head, o.name)
	}
	var programs []simulate.Program
	for _, p := range ofKinds(simulate.Programs(), programName, kinds) {
		if p.C2 {
			programs = append(programs, p)
		}
	}
	sums := make([][]ranks, len(programs))
	for i := range sums {
		sums[i] = make([]ranks, len(orders))
	}
	for _, log := range logs {
		if log.Truth > 0 || log.seconds() < hour {
			continue
		}
		j := JudgePairs(log)
		planted := make([][]beacon.Pair, len(programs)*trials)
		for i := range planted {
			planted[i] = runInto(log, programs[i/trials], i%trials)
		}
		for k, o := range orders {
			rank, at := o.open(j), make([]int, len(planted))
			parallel(len(planted), func(i int) { at[i] = rankOf(publicOnly(rank(planted[i]...)), keysOf(planted[i])...) })
			for i, r := range at {
				sums[i/trials][k].add(r)
			}
		}
	}
	all := make([]ranks, len(orders))
	row := func(name string, of []ranks) {
		cells := []string{name, fmt.Sprint(of[0].planted)}
		for k := range of {
			cells = append(cells, of[k].String())
		}
		t.Rows = append(t.Rows, cells)
	}
	for i, p := range programs {
		row(p.Name, sums[i])
		for k := range all {
			all[k].merge(sums[i][k])
		}
	}
	row("**all**", all)
	t.figure(aimKindsFirst, rate(all[0].first, all[0].planted))
	t.figure(aimKindsTen, rate(all[0].ten, all[0].planted))
	if float64(all[0].ten) < plantedTen*float64(all[0].planted) {
		t.short("among the first ten: %s, %s wanted", rate(all[0].ten, all[0].planted), share(plantedTen))
	}
	return t
}

// seconds returns how long the log lasts.
func (log Log) seconds() float64 { return float64(log.Span.Last-log.Span.First) / 1e9 }

// runInto runs a program on the busiest host of log, for as long as it takes to show or
// the log lasts, and returns its pairs. They send the same number of bytes each time.
func runInto(log Log, p simulate.Program, trial int) []beacon.Pair {
	r := chance(tablePlanted, seedOf(log.Name+" "+p.Name), trial)
	lasts := math.Min(p.Days*day, log.seconds())
	from := log.Span.First + int64(r.Float64()*(log.seconds()-lasts)*1e9)
	h := &hostLog{r: r, span: lasts, host: busiest(log)}
	h.run(p)
	slices.SortStableFunc(h.flows, func(a, b Flow) int { return int(a.Time - b.Time) })
	for i := range h.flows {
		h.flows[i].Time += from - Epoch
		h.flows[i].Bytes = 600
	}
	return gather(h.flows, func(f Flow) (pairKey, bool) { return f.key(), true })
}

func keysOf(pairs []beacon.Pair) (keys []pairKey) {
	for _, p := range pairs {
		keys = append(keys, keyOf(p))
	}
	return keys
}
