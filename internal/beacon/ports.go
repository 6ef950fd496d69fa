package beacon

import (
	"cmp"
	"slices"

	"beacon/internal/rhythm"
)

// A program may call another port each time, or one of several by lot. Then the pairs of
// one source and one destination miss each other's calls, as those of a rotation do, and
// their calls together show the timer.

// PortCalls is the calls of a source to one port of a destination.
type PortCalls struct {
	Times  []int64        // start of each flow, ns since the epoch, ascending
	Judged *rhythm.Result // of these; nil where they are too few to be judged
}

// JudgePorts judges the calls of a source to several ports of a destination together. It
// returns false, and nothing is tried, where there is only one port, there are too few
// calls, or one port keeps a rhythm that leaves no room for calls to the others. Otherwise
// the pair counts as tried; the result speaks for a rhythm only if it says more than each
// port does alone.
func JudgePorts(ports []PortCalls, o rhythm.Options) (together rhythm.Result, tried bool) {
	flows, best := 0, 1.0
	for _, p := range ports {
		flows += len(p.Times)
		if p.Judged != nil {
			if !takesTurns(p.Judged) {
				return together, false
			}
			best = min(best, p.Judged.P)
		}
	}
	if len(ports) < 2 || flows < o.LeastCalls() || flows > rotationFlows {
		return together, false
	}
	lists := make([][]int64, len(ports))
	for i, p := range ports {
		lists[i] = p.Times
	}
	together = judgeTogether(lists, o)
	if together.P >= best {
		return rhythm.Result{Flows: flows, Calls: flows, P: 1}, true
	}
	return together, true
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
