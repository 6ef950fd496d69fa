package beacon

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// LongFlow is how long an outbound flow lasts that a rhythm can't show in: it
// is one call, and listed on its own.
const LongFlow = time.Hour

// MaxLong is how many of the longest outbound flows an answer lists.
const MaxLong = 20

// Long is one of the longest outbound flows.
type Long struct {
	Source, Destination netip.Addr
	Port                uint16
	First               int64 // ns since the Unix epoch
	Duration            time.Duration
	Bytes               int64
}

// SortLong puts long flows into order, the longest first, and cuts the list to
// MaxLong.
func SortLong(list []Long) []Long {
	slices.SortFunc(list, func(a, b Long) int {
		return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(a.First, b.First), a.Source.Compare(b.Source), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
	})
	return list[:min(len(list), MaxLong)]
}

// rank orders verdicts: 0 is the most suspicious.
func (v Verdict) rank() int {
	return slices.Index([]Verdict{VerdictBeacon, VerdictExplained, VerdictInsufficient, VerdictNone}, v)
}

// decidePairs takes the judgements of the log's pairs, but for what is settled and
// not to be shown, and the totals of all of them; decides, and keeps what is worth
// showing: by verdict, then by q-value, source, destination and port. all is sorted in place; its
// order on entry doesn't matter.
func (fs *Findings) decidePairs(all []Candidate, totals PairTotals) {
	q := &fs.Query
	slices.SortFunc(all, comparePairs)
	Decide(all, q.Decision, totals)
	fs.PairTotals = totals
	for _, p := range all {
		if p.Verdict != VerdictNone && q.keeps(p.Destination) {
			fs.Pairs = append(fs.Pairs, p)
		}
	}
	slices.SortStableFunc(fs.Pairs, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Verdict.rank(), b.Verdict.rank()), cmp.Compare(a.Q, b.Q), cmp.Compare(a.P, b.P))
	})
	fs.Groups = Group(fs.Pairs)
}

// keeps tells whether Only keeps a destination.
func (q *Query) keeps(destination netip.Addr) bool {
	return q.Only == nil || slices.Contains(q.Only, destination)
}

func comparePairs(a, b Candidate) int {
	return cmp.Or(a.Source.Compare(b.Source), a.Destination.Compare(b.Destination), cmp.Compare(a.Port, b.Port))
}

// beacons calls do for each beacon: the pairs, and the rotations.
func (fs *Findings) beacons(do func(p *Candidate)) {
	for i := range fs.Pairs {
		if p := &fs.Pairs[i]; p.Verdict == VerdictBeacon {
			do(p)
		}
	}
	for i := range fs.Groups {
		if p := fs.Groups[i].Together; p != nil && p.Verdict == VerdictBeacon {
			do(p)
		}
	}
}
