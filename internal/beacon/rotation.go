package beacon

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/rhythm"
	"beacon/internal/stats"
)

// A host that calls its destinations in turn may keep no rhythm with any of them. Its
// calls on one port, taken together, show it: a rotation. An engine counts in Turns
// who may have one while it judges the pairs, and then judges the calls of those.

// Bounds of a rotation.
const (
	rotationMost  = 64      // destinations; more is a busy port
	rotationOwn   = 0.001   // a pair with a p-value below this keeps its own rhythm
	rotationLeast = 24      // calls that it must rest on
	rotationFlows = 100_000 // flows; more is a busy port
)

// Caller is one source's calls to one port.
type Caller struct {
	Source netip.Addr
	Port   uint16
}

func (c Caller) compare(d Caller) int {
	return cmp.Or(c.Source.Compare(d.Source), cmp.Compare(c.Port, d.Port))
}

// Turns counts the pairs that a rotation may be made of, by caller. The zero value
// can be merged from, and made to be added to.
type Turns map[Caller]turns

type turns struct{ pairs, flows int }

// ownRhythm tells whether a pair keeps a rhythm of its own, and so is part of no
// rotation.
func ownRhythm(r *rhythm.Result) bool { return r.P <= rotationOwn }

// OwnRhythm is ownRhythm of a pair.
func (r *Candidate) OwnRhythm() bool { return ownRhythm(&r.Result) }

// Add counts a pair of flows enough to be judged, by its judgement.
func (t Turns) Add(c Caller, r *rhythm.Result) {
	if !ownRhythm(r) {
		n := t[c]
		t[c] = turns{n.pairs + 1, n.flows + r.Flows}
	}
}

// Merge adds the counts of others.
func (t Turns) Merge(others Turns) {
	for c, n := range others {
		m := t[c]
		t[c] = turns{m.pairs + n.pairs, m.flows + n.flows}
	}
}

// Callers are those that may have a rotation, by source and port.
func (t Turns) Callers() (list []Caller) {
	for c, n := range t {
		if n.pairs >= 2 && n.pairs <= rotationMost && n.flows >= rotationLeast && n.flows <= rotationFlows {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, Caller.compare)
	return list
}

// Batches are the callers in parts of at most so many flows, or of one caller.
func (t Turns) Batches(flows int) iter.Seq[[]Caller] {
	return func(yield func([]Caller) bool) {
		callers := t.Callers()
		from, sum := 0, 0
		for i, c := range callers {
			if n := t[c].flows; i > from && sum+n > flows {
				if !yield(callers[from:i]) {
					return
				}
				from, sum = i, 0
			}
			sum += t[c].flows
		}
		if from < len(callers) {
			yield(callers[from:])
		}
	}
}

// Turn is the calls of one destination in a rotation.
type Turn struct {
	Destination netip.Addr
	Times       []int64 // start of each flow, ns since the epoch, ascending
	Position    uint64  // of the first in the log; 0 where a database answered
}

// JudgeRotation judges a caller's calls to the destinations that keep no rhythm of
// their own. Of a rhythm that is found, those destinations are left out without which
// it is clearer; its p-value stays that of all of them.
func JudgeRotation(c Caller, list []Turn, o rhythm.Options) Candidate {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Turn) int { return a.Destination.Compare(b.Destination) })
	judged := judgeTurns(list, o)
	if p := judged.P; p <= rotationOwn {
		for i := len(list) - 1; i >= 0 && len(list) > 2; i-- {
			fewer := slices.Delete(slices.Clone(list), i, i+1)
			if r := judgeTurns(fewer, o); r.P < judged.P || r.P == judged.P && r.Regular > judged.Regular {
				judged, list = r, fewer
			}
		}
		judged.P = p
	}
	r := Candidate{Source: c.Source, Port: c.Port, Result: judged, Size: SizeRegularity{-1, -1, -1}}
	for i, turn := range list {
		r.Parts = append(r.Parts, Part{Destination: turn.Destination, Flows: int64(len(turn.Times))})
		if i == 0 {
			r.Destination, r.First, r.Last, r.Position = turn.Destination, turn.Times[0], turn.Times[0], turn.Position
		}
		r.First, r.Last = min(r.First, turn.Times[0]), max(r.Last, turn.Times[len(turn.Times)-1])
		r.Position = min(r.Position, turn.Position)
	}
	return r
}

// judgeTurns judges all the calls as those of one pair. Most callers' calls are no more
// steady than chance, which a quick look tells.
func judgeTurns(list []Turn, o rhythm.Options) rhythm.Result {
	var times []int64
	for _, turn := range list {
		times = append(times, turn.Times...)
	}
	stats.Sort(times, nil)
	if rhythm.Unsteadiness(times, 0) > rotationUnsteady && rhythm.Unsteadiness(times, retryWaits) > rotationUnsteady {
		return rhythm.Result{Flows: len(times), Calls: len(times), P: 1}
	}
	return rhythm.Judge(times, o)
}

const (
	rotationUnsteady = 1.15             // of a sleeper with half of its calls missed 1.0, of chance 1.39
	retryWaits       = 35 * time.Second // longest wait before a TCP stack tries again
)
