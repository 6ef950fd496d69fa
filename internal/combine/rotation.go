package combine

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/sorting"
	"beacon/internal/sourcehost"
)

// One timer may use several destinations: a list of servers, a pool of addresses, by lot or
// in turn. Then each pair misses the calls that went to the others, or keeps no rhythm at
// all, and the calls of a source on one port, taken together, show it: a rotation. An
// engine counts in Turns who may have one while it judges the pairs, and then judges the
// calls of those.

// LeastTurn is how many flows a destination has that is more than a passing one, so that it
// may be part of a rotation.
const LeastTurn = 2

// Caller is one source's calls to one port.
type Caller struct {
	Source netset.Host
	Port   uint16
}

func (c Caller) compare(d Caller) int {
	return cmp.Or(c.Source.Compare(d.Source), cmp.Compare(c.Port, d.Port))
}

// Turns counts the pairs that a rotation may be made of, by caller. The zero value
// can be merged from, and made to be added to.
type Turns map[Caller]turns

// turns counts a caller's pairs: those of enough flows to be judged that keep no rhythm,
// those of fewer flows, and those that keep one.
type turns struct{ judged, few, own turnCount }

type turnCount struct{ pairs, flows int }

func (n *turnCount) add(flows int) { n.pairs, n.flows = n.pairs+1, n.flows+flows }

func (n *turnCount) merge(m turnCount) { n.pairs, n.flows = n.pairs+m.pairs, n.flows+m.flows }

// fits tells whether so many pairs may make a rotation.
func (n turnCount) fits() bool {
	return n.pairs >= 2 && float64(n.pairs) <= limits.Destinations && float64(n.flows) >= beacon.RotationCalls && n.flows <= mostFlows
}

// ownRhythm tells whether a pair keeps a rhythm of its own.
func ownRhythm(r *rhythm.Result) bool { return r.P <= limits.Own }

// takesTurns tells whether a pair leaves room for others' turns: it keeps no rhythm of its
// own, or one that misses calls.
func takesTurns(r *rhythm.Result) bool { return !ownRhythm(r) || r.Miss >= beacon.RotationMiss }

// Own is the rhythm that a pair keeps on its own.
type Own struct {
	P, Miss float64
	Period  time.Duration
	Size    beacon.SizeRegularity
}

// OwnOf returns the rhythm that a pair keeps on its own, nil if it keeps none.
func OwnOf(r *beacon.Candidate) *Own {
	if !ownRhythm(&r.Result) {
		return nil
	}
	return &Own{P: r.P, Miss: r.Miss, Period: r.Period, Size: r.Size}
}

// Add counts a pair by its judgement; least is the number of flows that are judged, and
// fewer have the zero judgement but for Flows.
func (t Turns) Add(c Caller, r *rhythm.Result, least int) {
	if r.Flows < LeastTurn {
		return
	}
	n := t[c]
	switch {
	case r.Flows < least:
		n.few.add(r.Flows)
	case ownRhythm(r):
		n.own.add(r.Flows)
	default:
		n.judged.add(r.Flows)
	}
	t[c] = n
}

// AddFew counts pairs of fewer flows than are judged, with the flows that they have in all.
func (t Turns) AddFew(c Caller, pairs, flows int) {
	n := t[c]
	n.few.merge(turnCount{pairs, flows})
	t[c] = n
}

// Merge adds the counts of others.
func (t Turns) Merge(others Turns) {
	for c, n := range others {
		m := t[c]
		m.judged.merge(n.judged)
		m.few.merge(n.few)
		m.own.merge(n.own)
		t[c] = m
	}
}

// sets returns what may be a rotation: the pairs without rhythm, those and the ones of few
// flows, and whether pairs with a rhythm may share it.
func (n turns) sets() (judged, all, own bool) {
	sum := n.judged
	sum.merge(n.few)
	judged, all = n.judged.fits(), n.few.pairs > 0 && sum.fits()
	sum.merge(n.own)
	return judged, all, n.own.pairs > 0 && (n.own.fits() || sum.fits())
}

func (n turns) flows() int { return n.judged.flows + n.few.flows + n.own.flows }

