package beacon

import (
	"cmp"
	"iter"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/spill"
)

// Candidates holds the candidates of a log, pairs and rotations: in memory, or past what
// is allowed in a temporary file.
type Candidates struct {
	sorter *spill.Sorter[Candidate]
	decide Decision
	n      [2]int // pairs and rotations that aren't settled
	tried  int    // rotations, settled or not
}

// NewCandidates returns an empty list that takes so many bytes of memory; 0 is no limit.
func NewCandidates(d Decision, memory int64) *Candidates {
	return &Candidates{decide: d, sorter: spill.New(candidateKind(func(a, b *Candidate) int {
		return cmp.Or(compareBools(a.Parts != nil, b.Parts != nil), byEvidence(a, b))
	}), memory)}
}

// AddPair adds the judgement of a pair, which then belongs to the list.
func (l *Candidates) AddPair(r *Candidate) error { return l.add(r, 0) }

// AddRotation adds a rotation that was tried, which then belongs to the list.
func (l *Candidates) AddRotation(r *Candidate) error {
	l.tried++
	return l.add(r, 1)
}

func (l *Candidates) add(r *Candidate, kind int) error {
	if l.decide.Settled(&r.Result) {
		return nil
	}
	l.n[kind]++
	return l.sorter.Add(r)
}

// Close removes the temporary file.
func (l *Candidates) Close() {
	if l != nil {
		l.sorter.Close()
	}
}

// assembly is the way from the candidates to the findings: it sorts them again and again,
// by what has to stand together in each step, so that no step holds all of them.
type assembly struct {
	fs   *Findings
	e    *Evidence
	d    Decision
	list *ranking
}

// schedules adds the findings of the rhythm rule to the ranking.
func (a *assembly) schedules() error {
	corrected, cuts, err := a.correct()
	if err != nil {
		corrected.Close()
		return err
	}
	decided, err := a.decideSources(corrected, cuts)
	corrected.Close()
	if err != nil {
		decided.Close()
		return err
	}
	alone, err := a.joinSources(decided)
	decided.Close()
	if err == nil {
		err = a.joinDestinations(alone)
	}
	alone.Close()
	return err
}

// sorted returns an empty list of candidates that will come in an order.
func (a *assembly) sorted(compare func(a, b *Candidate) int) *spill.Sorter[Candidate] {
	return spill.New(candidateKind(compare), a.e.Memory)
}

// correct sets Q of all candidates. It returns them by source, pairs before rotations, and
// the largest p-values that are picked of both.
func (a *assembly) correct() (bySource *spill.Sorter[Candidate], cuts [2]float64, err error) {
	bySource = a.sorted(func(a, b *Candidate) int {
		return cmp.Or(a.Source.Compare(b.Source), compareBools(a.Parts != nil, b.Parts != nil), compareCandidates(a, b))
	})
	in := a.e.Kept
	if in == nil {
		in = NewCandidates(a.d, a.e.Memory)
	}
	defer in.Close()
	for i := range a.e.Candidates {
		if err := in.AddPair(&a.e.Candidates[i]); err != nil {
			return bySource, cuts, err
		}
	}
	for i := range a.e.Rotations {
		if err := in.AddRotation(&a.e.Rotations[i]); err != nil {
			return bySource, cuts, err
		}
	}
	kinds := [2]*correction{newCorrection(a.e.PairTotals.Tried, in.n[0]), newCorrection(in.tried, in.n[1])}
	for r, err := range in.sorter.All() {
		if err != nil {
			return bySource, cuts, err
		}
		kind := 0
		if r.Parts != nil {
			kind = 1
		} else if a.e.Callers != nil {
			r.Callers = a.e.Callers(r)
		}
		kinds[kind].correct(r, a.d.FDR)
		if err := bySource.Add(r); err != nil {
			return bySource, cuts, err
		}
	}
	return bySource, [2]float64{kinds[0].pick(a.d.FDR), kinds[1].pick(a.d.FDR)}, nil
}

// decideSources decides about the candidates, one source after the other. It adds the
// rotations to the ranking and returns the pairs that are findings, or part of one: by what
// the pairs of one destination have in common.
func (a *assembly) decideSources(bySource *spill.Sorter[Candidate], cuts [2]float64) (*spill.Sorter[Candidate], error) {
	decided := a.sorted(func(a, b *Candidate) int {
		return cmp.Or(compareServices(a, b), cmp.Compare(a.Period, b.Period), compareCandidates(a, b))
	})
	for group, err := range together(bySource.All(), func(a, b *Candidate) bool { return a.Source == b.Source }) {
		if err != nil {
			return decided, err
		}
		pairs := slices.IndexFunc(group, func(r *Candidate) bool { return r.Parts != nil })
		if pairs < 0 {
			pairs = len(group)
		}
		decideAll(group[:pairs], a.d, cuts[0], a.e.PairTotals.Sources)
		decideAll(group[pairs:], a.d, cuts[1], a.e.PairTotals.Sources)
		kept, rotations := a.fs.ownSchedules(a.fs.mergeCandidates(group[:pairs], group[pairs:], a.e))
		for _, r := range rotations {
			if err := a.add([]*Candidate{r}); err != nil {
				return decided, err
			}
		}
		for _, r := range kept {
			if err := decided.Add(r); err != nil {
				return decided, err
			}
		}
	}
	return decided, nil
}

