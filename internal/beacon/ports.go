package beacon

import (
	"cmp"
	"slices"

	"beacon/internal/netset"
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

// JudgedPair is a pair with its judgement.
type JudgedPair struct {
	*Candidate
	Calls Pair // its times ascending
}

// Combine judges what several pairs may do together, for whoever has all pairs of a log at
// hand: the calls to several ports of one destination, which are returned as pairs, and
// the rotations. Pairs of fewer flows than are judged are among them; of their judgements
// only Flows counts. first and last are as in JudgePair.
func Combine(pairs []JudgedPair, o rhythm.Options, first, last int64) (ports, rotations []Candidate) {
	type ends struct{ source, destination netset.Host }
	turns, lists, byEnds := Turns{}, map[Caller][]Turn{}, map[ends][]JudgedPair{}
	least := o.LeastCalls()
	for _, p := range pairs {
		e := ends{p.Source, p.Destination}
		byEnds[e] = append(byEnds[e], p)
		c := Caller{p.Source, p.Port}
		turns.Add(c, &p.Result, least)
		turn := Turn{Destination: p.Destination, Times: p.Calls.Times, Position: p.Position, Failed: p.Failed}
		if len(p.Calls.Times) >= least && p.OwnRhythm() {
			turn.Own = p.Own()
		}
		lists[c] = append(lists[c], turn)
	}
	for _, list := range byEnds {
		if together, tried := combinePorts(list, o, first, last); tried {
			ports = append(ports, together)
		}
	}
	slices.SortFunc(ports, func(a, b Candidate) int { return compareCandidates(&a, &b) })
	for _, c := range turns.Callers() {
		rotations = append(rotations, JudgeRotations(c, lists[c], o)...)
	}
	return ports, rotations
}

// combinePorts judges pairs of the same ends together.
func combinePorts(list []JudgedPair, o rhythm.Options, first, last int64) (together Candidate, tried bool) {
	calls := make([]PortCalls, len(list))
	together = Candidate{Source: list[0].Source, Destination: list[0].Destination, PortVaries: true, Position: list[0].Position}
	for i, p := range list {
		calls[i].Times = p.Calls.Times
		if len(p.Calls.Times) >= o.LeastCalls() {
			calls[i].Judged = &p.Result
		}
		together.Position = min(together.Position, p.Position)
		together.Failed += p.Failed
	}
	if together.Result, tried = JudgePorts(calls, o); !tried {
		return together, false
	}
	all := mergePairs(list)
	together.First, together.Last, together.Proto = all.Times[0], all.Times[len(all.Times)-1], all.Proto
	together.Measure(all, first, last)
	return together, true
}

// mergePairs returns the calls of several pairs in the order of time; of those at one time
// in the order of their other values.
func mergePairs(list []JudgedPair) Pair {
	type flow struct {
		time, bytes, srcBytes int64
		proto                 uint8
	}
	var flows []flow
	var sum, srcSum int64
	for _, p := range list {
		for i, t := range p.Calls.Times {
			f := flow{time: t, proto: p.Calls.Proto}
			if p.Calls.Bytes != nil {
				f.bytes = p.Calls.Bytes[i]
			}
			if p.Calls.SrcBytes != nil {
				f.srcBytes = p.Calls.SrcBytes[i]
			}
			sum, srcSum = sum+f.bytes, srcSum+f.srcBytes
			flows = append(flows, f)
		}
	}
	slices.SortFunc(flows, func(a, b flow) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.proto, b.proto))
	})
	all := Pair{Source: list[0].Source, Destination: list[0].Destination, Proto: flows[0].proto}
	for _, f := range flows {
		all.Times = append(all.Times, f.time)
		if sum > 0 {
			all.Bytes = append(all.Bytes, f.bytes)
		}
		if srcSum > 0 {
			all.SrcBytes = append(all.SrcBytes, f.srcBytes)
		}
	}
	return all
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
