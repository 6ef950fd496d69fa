package beacon

import (
	"cmp"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Assemble turns what an engine gathered into the answer: it judges, decides, groups,
// ranks and orders. It is the only place that does, so that engines can't differ. The
// lists of e are sorted and changed in place. Findings that don't fit into Evidence.Memory
// lie in a temporary file, whose error is that of Findings.Err.
func Assemble(q Query, e Evidence) *Findings {
	defer e.Close()
	q.Internal = e.Internal
	fs := &Findings{Query: q, List: []Finding{}, Totals: e.Totals, PairTotals: e.PairTotals, Inferred: e.Inferred, Long: SortLong(e.Long)}
	list := newRanking(fs, e.Memory)
	fs.Memory = list.memory
	var err error
	if q.Rules.Has(EveryMinute) {
		err = list.addDestinations(&e)
		fs.addNear(e.Slots)
	}
	if err == nil && q.Rules.Has(EveryLong) {
		err = list.addLong(&e)
	}
	if err == nil && q.Rules.Has(EveryRhythm) {
		a := assembly{fs: fs, e: &e, d: q.Decision.withDefaults(), list: list}
		err = a.schedules()
	}
	if err != nil {
		fs.stored = &stored{ranking: list, err: err}
		return fs
	}
	list.finish(&e)
	fs.Sources = list.census.sources([]Verdict{VerdictBeacon}, q.Order)
	fs.Warnings = slices.Concat(fs.misleading(list.census), vacantWarning(e.Vacant, e.Totals), fs.knownWarnings(), strayWarnings(e.Strays), tickWarnings(e.Tick, &q), e.Habits.warnings(&q), e.Warnings)
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
	times := map[int][]SchedulePair{} // by rank, of findings that are made anew
	for f := range fs.All() {
		s := f.Schedule
		if s == nil {
			continue
		}
		pairs := s.Pairs[:min(len(s.Pairs), MaxPictures-len(list))]
		for k := range pairs {
			list = append(list, &pairs[k])
		}
		if times[f.Rank] = pairs; len(list) == MaxPictures {
			break
		}
	}
	if fs.stored != nil {
		fs.also(func(r *ranked) bool {
			if s := r.Schedule; s != nil {
				copy(s.Pairs, times[r.first])
			}
			return true
		})
	}
	return list
}

// JudgeAgainst judges the destinations once more, by a rule that needs so many slots.
// explain asks for a destination that may not be flagged, with one slot.
func (fs *Findings) JudgeAgainst(slots int) {
	fs.Query.Slots = slots
	fs.Change(func(f *Finding) {
		if f.Day != nil {
			f.judge(&fs.Query, fs.Totals)
			f.Reasons = slices.Concat(f.listedReasons(), f.Reasons)
		}
	})
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
	sorting.Func(fs.Near, func(a, b Near) int {
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

// keeps tells whether Only keeps a finding with these destinations.
func (q *Query) keeps(hosts []netset.Host) bool {
	return q.Only == nil || slices.ContainsFunc(hosts, q.Keeps)
}
