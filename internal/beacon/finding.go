package beacon

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/netset"
)

// Findings is the answer to a query.
type Findings struct {
	Query      Query        // as it was answered: Internal is never nil here
	List       []Finding    // flagged destinations, in the order of SortFindings
	Sources    []netip.Addr // internal sources of the flagged, each once, in the query's order
	Near       []Near       // destinations that just missed, most slots first, then by address
	NotFlagged []Near       // addresses of Query.Only that were not flagged, in its order

	Pairs  []PairRhythm        // of the rhythm rule, in the order of DecideRhythms
	Census Census              // of all the pairs that the log has
	Groups []DestinationRhythm // rhythms that pairs share, and rotations
	Long   []Long              // longest outbound flows, the longest first

	Totals   Totals
	Inferred bool      // Internal was inferred from the log
	Warnings []Warning // what can mislead in this answer
}

// Finding is one flagged destination with its evidence.
type Finding struct {
	Destination netip.Addr
	Kind        netset.Kind
	Slots       int      // distinct slots called
	Flows       int64    // outbound flows to it
	Bytes       int64    // of these flows; 0 where the log has none or they weren't asked for
	First, Last int64    // start of the first and last flow, ns since the Unix epoch
	Sources     []Source // in the query's order
	Ports       []PortCount
	Names       []string // host names that it was called by, most flows first
	Series      Series
	Shape       Shape    // of the series
	Evidence    Evidence // the numbers that decided the shape
	Reasons     []string // why, in words
}

// Source is one internal address that called a flagged destination.
type Source struct {
	Addr        netip.Addr
	First, Last int64 // ns since the Unix epoch
	Flows       int64
	Bytes       int64
	Position    uint64 // of its first flow: orders sources as the log does; 0 where a database answered
}

// PortCount is the flows to one destination port.
type PortCount struct {
	Port  uint16
	Flows int64
}

// Near is a destination that was not flagged, with the slots it has.
type Near struct {
	Destination netip.Addr
	Slots       int
}

// Series is calls per bucket, sparse: buckets in which none was made are left
// out.
type Series struct {
	Bucket time.Duration
	Counts []Count // by Index
}

// Count is the calls in the bucket that begins at Index*Bucket since the Unix
// epoch.
type Count struct {
	Index int64
	Calls int64
}

// Totals is what was read.
type Totals struct {
	Flows         int64 // flows read, within the bounds of time
	Bad           int64 // records that could not be read and were skipped
	Other         int64 // records of another kind, or without addresses
	Excluded      int64 // flows left out by Query.Exclude
	Outbound      int64 // flows from an internal source to an external destination
	Addresses     int64 // distinct addresses
	InternalHosts int64 // of these, internal
	First, Last   int64 // earliest and latest start of a flow, ns; First > Last where none was read
}

// Warning is something about an answer that the analyst should know, and what
// to type about it.
type Warning struct {
	Text string
	Hint string // may be empty
}

// SortFindings puts findings into the documented order: the more suspicious
// shape first, then by destination address.
func SortFindings(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Shape.Rank(), b.Shape.Rank()), a.Destination.Compare(b.Destination))
	})
}

// Complete works out what follows from the evidence that an engine gathered: each
// finding's totals, kind, orders and shape, the order of the findings, and which
// of them the query's shapes keep.
func (fs *Findings) Complete() {
	for i := range fs.List {
		fs.List[i].complete(&fs.Query, fs.Totals)
	}
	if fs.Query.Shapes != nil {
		fs.List = slices.DeleteFunc(fs.List, func(f Finding) bool { return !slices.Contains(fs.Query.Shapes, f.Shape) })
	}
	SortFindings(fs.List)
}

// AddNames gives findings the names that something else knows their
// destinations by, after those of the log itself.
func (fs *Findings) AddNames(names map[netip.Addr][]string) {
	for i := range fs.List {
		f := &fs.List[i]
		for _, name := range names[f.Destination] {
			if !slices.Contains(f.Names, name) {
				f.Names = append(f.Names, name)
			}
		}
	}
}

// Flagged says whether anything was: a destination, a pair or a rotation that is a
// beacon.
func (fs *Findings) Flagged() bool {
	flagged := len(fs.List) > 0
	fs.beacons(func(*PairRhythm) { flagged = true })
	return flagged
}

// SortSources puts the sources of a finding into the order.
func SortSources(list []Source, order Order) {
	slices.SortFunc(list, func(a, b Source) int { return compareSources(a, b, order) })
}

func compareSources(a, b Source, order Order) int {
	if order == ByLog {
		return cmp.Or(cmp.Compare(a.Position, b.Position), a.Addr.Compare(b.Addr))
	}
	return cmp.Or(cmp.Compare(a.First, b.First), a.Addr.Compare(b.Addr))
}

// CollectSources works out Sources: the distinct sources of the findings and of
// what is a beacon, each at its first appearance among them.
func (fs *Findings) CollectSources() {
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
	fs.beacons(func(p *PairRhythm) { see(Source{Addr: p.Source, First: p.First, Position: p.Position}) })
	all := make([]Source, 0, len(first))
	for _, s := range first {
		all = append(all, s)
	}
	SortSources(all, order)
	fs.Sources = make([]netip.Addr, len(all))
	for i, s := range all {
		fs.Sources[i] = s.Addr
	}
}

// NearMiss is the fewest slots that count as a near miss: a twelfth of the
// slots needed may be missing (55 of 60).
func NearMiss(slots int) int { return slots - slots/12 }

// SortNear puts near misses into order: most slots first, then by address.
func SortNear(list []Near) {
	slices.SortFunc(list, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Slots, a.Slots), a.Destination.Compare(b.Destination))
	})
}

// complete works out a finding's totals, kind, order of sources and ports, and
// shape.
func (f *Finding) complete(q *Query, t Totals) {
	f.Kind = netset.KindOf(f.Destination)
	f.Flows, f.Bytes = 0, 0
	SortSources(f.Sources, q.Order)
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
	JudgeShape(f, t, q)
}
