package beacon

import (
	"cmp"
	"net/netip"
	"slices"
)

// Rotation is the judgement of one source's calls to several destinations on one port
// taken together: a host that calls its destinations in turn may keep no rhythm with
// any of them.
type Rotation struct {
	Source       netip.Addr
	Destinations []netip.Addr // in the order of the pairs given
	Port         uint16
	Rhythm
}

// Bounds of a rotation.
const (
	rotationMost  = 32    // destinations; more is a busy port
	rotationOwn   = 0.001 // a pair with a p-value below this keeps its own rhythm
	rotationCalls = 24    // calls that it must rest on
)

// JudgeRotation judges the pairs of one source and port, own being their judgements in
// the same order. Pairs that keep a rhythm of their own stay out of it. It returns
// false where fewer than two pairs, or too many, are left: no rotation was tried.
func JudgeRotation(pairs []Pair, own []Rhythm, o RhythmOptions) (Rotation, bool) {
	var left []Pair
	calls := 0
	for i, p := range pairs {
		if own[i].P > rotationOwn {
			left = append(left, p)
			calls += len(p.Times)
		}
	}
	if len(left) < 2 || len(left) > rotationMost || calls < rotationCalls {
		return Rotation{}, false
	}
	r := Rotation{Source: left[0].Source, Port: left[0].Port, Rhythm: JudgePair(Merge(left), o)}
	for _, p := range left {
		r.Destinations = append(r.Destinations, p.Destination)
	}
	return r, true
}

// DecideRotations picks the rotations that keep time among all that were tried, at the
// false-discovery rate asked for, by source and port.
func DecideRotations(tried []Rotation, o RhythmOptions) []DestinationRhythm {
	o = o.withDefaults()
	rs := make([]PairRhythm, len(tried))
	for i, t := range tried {
		rs[i] = PairRhythm{Source: t.Source, Port: t.Port, Rhythm: t.Rhythm}
	}
	correct(rs, o, len(rs))
	var groups []DestinationRhythm
	for i := range rs {
		if r := &rs[i]; r.Q <= o.FDR && r.Test != "" && r.flaw() == "" && r.Calls >= max(rotationCalls, r.callsNeeded()) {
			groups = append(groups, DestinationRhythm{Kind: GroupRotating, Destinations: tried[i].Destinations,
				Sources: []netip.Addr{r.Source}, Port: r.Port, Period: r.Period})
		}
	}
	slices.SortStableFunc(groups, func(a, b DestinationRhythm) int {
		return cmp.Or(a.Sources[0].Compare(b.Sources[0]), cmp.Compare(a.Port, b.Port))
	})
	return groups
}

// Merge returns the calls of several pairs of one source as those of one pair, that of
// the first destination. Sizes are kept where all pairs have them.
func Merge(pairs []Pair) Pair {
	if len(pairs) == 0 {
		return Pair{}
	}
	m := Pair{Source: pairs[0].Source, Destination: pairs[0].Destination, Port: pairs[0].Port, Proto: pairs[0].Proto}
	type flow struct{ at, bytes, sent int64 }
	var flows []flow
	bytes, sent := true, true
	for _, p := range pairs {
		n := len(p.Times)
		bytes, sent = bytes && len(p.Bytes) == n, sent && len(p.SrcBytes) == n
		at := func(s []int64, i int) int64 {
			if len(s) == n {
				return s[i]
			}
			return 0
		}
		for i, t := range p.Times {
			flows = append(flows, flow{t, at(p.Bytes, i), at(p.SrcBytes, i)})
		}
	}
	slices.SortStableFunc(flows, func(a, b flow) int { return cmp.Compare(a.at, b.at) })
	for _, f := range flows {
		m.Times = append(m.Times, f.at)
		if bytes {
			m.Bytes = append(m.Bytes, f.bytes)
		}
		if sent {
			m.SrcBytes = append(m.SrcBytes, f.sent)
		}
	}
	return m
}
