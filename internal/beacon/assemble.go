package beacon

import (
	"cmp"
	"slices"

	"beacon/internal/netset"
)

// Assemble turns what an engine gathered into the answer: it judges, decides, groups,
// ranks and orders. It is the only place that does, so that engines can't differ. The
// lists of e are sorted and changed in place.
func Assemble(q Query, e Evidence) *Findings {
	q.Internal = e.Internal
	fs := &Findings{Query: q, List: []Finding{}, Totals: e.Totals, PairTotals: e.PairTotals, Inferred: e.Inferred, Long: SortLong(e.Long)}
	if q.Rules.Has(EveryMinute) {
		fs.addDestinations(e.Destinations)
		fs.mergeDestinations(&e)
		fs.addNear(e.Slots)
	}
	if q.Rules.Has(EveryRhythm) {
		slices.SortFunc(e.Candidates, compareCandidates)
		slices.SortFunc(e.Rotations, compareCandidates)
		Decide(e.Candidates, q.Decision, e.PairTotals)
		decideRotations(e.Rotations, q.Decision, e.PairTotals)
		fs.addSchedules(fs.mergeCandidates(e.Candidates, e.Rotations, &e))
	}
	fs.describeNames(&e)
	fs.rank()
	fs.Sources = fs.Select([]Verdict{VerdictBeacon}).Sources
	fs.Warnings = slices.Concat(fs.misleading(), fs.knownWarnings(), strayWarnings(e.Strays), tickWarnings(e.Tick, &q), e.Habits.warnings(&q), e.Warnings)
	return fs
}

// MaxPictures is how many pairs carry the times of their flows where Query.Times asks
// for them: more pictures than that nobody looks at.
const MaxPictures = 200

// Pictured returns the pairs whose Times the query wants to be set, of the schedules that
// rank first: an engine fetches them once the findings are known.
func (fs *Findings) Pictured() (list []*SchedulePair) {
	if !fs.Query.Times {
		return nil
	}
	for i := range fs.List {
		s := fs.List[i].Schedule
		if s == nil {
			continue
		}
		for k := range s.Pairs[:min(len(s.Pairs), MaxPictures-len(list))] {
			list = append(list, &s.Pairs[k])
		}
	}
	return list
}

// JudgeAgainst judges the destinations once more, by a rule that needs so many slots.
// explain asks for a destination that may not be flagged, with one slot.
func (fs *Findings) JudgeAgainst(slots int) {
	fs.Query.Slots = slots
	for _, f := range fs.Of(ScopeDestination) {
		f.judge(&fs.Query, fs.Totals)
	}
}

// NearMiss returns the fewest slots of a near miss, of a rule that needs so many: a
// twelfth of them may be missing (55 of 60).
func NearMiss(slots int) int { return max(1, slots-slots/12) }

// addNear adds the destinations that just missed, and those of Query.Only that weren't
// flagged.
func (fs *Findings) addNear(slots map[netset.Host]int) {
	q := &fs.Query
	for addr, n := range slots {
		if n < q.Slots && n >= NearMiss(q.Slots) {
			fs.Near = append(fs.Near, Near{Destination: addr, Slots: n})
		}
	}
	slices.SortFunc(fs.Near, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Slots, a.Slots), a.Destination.Compare(b.Destination))
	})
	listed := map[netset.Host]bool{}
	for _, addr := range q.Only {
		if n := slots[addr]; n < q.Slots && !listed[addr] {
			fs.NotFlagged = append(fs.NotFlagged, Near{Destination: addr, Slots: n})
			listed[addr] = true
		}
	}
}

// sourcesOf returns the distinct sources of findings, each at its first appearance among
// them.
func sourcesOf(list []Finding, order Order) []netset.Host {
	first := map[netset.Host]Source{}
	for _, f := range list {
		for _, s := range f.Sources {
			if seen, ok := first[s.Addr]; !ok || compareSources(s, seen, order) < 0 {
				first[s.Addr] = s
			}
		}
	}
	all := make([]Source, 0, len(first))
	for _, s := range first {
		all = append(all, s)
	}
	sortSources(all, order)
	addrs := make([]netset.Host, len(all))
	for i, s := range all {
		addrs[i] = s.Addr
	}
	return addrs
}

func sortSources(list []Source, order Order) {
	slices.SortFunc(list, func(a, b Source) int { return compareSources(a, b, order) })
}

func compareSources(a, b Source, order Order) int {
	c := cmp.Compare(a.First, b.First)
	if order == ByLog {
		c = cmp.Compare(a.Position, b.Position)
	}
	if c != 0 {
		return c
	}
	return a.Addr.Compare(b.Addr)
}

// keeps tells whether Only keeps a finding with these destinations.
func (q *Query) keeps(hosts []netset.Host) bool {
	return q.Only == nil || slices.ContainsFunc(hosts, q.Keeps)
}
