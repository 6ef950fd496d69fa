package beacon

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/rita"
	"beacon/internal/sourcehost"
	"beacon/internal/stats"
)

// Pair is the calls of one source to one port of one destination.
type Pair struct {
	Source, Destination netset.Host
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
	Known []Known // the rules of the analyst, tried in this order
}

// defaultFDR is the default of Decision.FDR.
const defaultFDR = 0.01

func (d Decision) withDefaults() Decision {
	if d.FDR <= 0 || d.FDR >= 1 {
		d.FDR = defaultFDR
	}
	return d
}

// Candidate is a pair, or a rotation, with the judgement of its own calls and what Decide
// made of it. Of a rotation Destination is the first of its destinations.
type Candidate struct {
	Source, Destination netset.Host        // if Device isn't nil, Source is its key
	Device              *sourcehost.Device // nil if it isn't known which host called
	Port                uint16
	Proto               uint8
	First, Last         int64  // first and last flow, ns since the epoch
	Position            uint64 // of its first flow in the log; 0 where a database answered
	Callers             int    // sources in the whole log that call this destination and port
	Parts               []Part // of a rotation: its destinations, by address; nil of a pair
	Shared              bool   // of a rotation: its destinations keep the schedule each on their own, and miss the others' turns
	PortVaries          bool   // the calls to all ports together, where no port keeps the rhythm alone; Port is 0 then
	Failed              int64  // flows that were never answered, as far as the log tells
	Bytes               int64  // of all flows, both ways; 0 where the log has none
	rhythm.Result
	Size SizeRegularity
	RITA rita.Score

	Verdict     Verdict // set by Decide, as all that follows
	Explanation string  // the named reason of VerdictExplained
	Q           float64 // P corrected over all pairs
	Needs       int     // of VerdictInsufficient: how many more calls would decide it
	Reasons     []reason.Reason
	cut         float64 // largest p-value that was picked, which reasons name
}

// source returns the candidate's source with its calls.
func (r *Candidate) source() *Source {
	return &Source{Addr: r.Source, Device: r.Device, First: r.First, Last: r.Last, Flows: int64(r.Flows), Bytes: r.Bytes, Position: r.Position}
}

// Part is one destination of a rotation.
type Part struct {
	Destination netset.Host
	Flows       int64
}

// hosts returns the destinations.
func (r *Candidate) hosts() []netset.Host {
	if r.Parts == nil {
		return []netset.Host{r.Destination}
	}
	list := make([]netset.Host, len(r.Parts))
	for i, p := range r.Parts {
		list[i] = p.Destination
	}
	return list
}

// compareCandidates orders candidates by source, destination and port; calls to all ports
// come after those to one. Rotations that begin alike are ordered by all their destinations.
func compareCandidates(a, b *Candidate) int {
	c := cmp.Or(a.Source.Compare(b.Source), a.Destination.Compare(b.Destination), compareBools(a.PortVaries, b.PortVaries), cmp.Compare(a.Port, b.Port))
	if c != 0 || a.Parts == nil {
		return c
	}
	return slices.CompareFunc(a.Parts, b.Parts, func(a, b Part) int { return a.Destination.Compare(b.Destination) })
}

// compareBools orders false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
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
	r.Bytes = 0
	for _, b := range p.Bytes {
		r.Bytes = stats.AddCounts(r.Bytes, b)
	}
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

// PairTotals counts all pairs of a log, which a decision about some of them has to know.
type PairTotals struct {
	Pairs   int // pairs of source, destination and port
	Tried   int // of these, with flows enough to be judged: what q-values are corrected for
	Sources int // distinct sources of the pairs
}

// CountPairs counts the pairs given, which are all that a log has, and sets their
// Callers. Those of least flows or more count as tried.
func CountPairs(rs []Candidate, least int) PairTotals {
	c := PairTotals{Pairs: len(rs)}
	callers := map[service]map[netset.Host]bool{}
	sources := map[netset.Host]bool{}
	for i := range rs {
		r := &rs[i]
		if r.Flows >= least {
			c.Tried++
		}
		sources[r.Source] = true
		if callers[r.service()] == nil {
			callers[r.service()] = map[netset.Host]bool{}
		}
		callers[r.service()][r.Source] = true
	}
	for i := range rs {
		rs[i].Callers = len(callers[rs[i].service()])
	}
	c.Sources = len(sources)
	return c
}

// service is a port of a destination.
type service struct {
	destination netset.Host
	port        uint16
}

func (r *Candidate) service() service { return service{r.Destination, r.Port} }

// Settled tells whether no other pair can make more of this judgement than VerdictNone.
// An engine needn't keep such a pair, as long as the PairTotals count it.
func (d Decision) Settled(r *rhythm.Result) bool {
	return r.Test == "" || r.P > max(limits.HopefulP, d.withDefaults().FDR) && !hopeful(r)
}
