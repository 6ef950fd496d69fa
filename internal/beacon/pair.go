package beacon

import (
	"math"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/rhythm"
	"beacon/internal/rita"
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

// Decision holds the settings of the decision over all candidates. The zero value means
// the documented defaults.
type Decision struct {
	FDR   float64 // false-discovery rate over all pairs tried; default 0.01
	Known []Known // the analyst's own explanations, tried first and in this order
}

// defaultFDR is the default of Decision.FDR.
const defaultFDR = 0.01

func (d Decision) withDefaults() Decision {
	if d.FDR <= 0 || d.FDR >= 1 {
		d.FDR = defaultFDR
	}
	return d
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

// SizeRegularity is how alike the calls' sizes are in each direction: the share of
// flows within a tenth of the median size, 0 to 1; -1 where the log doesn't say.
type SizeRegularity struct {
	Total, Sent, Received float64
}

// Candidate is a pair's rhythm with what Decide and Group need to know of the pair.
type Candidate struct {
	Source, Destination netip.Addr
	Port                uint16
	Proto               uint8
	First, Last         int64   // first and last flow, ns since the epoch
	Position            uint64  // of its first flow in the log; 0 where a database answered
	Callers             int     // sources in the whole log that call this destination and port
	Times               []int64 // start of each flow, ns since the epoch, ascending; only where Query.Times asks, of the first MaxPictures pairs
	rhythm.Result
	Size SizeRegularity
	RITA rita.Score

	Verdict     Verdict
	Explanation string   // the named reason of VerdictExplained
	Q           float64  // P corrected over all pairs by Decide
	Needs       int      // VerdictInsufficient: how many more calls would decide it
	Reasons     []string // which test fired, its value, what would have turned it
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
	Pairs        []int      // indices into the pairs given; nil where no pair keeps the rhythm alone
	Together     *Candidate // then the judgement of all calls together, of the first destination; otherwise nil
}

// JudgePair judges one pair on its own evidence. first and last are the times of the
// log's first and last flow, in ns since the epoch; both zero: the pair's own.
func JudgePair(p Pair, o rhythm.Options, first, last int64) Candidate {
	times := p.Times
	if !slices.IsSorted(times) {
		times = slices.Clone(times)
		slices.Sort(times)
	}
	r := Candidate{Source: p.Source, Destination: p.Destination, Port: p.Port, Proto: p.Proto, Result: rhythm.Judge(times, o)}
	if n := len(times); n > 0 {
		r.First, r.Last = times[0], times[n-1]
	}
	r.Measure(p, first, last)
	return r
}

// Measure sets what takes more than the times of a pair: the regularity of sizes and
// RITA's score. first and last are as in JudgePair.
func (r *Candidate) Measure(p Pair, first, last int64) {
	if len(p.Times) > 0 && first == 0 && last == 0 {
		first, last = slices.Min(p.Times), slices.Max(p.Times)
	}
	sizes := p.SrcBytes
	if sizes == nil {
		sizes = p.Bytes
	}
	r.RITA = rita.Compute(p.Times, sizes, first, last)
	r.Size = sizeRegularity(p)
}

// sizeRegularity measures how alike the sizes of a pair's flows are.
func sizeRegularity(p Pair) SizeRegularity {
	s := SizeRegularity{Total: alike(p.Bytes), Sent: alike(p.SrcBytes), Received: -1}
	if len(p.SrcBytes) > 0 && len(p.SrcBytes) == len(p.Bytes) {
		got := make([]int64, len(p.Bytes))
		for i, b := range p.Bytes {
			got[i] = b - p.SrcBytes[i]
		}
		s.Received = alike(got)
	}
	return s
}

// alike returns the share of values within a tenth of their median, -1 of none.
func alike(values []int64) float64 {
	if len(values) == 0 {
		return -1
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	m := float64(sorted[len(sorted)/2])
	n := 0
	for _, v := range sorted {
		if math.Abs(float64(v)-m) <= 0.1*math.Abs(m) {
			n++
		}
	}
	return float64(n) / float64(len(sorted))
}