// Callers returns those that may have a rotation, by source and port.
func (t Turns) Callers() (list []Caller) {
	for c, n := range t {
		if judged, all, own := n.sets(); judged || all || own {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, Caller.compare)
	return list
}

// Batches returns the callers in parts of at most so many flows, or of one caller.
func (t Turns) Batches(flows int) iter.Seq[[]Caller] {
	return func(yield func([]Caller) bool) {
		callers := t.Callers()
		from, sum := 0, 0
		for i, c := range callers {
			if n := t[c].flows(); i > from && sum+n > flows {
				if !yield(callers[from:i]) {
					return
				}
				from, sum = i, 0
			}
			sum += t[c].flows()
		}
		if from < len(callers) {
			yield(callers[from:])
		}
	}
}

// Turn is the calls of one destination in a rotation.
type Turn struct {
	Destination netset.Host
	Times       []int64            // start of each flow, ns since the epoch, ascending
	Position    uint64             // of the first in the log; 0 where a database answered
	Device      *sourcehost.Device // nil where nothing tells which host called
	Failed      int64              // flows that were never answered, as far as the log tells
	Own         *Own               // where the pair keeps a rhythm of its own, otherwise nil
}

// Rotations judges a caller's calls to several destinations together, in the sets of
// destinations that may be one schedule; it returns all that were tried.
func Rotations(c Caller, list []Turn, o rhythm.Options) (tried []beacon.Candidate) {
	list = slices.DeleteFunc(slices.Clone(list), func(t Turn) bool { return len(t.Times) < LeastTurn })
	sorting.Func(list, func(a, b Turn) int { return a.Destination.Compare(b.Destination) })
	var n turns
	var judged, rest, own []Turn
	for _, t := range list {
		switch {
		case t.Own != nil:
			own = append(own, t)
			n.own.add(len(t.Times))
		case len(t.Times) >= o.LeastCalls():
			judged, rest = append(judged, t), append(rest, t)
			n.judged.add(len(t.Times))
		default:
			rest = append(rest, t)
			n.few.add(len(t.Times))
		}
	}
	if _, _, tryOwn := n.sets(); tryOwn {
		tried = shareSchedule(c, own, rest, o)
	}
	for _, r := range tried {
		judged, rest = without(judged, r.Parts), without(rest, r.Parts)
	}
	if len(rest) > len(judged) && count(rest).fits() {
		r := judgeRotation(c, rest, o)
		if tried = append(tried, r); r.P <= limits.Own {
			return tried
		}
	}
	if count(judged).fits() {
		tried = append(tried, judgeRotation(c, judged, o))
	}
	return tried
}

// without returns the turns whose destinations are not among the parts.
func without(list []Turn, parts []beacon.Part) []Turn {
	return slices.DeleteFunc(slices.Clone(list), func(t Turn) bool {
		return slices.ContainsFunc(parts, func(p beacon.Part) bool { return p.Destination == t.Destination })
	})
}

func count(list []Turn) (n turnCount) {
	for _, t := range list {
		n.add(len(t.Times))
	}
	return n
}

// judgeRotation judges a caller's calls to destinations that keep no rhythm of their own.
// Of a rhythm that is found, those destinations are left out without which it is clearer;
// its p-value stays that of all of them.
func judgeRotation(c Caller, list []Turn, o rhythm.Options) beacon.Candidate {
	judged := judgeTurns(list, o)
	if p := judged.P; p <= limits.Own {
		judged, list = clearest(list, judged, o)
		judged.P = p
	}
	return newRotation(c, list, judged)
}

// clearest leaves out the destinations without which a rhythm is clearer. One whose calls
// fill places of the schedule stays: without them it misses about as many more, and half
// as many tell that from chance.
func clearest(list []Turn, judged rhythm.Result, o rhythm.Options) (rhythm.Result, []Turn) {
	for i := len(list) - 1; i >= 0 && len(list) > 2; i-- {
		fewer := slices.Delete(slices.Clone(list), i, i+1)
		r := judgeTurns(fewer, o)
		fills := r.Miss > judged.Miss+0.5*float64(len(list[i].Times))/float64(max(1, judged.Flows))
		if !fills && (r.P < judged.P || r.P == judged.P && r.Regular > judged.Regular) {
			judged, list = r, fewer
		}
	}
	return judged, list
}

// shareSchedule finds the pairs that share one schedule: their periods agree, and together
// they miss fewer calls than any of them does alone, or call in turn, at even intervals.
// Timers that are apart have phases of their own, and their calls together keep no such
// period. Of the other pairs those are taken in whose calls fill the schedule further.
func shareSchedule(c Caller, own, rest []Turn, o rhythm.Options) (tried []beacon.Candidate) {
	sorting.Stable(own, func(a, b Turn) int { return cmp.Compare(a.Own.Period, b.Own.Period) })
	for from := 0; from < len(own); {
		to := from + 1
		for to < len(own) && beacon.SamePeriod(own[to-1].Own.Period, own[to].Own.Period) {
			to++
		}
		group := slices.Clone(own[from:to])
		from = to
		sorting.Func(group, func(a, b Turn) int { return a.Destination.Compare(b.Destination) })
		if judged, list := fillSchedule(group, rest, o); list != nil {
			r := newRotation(c, list, judged)
			r.Shared = true
			tried = append(tried, r)
		}
	}
	return tried
}

// fillSchedule returns the schedule that pairs of one period share, with the others that
// fill it, and its judgement; nil if they share none.
func fillSchedule(group, rest []Turn, o rhythm.Options) (judged rhythm.Result, list []Turn) {
	own := slices.MinFunc(group, func(a, b Turn) int { return cmp.Compare(a.Own.P, b.Own.P) }).Own
	best := rhythm.Result{P: own.P, Period: own.Period, Miss: own.Miss}
	period, least := best.Period, 1.0
	for _, t := range group {
		least = min(least, t.Own.Miss)
	}
	fills := func(r rhythm.Result, before rhythm.Result) bool {
		return r.P <= max(before.P, smallestOwn) && beacon.SamePeriod(period, r.Period) && r.Miss < before.Miss
	}
	if len(group) > 1 {
		judged = judgeTurns(group, o)
		if inTurn(judged, period, len(group)) {
			return judged, group
		}
	}
	if least < beacon.RotationMiss {
		return judged, nil
	}
	best.Miss = least
	shared := len(group) > 1 && fills(judged, best)
	if !shared {
		judged = best
	}
	if whole := append(slices.Clone(group), rest...); float64(len(whole)) <= limits.Destinations {
		if r := judgeTurns(whole, o); fills(r, judged) {
			return clearest(byDestination(whole), r, o)
		}
		for _, t := range rest {
			more := append(slices.Clone(group), t)
			if r := judgeTurns(more, o); fills(r, judged) {
				judged, group, shared = r, more, true
			}
		}
	}
	if !shared {
		return judged, nil
	}
	return judged, byDestination(group)
}

// smallestOwn is the p-value below which two rhythms are equally sure.
const smallestOwn = 1e-30

func byDestination(list []Turn) []Turn {
	sorting.Func(list, func(a, b Turn) int { return a.Destination.Compare(b.Destination) })
	return list
}

// inTurn tells whether calls that each of n destinations gets once a period come at even
// intervals together.
func inTurn(r rhythm.Result, period time.Duration, n int) bool {
	return r.P <= limits.Own && len(r.Steps) == 0 && beacon.SamePeriod(period/time.Duration(n), r.Period)
}

// newRotation returns the candidate that turns are together.
func newRotation(c Caller, list []Turn, judged rhythm.Result) beacon.Candidate {
	r := beacon.Candidate{Source: c.Source, Port: c.Port, Result: judged, Size: sizesOf(list)}
	for i, turn := range list {
		r.Parts = append(r.Parts, beacon.Part{Destination: turn.Destination, Flows: int64(len(turn.Times))})
		if i == 0 {
			r.Destination, r.First, r.Last, r.Position = turn.Destination, turn.Times[0], turn.Times[0], turn.Position
		}
		r.First, r.Last = min(r.First, turn.Times[0]), max(r.Last, turn.Times[len(turn.Times)-1])
		r.Position = min(r.Position, turn.Position)
		r.Failed += turn.Failed
		r.Device = sourcehost.With(r.Device, turn.Device)
	}
	return r
}

// sizesOf returns the regularity of sizes of the turns that were judged each on their own:
// the mean over their calls.
func sizesOf(list []Turn) beacon.SizeRegularity {
	mean := func(of func(s *beacon.SizeRegularity) float64) float64 {
		sum, calls := 0.0, 0.0
		for _, t := range list {
			if t.Own != nil && of(&t.Own.Size) >= 0 {
				sum += of(&t.Own.Size) * float64(len(t.Times))
				calls += float64(len(t.Times))
			}
		}
		if calls == 0 {
			return -1
		}
		return sum / calls
	}
	return beacon.SizeRegularity{
		Total:    mean(func(s *beacon.SizeRegularity) float64 { return s.Total }),
		Sent:     mean(func(s *beacon.SizeRegularity) float64 { return s.Sent }),
		Received: mean(func(s *beacon.SizeRegularity) float64 { return s.Received }),
	}
}

// judgeTurns judges all the calls as those of one pair.
func judgeTurns(list []Turn, o rhythm.Options) rhythm.Result {
	lists := make([][]int64, len(list))
	for i, turn := range list {
		lists[i] = turn.Times
	}
	return judgeTogether(lists, o)
}
