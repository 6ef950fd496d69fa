package beacon

import (
	"errors"
	"iter"
	"math"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/shape"
	"beacon/internal/spill"
	"beacon/internal/timespan"
)

// Evidence holds what an engine gathered to answer a query. Its lists are in any order.
type Evidence struct {
	Internal *netset.Set // the networks that count as internal
	Inferred bool        // Internal was inferred from the log
	Totals   Totals
	Vacant   []netip.Prefix // networks that the query names (see NamedNetworks) and that hold no address of the log

	Destinations []DestinationEvidence // of the every-minute rule: those with Query.Slots slots or more that Query.Only keeps
	Flagged      *Flagged              // further ones; may be nil
	Slots        map[netset.Host]int   // distinct slots of near misses (see NearMiss) and of Query.Only, flagged or not

	Candidates []Candidate                 // of the rhythm rule: pairs with their own judgements; settled ones may be missing
	PairTotals PairTotals                  // of all pairs of the log
	Rotations  []Candidate                 // those that were tried
	Kept       *Candidates                 // further candidates and rotations; may be nil
	Callers    func(r *Candidate) int      // sources in the whole log that call the destination and port of a pair; nil where Candidate.Callers is set
	Memory     int64                       // bytes that candidates and findings may take before they go to disk, each; 0 is no limit
	Long       []Long                      // the longest flows, MaxLong of them or more
	lasting    *spill.Sorter[LongEvidence] // of the rule of long connections, see AddLong

	Strays []timespan.Day // see Span
	Tick   time.Duration  // resolution of the log's clock, see timespan.Ticks; 0 where unknown

	Addresses map[netset.Host][]netset.Host // of the names in Hosts, those that they were met at, in order
	Answers   map[netset.Host][]string      // of the addresses in Hosts, the names whose DNS answers they were, in order
	Labels    map[netset.Host]int           // names that were asked for below the registered domains in Hosts

	Habits   Habits
	Warnings []Warning // what the engine itself noticed
}

// Close removes the temporary files of the evidence, as Assemble does.
func (e *Evidence) Close() {
	e.Kept.Close()
	e.lasting.Close()
}

// ErrChanged is a log or a table that held less in a later reading than in an earlier one.
var ErrChanged = errors.New("what was read first had changed when it was read again")

// Check returns ErrChanged where the evidence contradicts itself: a destination that an
// earlier reading saw called and that no source called in a later one.
func (e *Evidence) Check() error {
	for i := range e.Destinations {
		if len(e.Destinations[i].Sources) == 0 {
			return ErrChanged
		}
	}
	return nil
}

// SetTimes sets what the times of all flows tell: the span of the log, its strays, and the
// resolution of its clock (0 where unknown).
func (e *Evidence) SetTimes(days timespan.Days, tick time.Duration) {
	span := days.Span()
	e.Totals.First, e.Totals.Last = span.First, span.Last
	e.Strays, e.Tick = span.Strays, tick
}

// Hosts returns the destinations that anything was gathered about.
func (e *Evidence) Hosts() (map[netset.Host]bool, error) {
	list := map[netset.Host]bool{}
	for i := range e.Destinations {
		list[e.Destinations[i].Address] = true
	}
	if e.Flagged != nil {
		for _, h := range e.Flagged.Hosts {
			list[h] = true
		}
	}
	add := func(r *Candidate) {
		for _, h := range r.hosts() {
			list[h] = true
		}
	}
	for _, candidates := range [][]Candidate{e.Candidates, e.Rotations} {
		for i := range candidates {
			add(&candidates[i])
		}
	}
	if e.Kept != nil {
		for r, err := range e.Kept.sorter.All() {
			if err != nil {
				return nil, err
			}
			add(r)
		}
	}
	return list, nil
}

// Flagged holds destinations that an engine hands over one at a time.
type Flagged struct {
	Hosts    []netset.Host
	All      iter.Seq2[*DestinationEvidence, error] // can be read once, and the reader may keep what it yields; may be nil if Query.SourcesOnly holds
	Together bool                                   // Sources is known; only if Query.SourcesOnly or Query.Outline holds
	Sources  []Source                               // the sources of all destinations, each with its first appearance
}

// destinations yields the evidence about each destination.
func (e *Evidence) destinations() iter.Seq2[*DestinationEvidence, error] {
	return func(yield func(*DestinationEvidence, error) bool) {
		for i := range e.Destinations {
			if !yield(&e.Destinations[i], nil) {
				return
			}
		}
		if e.Flagged != nil && e.Flagged.All != nil {
			e.Flagged.All(yield)
		}
	}
}

// DestinationEvidence holds what an engine gathered about one flagged destination.
type DestinationEvidence struct {
	Address netset.Host
	Slots   int   // distinct slots called
	Failed  int64 // flows that were never answered, as far as the log tells
	Sources []Source
	Callers int         // of these, where only the first stands in Sources, with what all of them did; otherwise 0
	Ports   []PortCount // where the query wants ports
	Names   []NameCount // where the query wants names
	Series  shape.Series
}

// NameCount is the flows to one host name.
type NameCount struct {
	Name  string
	Flows int64
}

// Within returns the times of an ascending list that are judged: those from the first to
// the last flow of the log's main part (see Span). The result shares memory with times.
func (t Totals) Within(times []int64) []int64 {
	from, _ := slices.BinarySearch(times, t.First)
	to := len(times)
	if t.Last < math.MaxInt64 {
		to, _ = slices.BinarySearch(times, t.Last+1)
	}
	return times[from:max(from, to)]
}