// compareServices orders pairs by verdict, explanation, destination and port.
func compareServices(a, b *Candidate) int {
	return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Explanation, b.Explanation), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
}

// ownSchedules returns the pairs and rotations of a source that are schedules.
// A pair that is in doubt by itself and part of a rotation that isn't, belongs to that one.
func (fs *Findings) ownSchedules(pairs, rotations []*Candidate) (kept, turns []*Candidate) {
	rotating := map[pairKey]bool{} // pairs of rotations; false where they may still be findings of their own
	shared := map[pairKey]bool{}
	for _, r := range rotations {
		// A rotation that is not significant is one of many that were tried: no finding.
		if r.Verdict == VerdictNone || r.Q > fs.Query.Decision.withDefaults().FDR || !fs.Query.keeps(r.hosts()) {
			continue
		}
		turns = append(turns, r)
		for _, host := range r.hosts() {
			key := pairKey{r.Source, host, r.Port}
			rotating[key] = rotating[key] || !r.Verdict.doubtful()
			shared[key] = shared[key] || r.Shared && !r.Verdict.doubtful()
		}
	}
	hopping := map[netset.Host]bool{} // destinations whose ports vary
	for _, p := range pairs {
		if p.PortVaries && p.Verdict != VerdictNone && !p.Verdict.doubtful() {
			hopping[p.Destination] = true
		}
	}
	for _, p := range pairs {
		key := pairKey{p.Source, p.Destination, p.Port}
		switch {
		case p.Verdict == VerdictNone || !fs.Query.keeps(p.hosts()):
			continue
		case shared[key] || rotating[key] && (p.Verdict.doubtful() || p.Miss >= RotationMiss):
			continue // part of a rotation
		case !p.PortVaries && hopping[p.Destination]:
			continue // part of the calls to all ports
		}
		kept = append(kept, p)
	}
	return kept, turns
}

// joinSources adds pairs of one destination, port, period and verdict to the ranking: they
// are one finding with many sources. It returns the other pairs by source, port and period.
func (a *assembly) joinSources(decided *spill.Sorter[Candidate]) (*spill.Sorter[Candidate], error) {
	alone := a.sorted(func(a, b *Candidate) int {
		return cmp.Or(cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Explanation, b.Explanation), a.Source.Compare(b.Source),
			cmp.Compare(a.Port, b.Port), cmp.Compare(a.Period, b.Period), compareCandidates(a, b))
	})
	for group, err := range together(decided.All(), func(a, b *Candidate) bool { return compareServices(a, b) == 0 && samePeriod(a, b) }) {
		if err != nil {
			return alone, err
		}
		if r := group[0]; len(group) == 1 && (r.Verdict == VerdictBeacon || r.perHost()) {
			err = alone.Add(r)
		} else {
			err = a.add(group)
		}
		if err != nil {
			return alone, err
		}
	}
	return alone, nil
}

// joinDestinations adds pairs to the ranking: beacons of one source, port and period are
// one finding with many destinations, and so are pairs that one program explains.
func (a *assembly) joinDestinations(alone *spill.Sorter[Candidate]) error {
	same := func(a, b *Candidate) bool {
		return a.Verdict == b.Verdict && a.Explanation == b.Explanation && a.Source == b.Source &&
			(a.Verdict != VerdictBeacon || a.Port == b.Port && samePeriod(a, b))
	}
	for group, err := range together(alone.All(), same) {
		if err != nil {
			return err
		}
		if err := a.add(group); err != nil {
			return err
		}
	}
	return nil
}

// perHost tells whether what explains a pair explains all such pairs of its source as one
// program.
func (r *Candidate) perHost() bool {
	e := explanationNamed(r.Explanation)
	return r.Verdict == VerdictExplained && e != nil && e.perHost
}

// samePeriod tells whether the period of a candidate is that of the one before, in the
// order of periods.
func samePeriod(before, r *Candidate) bool {
	return SamePeriod(before.Period, r.Period)
}

// add adds the finding of candidates that keep one schedule to the ranking.
func (a *assembly) add(group []*Candidate) error { return a.list.add(a.list.schedule(group)) }

// together yields the neighbours in a sequence that belong together, each with the one
// before.
func together(all iter.Seq2[*Candidate, error], same func(before, r *Candidate) bool) iter.Seq2[[]*Candidate, error] {
	return func(yield func([]*Candidate, error) bool) {
		var group []*Candidate
		for r, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			if n := len(group); n > 0 && !same(group[n-1], r) {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
			group = append(group, r)
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}
