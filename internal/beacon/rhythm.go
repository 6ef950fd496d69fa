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

	Times    []int64 // start of each flow, ns since the epoch, ascending
	Bytes    []int64 // bytes of each flow, both ways; nil where the log has none
	SrcBytes []int64 // bytes sent by the source; nil where unknown
}

// RhythmOptions are the settings of a judgement. The zero value means the
// documented defaults.
type RhythmOptions struct {
	MinPeriod time.Duration // shortest period looked for; default 1s
	MaxPeriod time.Duration // longest period looked for; default a third of the pair's span
	MinCalls  int           // fewest calls that are judged; default 5
	FDR       float64       // false-discovery rate over all pairs tried; default 0.01

	// LogFirst and LogLast are the times of the log's first and last flow,
	// ns since the epoch. Both zero: the pair's own.
	LogFirst, LogLast int64

	Known []Known // the analyst's own explanations, tried first and in this order
}

func (o RhythmOptions) withDefaults() RhythmOptions {
	if o.MinPeriod <= 0 {
		o.MinPeriod = time.Second
	}
	if o.MinCalls <= 0 {
		o.MinCalls = 5
	}
	if o.FDR <= 0 || o.FDR >= 1 {
		o.FDR = 0.01
	}
	return o
}

// LeastCalls is the fewest flows of a pair that is judged.
func (o RhythmOptions) LeastCalls() int { return o.withDefaults().MinCalls }

// Verdict is what a pair's rhythm was judged to be.
type Verdict string

// The verdicts.
const (
	VerdictBeacon       Verdict = "beacon"       // calls keep time, and nothing explains it
	VerdictExplained    Verdict = "explained"    // calls keep time, and a known benign service does that
	VerdictInsufficient Verdict = "insufficient" // calls look like a beacon's, but are too few to say
	VerdictNone         Verdict = "none"         // calls don't keep time
)

// The tests of rhythm, as named in Rhythm.Test.
const (
	TestSleep = "sleep" // intervals gather at T, 2T, 3T...
	TestClock = "clock" // phases hold at one period
	TestEven  = "even"  // calls are spread too evenly for chance
)

// Rhythm is the judgement of one pair.
type Rhythm struct {
	Flows int // flows of the pair
	Calls int // calls: flows less the retries within a call

	Verdict     Verdict
	Explanation string // the named reason of VerdictExplained

	Test                          string // the test that fired: TestSleep, TestClock or TestEven; "" if none was tried
	Period, PeriodLow, PeriodHigh time.Duration
	Jitter, JitterLow, JitterHigh float64 // J of a sleep of T*(1±J), uniform; of a clock, the phase's deviation times sqrt(3)
	Miss, MissLow, MissHigh       float64 // share of the calls that didn't come, 0 to 1
	Regular                       float64 // share of the calls that keep the rhythm, 0 to 1
	Stretches                     int     // unbroken runs of calls that the rhythm falls into
	Sessions                      int     // short runs of calls, silences between, that all calls lie in; 0 where a run is long
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
// flows within a tenth of the median size, 0 to 1; -1 where the log doesn't say.
type SizeRegularity struct {
	Total, Sent, Received float64
}

// PairRhythm is a pair's rhythm with what Decide and Group need to know of the pair.
type PairRhythm struct {
	Source, Destination netip.Addr
	Port                uint16
	Proto               uint8
	First, Last         int64   // first and last flow, ns since the epoch
	Position            uint64  // of its first flow in the log; 0 where a database answered
	Callers             int     // sources in the whole log that call this destination and port
	Times               []int64 // start of each flow, ns since the epoch, ascending; only where Query.Times asks, of the first MaxPictures pairs
	Rhythm
}

// MaxPictures is how many pairs of an answer carry the times of their flows where
// Query.Times asks for them.
const MaxPictures = 200

// DestinationRhythm is one rhythm shared by several pairs, or one that a source keeps
// with several destinations together.
type DestinationRhythm struct {
	Kind         string // GroupHosts or GroupRotating
	Destinations []netip.Addr
	Sources      []netip.Addr
	Port         uint16
	Period       time.Duration
	Pairs        []int       // indices into the pairs given; nil where no pair keeps the rhythm alone
	Together     *PairRhythm // then the judgement of all calls together, of the first destination; otherwise nil
}
