package beacon

import (
	"cmp"
	"net/netip"
	"slices"
)

// Kinds of DestinationRhythm.
const (
	GroupHosts    = "hosts"    // several sources call one destination in one rhythm
	GroupRotating = "rotating" // one source calls several destinations in one rhythm
)

// groupMargin is how far the periods of one rhythm may lie apart, as a share.
const groupMargin = 0.1

// Group finds the rhythms that several pairs share, among the pairs that Decide
// called beacons: several hosts of one destination, or several destinations that one
// host calls in turn. Order: by kind, then by the first pair.
func Group(rs []PairRhythm) []DestinationRhythm {
	type key struct {
		kind string
		addr netip.Addr
		port uint16
	}
	members := map[key][]int{}
	var keys []key
	add := func(k key, i int) {
		if members[k] == nil {
			keys = append(keys, k)
		}
		members[k] = append(members[k], i)
	}
	for i := range rs {
		if rs[i].Verdict == VerdictBeacon {
			add(key{GroupHosts, rs[i].Destination, rs[i].Port}, i)
			add(key{GroupRotating, rs[i].Source, rs[i].Port}, i)
		}
	}
	var groups []DestinationRhythm
	for _, k := range keys {
		for _, pairs := range samePace(rs, members[k]) {
			groups = append(groups, newGroup(rs, k.kind, k.port, pairs))
		}
	}
	slices.SortStableFunc(groups, func(a, b DestinationRhythm) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Pairs[0], b.Pairs[0]))
	})
	return groups
}

// Merge returns the calls of several pairs of one source as those of one pair, that of
// the first destination: a host that calls its destinations in turn may keep no
// rhythm with any of them. Sizes and durations are kept where all pairs have them.
func Merge(pairs []Pair) Pair {
	if len(pairs) == 0 {
		return Pair{}
	}
	m := Pair{Source: pairs[0].Source, Destination: pairs[0].Destination, Port: pairs[0].Port, Proto: pairs[0].Proto}
	type flow struct{ at, bytes, sent, duration int64 }
	var flows []flow
	bytes, sent, durations := true, true, true
	for _, p := range pairs {
		n := len(p.Times)
		bytes, sent, durations = bytes && len(p.Bytes) == n, sent && len(p.SrcBytes) == n, durations && len(p.Durations) == n
		at := func(s []int64, i int) int64 {
			if len(s) == n {
				return s[i]
			}
			return 0
		}
		for i, t := range p.Times {
			flows = append(flows, flow{t, at(p.Bytes, i), at(p.SrcBytes, i), at(p.Durations, i)})
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
		if durations {
			m.Durations = append(m.Durations, f.duration)
		}
	}
	return m
}

// samePace splits pairs into runs of two or more whose periods follow each other
// within groupMargin; each run is ascending.
func samePace(rs []PairRhythm, pairs []int) [][]int {
	sorted := slices.Clone(pairs)
	slices.SortStableFunc(sorted, func(a, b int) int { return cmp.Compare(rs[a].Period, rs[b].Period) })
	var runs [][]int
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && within(rs[sorted[to-1]].Period, rs[sorted[to]].Period, groupMargin) {
			to++
		}
		if to-from > 1 {
			run := slices.Clone(sorted[from:to])
			slices.Sort(run)
			runs = append(runs, run)
		}
		from = to
	}
	return runs
}

func newGroup(rs []PairRhythm, kind string, port uint16, pairs []int) DestinationRhythm {
	g := DestinationRhythm{Kind: kind, Port: port, Pairs: pairs}
	weight := 0.0
	period := 0.0
	for _, i := range pairs {
		if !slices.Contains(g.Sources, rs[i].Source) {
			g.Sources = append(g.Sources, rs[i].Source)
		}
		if !slices.Contains(g.Destinations, rs[i].Destination) {
			g.Destinations = append(g.Destinations, rs[i].Destination)
		}
		period += float64(rs[i].Period) * float64(rs[i].Calls)
		weight += float64(rs[i].Calls)
	}
	g.Period = toDuration(period / weight)
	return g
}
