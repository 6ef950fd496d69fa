package beacon

import (
	"iter"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/rita"
	"beacon/internal/shape"
	"beacon/internal/sourcehost"
	"beacon/internal/words"
)

// Findings holds the answer to a query.
type Findings struct {
	Query      Query         // as it was answered: Internal is never nil here
	List       []Finding     // ranked, of both rules and all verdicts, or the first Query.Top where Query.Outline holds; nil where they don't fit into memory: All yields them then too
	Sources    []netset.Host // internal sources of the findings with the verdict beacon, each once, in the query's order
	Near       []Near        // destinations that just missed the every-minute rule, most slots first, then by address
	NotFlagged []Near        // addresses of Query.Only that the every-minute rule didn't flag, in its order
	Gone       []Earlier     // findings of earlier runs that are none now, see Since
	Long       []Long        // longest outbound flows, the longest first

	Totals     Totals
	PairTotals PairTotals // of all the pairs that the log has
	Inferred   bool       // Internal was inferred from the log
	Warnings   []Warning  // what can mislead in this answer
	Memory     int64      // bytes that an output may hold before it goes to disk; 0 is no limit
	Zone       words.Zone // of the times that people read; it changes no finding

	names  map[netset.Host][]string // of addresses, the names whose calls all went there
	stored *stored                  // what List doesn't hold
	each   []func(r *ranked) bool   // what is done to each finding that is stored; false leaves it out
	census census                   // of the findings, where List may not hold all of them; otherwise nil
}

// Scope says what kind of thing a finding is.
type Scope string

// The scopes.
const (
	ScopeDestination Scope = "destination" // a destination of the every-minute rule
	ScopeSchedule    Scope = "schedule"    // a timer that the rhythm rule found
	ScopeConnection  Scope = "connection"  // a pair whose connections last
)

// Verdict names the outcome of a decision.
type Verdict string

// The verdicts, in the order of rank.
const (
	VerdictBeacon       Verdict = "beacon"       // nothing speaks against it
	VerdictExplained    Verdict = "explained"    // a known benign service calls like this
	VerdictWeak         Verdict = "weak"         // significant, but something speaks against it: the reasons name it
	VerdictInsufficient Verdict = "insufficient" // looks like a beacon, but the calls are too few to tell
)

var verdicts = []Verdict{VerdictBeacon, VerdictExplained, VerdictWeak, VerdictInsufficient}

// Verdicts returns every verdict, in the order of rank.
func Verdicts() []Verdict { return slices.Clone(verdicts) }

// Finding is a destination of the every-minute rule, or a schedule of the rhythm rule:
// one timer, with the sources and destinations that it was seen at.
type Finding struct {
	Scope        Scope
	Rank         int // 1 is the first
	Score        RankScore
	Verdict      Verdict
	Explanation  string        // name of the service or rule that explains it; "" unless explained
	Destinations []Destination // one of ScopeDestination, one or more of ScopeSchedule
	Sources      []Source      // in the query's order; where Query.Outline holds maybe only the first, see CountSources
	Port         uint16        // 0 of ScopeDestination, see Day.Ports, and where PortVaries
	PortVaries   bool          // the port changes from call to call
	Proto        uint8         // IP protocol number, 0 if unknown
	Flows        int64         // outbound flows
	Calls        int64         // flows less the retries within a call; of ScopeDestination the flows
	Bytes        int64         // of these flows; 0 where the log has none or they weren't asked for
	Failed       int64         // flows that were never answered, as far as the log tells
	First, Last  int64         // start of the first and last flow, ns since the Unix epoch
	Reasons      []reason.Reason
	Since        Since               // what earlier runs tell, see Findings.Since
	Day          *Day                // of ScopeDestination, otherwise nil
	Schedule     *Schedule           // of ScopeSchedule, otherwise nil
	Lasting      *connection.Lasting // of ScopeConnection, otherwise nil

	callers int // of a destination, where not all of them stand in Sources
}

// CountSources returns how many sources the finding has.
func (f *Finding) CountSources() int { return max(len(f.Sources), f.callers) }

// Destination is one destination of a finding.
type Destination struct {
	Host      netset.Host
	Kind      netset.Kind
	Names     []string      // host names that it was called by, most flows first
	Addresses []netset.Host // of a name, where it was met; in order
	Flows     int64
	Calls     int64
	Bytes     int64
	Share     float64   // of the finding's calls, 0 to 1
	Listings  []Listing // indicators of threat that it matches, see Findings.Know
	Origins   []Origin  // of its addresses, each once, see Findings.Know
	Labels    int       // names under a registered domain, where the destination is one; otherwise 0
}

