package beacon

import (
	"net/netip"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/shape"
)

// Findings is the answer to a query.
type Findings struct {
	Query      Query        // as it was answered: Internal is never nil here
	List       []Finding    // flagged destinations, the more suspicious shape first, then by address
	Sources    []netip.Addr // internal sources of the flagged, each once, in the query's order
	Near       []Near       // destinations that just missed, most slots first, then by address
	NotFlagged []Near       // addresses of Query.Only that were not flagged, in its order

	Pairs      []Candidate         // of the rhythm rule, in the order of DecideRhythms
	PairTotals PairTotals          // of all the pairs that the log has
	Groups     []DestinationRhythm // rhythms that pairs share, and rotations
	Long       []Long              // longest outbound flows, the longest first

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
	Series      shape.Series
	Shape       shape.Shape    // of the series
	Evidence    shape.Evidence // the numbers that decided the shape
	Reasons     []string       // why, in words
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
	fs.beacons(func(*Candidate) { flagged = true })
	return flagged
}
