package beacon

import (
	"net/netip"
	"time"
)

// Pair is the calls of one source to one port of one destination.
type Pair struct {
	Source, Destination netip.Addr
	Port                uint16
	Proto               uint8 // IP protocol number, 0 if unknown

	Times     []int64 // start of each flow, ns since the epoch, ascending
	Bytes     []int64 // bytes of each flow, both ways; nil where the log has none
	SrcBytes  []int64 // bytes sent by the source; nil where unknown
	Durations []int64 // length of each flow in ns; nil where unknown
}

// RhythmOptions are the settings of a judgement. The zero value means the
// documented defaults.
type RhythmOptions struct {
	MinPeriod time.Duration // shortest period looked for; default 1s
	MaxPeriod time.Duration // longest period looked for; default a third of the log
	MinCalls  int           // fewest calls that are judged; default 5
	FDR       float64       // false-discovery rate over all pairs tried; default 0.01

	// LogFirst and LogLast are the times of the log's first and last flow,
	// ns since the epoch. Both zero: the pair's own.
	LogFirst, LogLast int64
}

// Verdict is what a pair's rhythm was judged to be.
type Verdict string

// The verdicts.
const (
	VerdictBeacon       Verdict = "beacon"       // calls keep time, and nothing explains it
	VerdictExplained    Verdict = "explained"    // calls keep time, and a known benign service does that
	VerdictInsufficient Verdict = "insufficient" // calls look like a beacon's, but are too few to say
	VerdictNone         Verdict = "none"         // calls don't keep time
)

// Rhythm is the judgement of one pair.
type Rhythm struct {
	Flows int // flows of the pair
	Calls int // calls: flows less the retries within a call

	Verdict     Verdict
	Explanation string // the named reason of VerdictExplained

	Period, PeriodLow, PeriodHigh time.Duration
	Jitter, JitterLow, JitterHigh float64 // J of a sleep of T*(1±J), uniform
	Miss, MissLow, MissHigh       float64 // share of the calls that didn't come, 0 to 1
	Clock                         bool    // locked to the clock; otherwise it sleeps between calls
	Changes                       []Change

	P, Q  float64 // p-value of this pair; corrected over all pairs by Decide
	Needs int     // VerdictInsufficient: how many more calls would decide it

	Size    SizeRegularity
	Reasons []string // which test fired, its value, what would have turned it
	RITA    RITAScore
}

// Change is a moment at which a beacon switched to another period.
type Change struct {
	At            int64 // ns since the epoch
	Before, After time.Duration
}

// SizeRegularity is how alike the calls' sizes are in each direction: the share of
// calls within a tenth of the median size, 0 to 1; -1 where the log doesn't say.
type SizeRegularity struct {
	Total, Sent, Received float64
}

// PairRhythm is a pair's rhythm with what Decide and Group need to know of the pair.
type PairRhythm struct {
	Source, Destination netip.Addr
	Port                uint16
	Proto               uint8
	First, Last         int64 // first and last flow, ns since the epoch
	Rhythm
}

// JudgePair judges one pair on its own evidence. P and everything fitted are final;
// Verdict is provisional until Decide has seen all the pairs. It is a pure function
// of its arguments and may be called from many goroutines.
func JudgePair(p Pair, o RhythmOptions) Rhythm {
	return Rhythm{Flows: len(p.Times), Calls: len(p.Times), Verdict: VerdictNone, P: 1, Q: 1}
}

// Decide sets Q, Verdict, Explanation and Needs of every pair from the pairs'
// own judgements, all pairs tried being in rs. It needs no times, so that it can be
// re-applied to stored findings with other options.
func Decide(rs []PairRhythm, o RhythmOptions) {}

// DestinationRhythm is one rhythm shared by several pairs.
type DestinationRhythm struct {
	Kind         string // "hosts": several sources call one destination in the same rhythm; "rotating": one source calls several destinations in one rhythm
	Destinations []netip.Addr
	Sources      []netip.Addr
	Port         uint16
	Period       time.Duration
	Pairs        []int // indices into the pairs given
}

// Group finds the rhythms that several pairs share, among the pairs that Decide
// judged beacon. Order: by kind, then by first pair.
func Group(rs []PairRhythm) []DestinationRhythm { return nil }