// Source is one internal host of a finding.
type Source = sourcehost.Source

// Day holds what the every-minute rule measured of a destination.
type Day struct {
	Slots    int         // distinct slots called
	Ports    []PortCount // most flows first; where the query wants ports
	Series   shape.Series
	Shape    shape.Shape    // of the series
	Evidence shape.Evidence // the numbers that decided the shape
}

// Schedule is one timer, as the rhythm rule judged it. Of several pairs that keep it
// each on their own, it is that of the pair with the strongest evidence, but for the
// period, which is the mean over their calls, and the misses of several destinations,
// which are those of all of them together.
type Schedule struct {
	rhythm.Result
	Q     float64 // P corrected over all pairs or rotations tried
	Needs int     // of VerdictInsufficient: about how many more calls would decide it
	Size  SizeRegularity
	RITA  rita.Score
	Pairs []SchedulePair // by source, then destination
}

// SchedulePair is one source and destination of a schedule.
type SchedulePair struct {
	Source, Destination netset.Host
	Caller              netset.Host // identifies the source: a device by its key, not by its address
	Port                uint16
	AnyPort             bool    // the calls to all ports; Port is 0 then
	Times               []int64 // start of each flow, ns since the Unix epoch, ascending; see Findings.Pictured
}

// Times returns the times of the calls of the schedule's first source, ascending; nil
// where they weren't asked for.
func (s *Schedule) Times() []int64 {
	var times []int64
	for _, p := range s.Pairs {
		if p.Caller == s.Pairs[0].Caller {
			times = append(times, p.Times...)
		}
	}
	slices.Sort(times)
	return times
}

// SizeRegularity is how alike the flows' sizes are in each direction: the share of
// flows within a tenth of the median size, 0 to 1; -1 where the log doesn't say.
type SizeRegularity struct {
	Total, Sent, Received float64
}

// PortCount is the flows to one destination port.
type PortCount struct {
	Port  uint16
	Flows int64
}

// Near is a destination that was not flagged, with the slots it has.
type Near struct {
	Destination netset.Host
	Slots       int
}

// Long is one of the longest outbound flows.
type Long struct {
	Source, Destination netset.Host
	Port                uint16
	First               int64 // ns since the Unix epoch
	Duration            time.Duration
	Bytes               int64
}

// Totals counts what was read.
type Totals struct {
	Flows         int64 // flows read, within the bounds of time
	Bad           int64 // records that could not be read and were skipped
	Other         int64 // records of another kind, or without addresses
	Excluded      int64 // flows left out by Query.Exclude
	Neither       int64 // flows with no internal end
	Outbound      int64 // flows from an internal source to an external destination
	Addresses     int64 // distinct addresses
	InternalHosts int64 // of these, internal
	First, Last   int64 // earliest and latest start of a flow, ns; First > Last where none was read
}

// Warning is something about an answer that the analyst should know, and what to type
// about it.
type Warning struct {
	Text string
	Hint string // may be empty
}

// AddNames gives the findings' destinations the names that something else knows them
// by, after those of the log itself.
func (fs *Findings) AddNames(names map[netip.Addr][]string) {
	fs.Change(func(f *Finding) {
		for k := range f.Destinations {
			d := &f.Destinations[k]
			for _, name := range names[d.Host.Addr] {
				if !slices.Contains(d.Names, name) {
					d.Names = append(d.Names, name)
				}
			}
		}
	})
}

// Flagged tells whether any finding has the verdict beacon.
func (fs *Findings) Flagged() bool { return fs.Count(VerdictBeacon) > 0 }

// Of yields the findings of a scope, by rank, as All does.
func (fs *Findings) Of(scope Scope) iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		for f := range fs.All() {
			if f.Scope == scope && !yield(f) {
				return
			}
		}
	}
}

// failedReasons returns how many of the flows were never answered, nothing where all were.
func (f *Finding) failedReasons() []reason.Reason {
	if f.Failed == 0 {
		return nil
	}
	return []reason.Reason{reason.Of(reason.Failed, float64(f.Failed), int(f.Failed), int(f.Flows))}
}
