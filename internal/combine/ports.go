package combine

import (
	"slices"

	"beacon/internal/rhythm"
	"beacon/internal/stats"
)

// A program may call another port each time, or one of several by lot. Then the pairs of
// one source and one destination miss each other's calls, as those of a rotation do, and
// their calls together show the timer.

// PortCalls is the calls of a source to one port of a destination.
type PortCalls struct {
	Times  []int64        // start of each flow, ns since the epoch, ascending
	Judged *rhythm.Result // of these; nil where they are too few to be judged
}

// Ports judges the calls of a source to several ports of a destination together. It
// returns false, and nothing is tried, where there is only one port, there are too few
// calls, or one port keeps a rhythm that leaves no room for calls to the others. Otherwise
// the pair counts as tried; the result speaks for a rhythm only if it says more than each
// port does alone.
func Ports(ports []PortCalls, o rhythm.Options) (together rhythm.Result, tried bool) {
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
	if len(ports) < 2 || flows < o.LeastCalls() || flows > mostFlows {
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

// judgeTogether judges the calls of several pairs as those of one. Most are no more steady
// than chance, which a quick look tells.
func judgeTogether(lists [][]int64, o rhythm.Options) rhythm.Result {
	times := slices.Concat(lists...)
	stats.Sort(times)
	if rhythm.Unsteadiness(times, 0) > limits.Unsteady && rhythm.Unsteadiness(times, retryWaits) > limits.Unsteady {
		return rhythm.Result{Flows: len(times), Calls: len(times), P: 1}
	}
	return rhythm.Judge(times, o)
}
