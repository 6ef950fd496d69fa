package beacon

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"beacon/internal/flow"
	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/shape"
	"beacon/internal/sourcehost"
	"beacon/internal/words"
)

// Rule is a set of rules by which a query picks candidates.
type Rule uint8

// The rules.
const (
	EveryMinute Rule = 1 << iota // destinations that are called in every slot of the cycle
	EveryRhythm                  // source, destination and port whose calls keep time
	EveryLong                    // source, destination and port whose connections last
)

// By is a set of what a flow's destination can be.
type By uint8

// What a destination can be.
const (
	ByAddress By = 1 << iota
	ByName       // the name that was asked for
	ByDomain     // of a DNS query, the registered domain of the name
)

// Has says whether a kind of destination is in the set; of the zero value all are.
func (b By) Has(kind By) bool { return b == 0 || b&kind != 0 }

// DNSPort is the port of DNS: flows to a name at this port ask for the name.
const DNSPort = 53

// Order is the order of the internal sources in the answer.
type Order = sourcehost.Order

// The orders.
const (
	ByLog  = sourcehost.ByLog
	ByTime = sourcehost.ByTime
)

// MaxSlots is the largest number of slots that a cycle can have: the minutes
// of a day.
const MaxSlots = 1440

// Query is a question to a flow log, answered alike by every engine.
type Query struct {
	Rules Rule

	Bucket time.Duration // length of a slot; divides the cycle
	Cycle  time.Duration // what the slots repeat in
	Slots  int           // distinct slots that make a destination a candidate, 1 to Cycle/Bucket

	From, To int64 // ns since the Unix epoch: flows that start in [From, To); both 0 is no bound

	Internal *netset.Set             // nil: the default networks, or inferred from the log
	Exclude  *netset.Set             // flows with either end in it are left out
	Proxies  *netset.Set             // flows to these go to the name that they ask for, and these are no sources
	By       By                      // what a destination is; 0 is all that the log has
	Names    map[netip.Addr][]string // names that something else knows addresses by
	Leases   *lease.Table            // which host had an address at a time; nil knows none
	Only     []netset.Host           // of what was flagged, keep these; nil keeps all
	Shapes   []shape.Shape           // of what was flagged, keep these shapes; nil keeps all
	Span     bool                    // a flow marks every slot from its start to its end
	Order    Order

	Want  flow.Column // optional columns whose evidence the findings carry: Bytes, Port, Name
	Brief bool        // no more is wanted than the sources of what is flagged: totals, series, near misses and warnings about the log may be missing
	Top   int         // the findings that have to be listed where Outline holds, the first by rank; 0 is all
	Times bool        // the first pairs of the rhythm rule carry the times of their flows, to be drawn

	MinDuration time.Duration // of EveryLong: how long a connection, or those of a day together, last at the least

	Rhythm   rhythm.Options // the tests of the rhythm rule
	Decision Decision       // over all that they found
}

// SourcesOnly reports whether the answer is nothing but the sources of all flagged destinations
// together, so that no evidence about single destinations is needed.
func (q *Query) SourcesOnly() bool { return q.Brief && q.unselected() }

// Outline reports whether the answer lists the first Top findings only, with the first source
// of each and the number of its sources.
func (q *Query) Outline() bool {
	return !q.Brief && q.Top > 0 && q.Want == 0 && q.Leases == nil && q.unselected()
}

// unselected reports whether all destinations of the every-minute rule are beacons.
func (q *Query) unselected() bool {
	return q.Rules == EveryMinute && q.Only == nil && q.Shapes == nil && len(q.Decision.Known) == 0
}

// Has says whether a rule is in the set.
func (r Rule) Has(rule Rule) bool { return r&rule != 0 }

// Keeps tells whether Only keeps a destination: it is one of them, or a name below one of
// the registered domains among them. Without Only all are kept.
func (q *Query) Keeps(h netset.Host) bool {
	return q.Only == nil || slices.ContainsFunc(q.Only, func(o netset.Host) bool {
		return o == h || o.IsDomain() && strings.HasSuffix(h.Name, o.Name[1:])
	})
}

// CycleSlots returns the number of slots in a cycle.
func (q *Query) CycleSlots() int { return int(q.Cycle / q.Bucket) }

// Validate returns an error if the query's settings contradict each other.
func (q *Query) Validate() error {
	switch {
	case q.Bucket <= 0 || q.Cycle <= 0:
		return fmt.Errorf("--bucket %s, --cycle %s: both must be longer than 0", words.Typed(q.Bucket), words.Typed(q.Cycle))
	case q.Cycle%q.Bucket != 0:
		return fmt.Errorf("--bucket %s: doesn't divide the cycle, %s", words.Typed(q.Bucket), words.Typed(q.Cycle))
	case q.Cycle/q.Bucket > MaxSlots:
		return fmt.Errorf("--cycle %s: has %d buckets of %s; at most %d are possible", words.Typed(q.Cycle), q.Cycle/q.Bucket, words.Typed(q.Bucket), MaxSlots)
	case q.Slots < 1 || q.Slots > q.CycleSlots():
		return fmt.Errorf("--slots %d: not between 1 and the %d of a cycle", q.Slots, q.CycleSlots())
	case q.Rules.Has(EveryLong) && q.MinDuration <= 0:
		return fmt.Errorf("--min-duration %s: must be longer than 0", words.Typed(q.MinDuration))
	case (q.From != 0 || q.To != 0) && q.From >= q.To:
		return fmt.Errorf("the log's bounds leave no time: from must be before to")
	}
	return nil
}
