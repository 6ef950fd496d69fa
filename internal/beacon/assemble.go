package beacon

import (
	"cmp"
	"net/netip"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/shape"
)

// Evidence is what an engine gathered to answer a query. Its lists are in any order.
type Evidence struct {
	Internal *netset.Set // the networks that count as internal
	Inferred bool        // Internal was inferred from the log
	Totals   Totals

	Destinations []DestinationEvidence // of the every-minute rule: those with Query.Slots slots or more that Query.Only keeps
	Slots        map[netip.Addr]int    // distinct slots of near misses (see NearMiss) and of Query.Only, flagged or not

	Candidates []Candidate // of the rhythm rule: pairs with their own judgements; settled ones may be missing
	PairTotals PairTotals  // of all pairs of the log
	Rotations  []Rotation  // those that were tried
	Long       []Long      // the longest flows, MaxLong of them or more

	Habits   Habits
	Warnings []Warning // what the engine itself noticed
}

// DestinationEvidence is what an engine gathered about one flagged destination.
type DestinationEvidence struct {
	Address netip.Addr
	Slots   int // distinct slots called
	Sources []Source
	Ports   []PortCount // where the query wants ports
	Names   []NameCount // where the query wants names
	Series  shape.Series
}

// NameCount is the flows to one host name.
type NameCount struct {
	Name  string
	Flows int64
}

// Assemble turns what an engine gathered into the answer: it judges, decides, groups and
// orders. It is the only place that does, so that engines can't differ. The lists of e
// are sorted in place.
func Assemble(q Query, e Evidence) *Findings {
	q.Internal = e.Internal
	fs := &Findings{Query: q, Totals: e.Totals, Inferred: e.Inferred, Long: SortLong(e.Long)}
	if q.Rules.Has(EveryMinute) {
		fs.addDestinations(e.Destinations)
		fs.addNear(e.Slots)
	}
	if q.Rules.Has(EveryRhythm) {
		fs.decidePairs(e.Candidates, e.PairTotals)
		fs.addRotations(decideRotations(e.Rotations, q.Decision, e.PairTotals))
	}
	fs.collectSources()
	fs.Warnings = slices.Concat(fs.misleading(), e.Habits.warnings(&q), e.Warnings)
	return fs
}

// Pictured returns the pairs whose Times the query wants to be set: an engine fetches
// them once it is known which pairs are shown.
func (fs *Findings) Pictured() []*Candidate {
	if !fs.Query.Times {
		return nil
	}
	list := make([]*Candidate, min(len(fs.Pairs), MaxPictures))
	for i := range list {
		list[i] = &fs.Pairs[i]
	}
	return list
}

// JudgeAgainst judges the destinations once more, by a rule that needs so many slots.
// explain asks for a destination that may not be flagged, with one slot.
func (fs *Findings) JudgeAgainst(slots int) {
	fs.Query.Slots = slots
	for i := range fs.List {
		fs.List[i].judge(&fs.Query, fs.Totals)
	}
}

// addDestinations adds the flagged destinations whose shape the query keeps: the more
// suspicious shape first, then by address.
func (fs *Findings) addDestinations(gathered []DestinationEvidence) {
	fs.List = []Finding{}
	for i := range gathered {
		f := newFinding(&gathered[i], &fs.Query)
		f.judge(&fs.Query, fs.Totals)
		if fs.Query.Shapes == nil || slices.Contains(fs.Query.Shapes, f.Shape) {
			fs.List = append(fs.List, f)
		}
	}
	slices.SortFunc(fs.List, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Shape.Rank(), b.Shape.Rank()), a.Destination.Compare(b.Destination))
	})
}

// newFinding orders the evidence about a destination and adds it up.
func newFinding(e *DestinationEvidence, q *Query) Finding {
	f := Finding{Destination: e.Address, Kind: netset.KindOf(e.Address), Slots: e.Slots, Sources: e.Sources, Ports: e.Ports, Series: e.Series}
	sortSources(f.Sources, q.Order)
	for i, s := range f.Sources {
		if i == 0 {
			f.First, f.Last = s.First, s.Last
		}
		f.First, f.Last = min(f.First, s.First), max(f.Last, s.Last)
		f.Flows += s.Flows
		f.Bytes += s.Bytes
	}
	slices.SortFunc(f.Ports, func(a, b PortCount) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), cmp.Compare(a.Port, b.Port))
	})
	slices.SortFunc(e.Names, func(a, b NameCount) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), cmp.Compare(a.Name, b.Name))
	})
	for _, n := range e.Names {
		f.Names = append(f.Names, n.Name)
	}
	slices.SortFunc(f.Series.Counts, func(a, b shape.Count) int { return cmp.Compare(a.Index, b.Index) })
	return f
}

func (f *Finding) judge(q *Query, t Totals) {
	f.Shape, f.Evidence, f.Reasons = shape.Judge(shape.Calls{Series: f.Series, Flows: f.Flows, Sources: len(f.Sources)}, shape.Log{
		First: t.First, Last: t.Last, InternalHosts: t.InternalHosts, CycleSlots: q.CycleSlots(), NeededSlots: q.Slots})
}

// NearMiss returns the fewest slots of a near miss, of a rule that needs so many: a
// twelfth of them may be missing (55 of 60).
func NearMiss(slots int) int { return max(1, slots-slots/12) }

// addNear adds the destinations that just missed, and those of Query.Only that weren't
// flagged.
func (fs *Findings) addNear(slots map[netip.Addr]int) {
	q := &fs.Query
	for addr, n := range slots {
		if n < q.Slots && n >= NearMiss(q.Slots) {
			fs.Near = append(fs.Near, Near{Destination: addr, Slots: n})
		}
	}
	slices.SortFunc(fs.Near, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Slots, a.Slots), a.Destination.Compare(b.Destination))
	})
	listed := map[netip.Addr]bool{}
	for _, addr := range q.Only {
		if n := slots[addr]; n < q.Slots && !listed[addr] {
			fs.NotFlagged = append(fs.NotFlagged, Near{Destination: addr, Slots: n})
			listed[addr] = true
		}
	}
}

// collectSources sets Sources: the distinct sources of the destinations and of what is a
// beacon, each at its first appearance among them.
func (fs *Findings) collectSources() {
	order := fs.Query.Order
	first := map[netip.Addr]Source{}
	see := func(s Source) {
		if seen, ok := first[s.Addr]; !ok || compareSources(s, seen, order) < 0 {
			first[s.Addr] = s
		}
	}
	for _, f := range fs.List {
		for _, s := range f.Sources {
			see(s)
		}
	}
	fs.beacons(func(p *Candidate) { see(Source{Addr: p.Source, First: p.First, Position: p.Position}) })
	all := make([]Source, 0, len(first))
	for _, s := range first {
		all = append(all, s)
	}
	sortSources(all, order)
	fs.Sources = make([]netip.Addr, len(all))
	for i, s := range all {
		fs.Sources[i] = s.Addr
	}
}

func sortSources(list []Source, order Order) {
	slices.SortFunc(list, func(a, b Source) int { return compareSources(a, b, order) })
}

func compareSources(a, b Source, order Order) int {
	if order == ByLog {
		return cmp.Or(cmp.Compare(a.Position, b.Position), a.Addr.Compare(b.Addr))
	}
	return cmp.Or(cmp.Compare(a.First, b.First), a.Addr.Compare(b.Addr))
}
