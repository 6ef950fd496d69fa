package beacon

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
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
// host calls in turn. Order: by kind, then by the
// first pair.
func Group(rs []Candidate) []DestinationRhythm {
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

// samePace splits pairs into runs of two or more whose periods follow each other
// within groupMargin; each run is ascending.
func samePace(rs []Candidate, pairs []int) [][]int {
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

func newGroup(rs []Candidate, kind string, port uint16, pairs []int) DestinationRhythm {
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
	g.Period = time.Duration(period / weight)
	return g
}
