// Package combine judges calls of several pairs as those of one timer: the calls to several
// ports of one destination, and those of a rotation to several destinations. The engines ask it
// about a part of the pairs at a time, Judge about all pairs of a log.
package combine

import (
	"cmp"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/sorting"
)

// Pair is a pair with its judgement.
type Pair struct {
	*beacon.Candidate
	Calls beacon.Pair // its times ascending
}

// Judge judges what several pairs may do together: the calls to several ports of one
// destination, which are returned as pairs, and the rotations. The pairs include those with too
// few flows to be judged, of whose judgement only Flows counts. first and last are as in
// beacon.JudgePair.
func Judge(pairs []Pair, o rhythm.Options, first, last int64) (ports, rotations []beacon.Candidate) {
	type ends struct{ source, destination netset.Host }
	turns, lists, byEnds := Turns{}, map[Caller][]Turn{}, map[ends][]Pair{}
	least := o.LeastCalls()
	for _, p := range pairs {
		e := ends{p.Source, p.Destination}
		byEnds[e] = append(byEnds[e], p)
		c := Caller{Source: p.Source, Port: p.Port}
		turns.Add(c, &p.Result, least)
		turn := Turn{Destination: p.Destination, Times: p.Calls.Times, Position: p.Position, Failed: p.Failed}
		if len(p.Calls.Times) >= least {
			turn.Own = OwnOf(p.Candidate)
		}
		lists[c] = append(lists[c], turn)
	}
	for _, list := range byEnds {
		if together, tried := combinePorts(list, o, first, last); tried {
			ports = append(ports, together)
		}
	}
	sorting.Func(ports, func(a, b beacon.Candidate) int {
		return cmp.Or(a.Source.Compare(b.Source), a.Destination.Compare(b.Destination))
	})
	for _, c := range turns.Callers() {
		rotations = append(rotations, Rotations(c, lists[c], o)...)
	}
	return ports, rotations
}

// combinePorts judges pairs of the same ends together.
func combinePorts(list []Pair, o rhythm.Options, first, last int64) (together beacon.Candidate, tried bool) {
	calls := make([]PortCalls, len(list))
	together = beacon.Candidate{Source: list[0].Source, Destination: list[0].Destination, PortVaries: true, Position: list[0].Position}
	for i, p := range list {
		calls[i].Times = p.Calls.Times
		if len(p.Calls.Times) >= o.LeastCalls() {
			calls[i].Judged = &p.Result
		}
		together.Position = min(together.Position, p.Position)
		together.Failed += p.Failed
	}
	if together.Result, tried = Ports(calls, o); !tried {
		return together, false
	}
	all := mergePairs(list)
	together.First, together.Last, together.Proto = all.Times[0], all.Times[len(all.Times)-1], all.Proto
	together.Measure(all, first, last)
	return together, true
}

// mergePairs returns the calls of several pairs in the order of time; of those at one time
// in the order of their other values.
func mergePairs(list []Pair) beacon.Pair {
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
	all := beacon.Pair{Source: list[0].Source, Destination: list[0].Destination, Proto: flows[0].proto}
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
