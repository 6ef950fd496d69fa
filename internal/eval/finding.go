package eval

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/rhythm"
)

// A Found is one finding of a log as the analyst gets it: one rhythm with all the
// sources and destinations that share it.
type Found struct {
	Sources, Destinations []netip.Addr
	Port                  uint16
	Verdict               beacon.Verdict
	Explanation           string
	Period                time.Duration
	P, Q                  float64
}

// public tells whether a destination of the finding is on the Internet.
func (f *Found) public() bool { return slices.ContainsFunc(f.Destinations, isPublic) }

// A Judged is a log whose pairs were judged one by one, with nothing decided yet.
// Deciding is cheap next to judging, so a Judged can be decided many times: with
// another pair planted in it, or with other settings.
type Judged struct {
	log   Log
	pairs []beacon.Candidate // of log.Pairs
}

// JudgePairs judges every pair of log.
func JudgePairs(log Log) Judged {
	j := Judged{log: log, pairs: make([]beacon.Candidate, len(log.Pairs))}
	parallel(len(log.Pairs), func(i int) { j.pairs[i] = judgePair(log, log.Pairs[i]) })
	return j
}

// judgeAlone is JudgePairs in the caller's goroutine, for a log that is one of many.
func judgeAlone(log Log) Judged {
	j := Judged{log: log}
	for _, p := range log.Pairs {
		j.pairs = append(j.pairs, judgePair(log, p))
	}
	return j
}

func judgePair(log Log, p beacon.Pair) beacon.Candidate {
	return beacon.JudgePair(p, rhythm.Options{}, log.Span.First, log.Span.Last)
}

// plant returns j with some more pairs, which are C2.
func (j Judged) plant(pairs ...beacon.Pair) Judged {
	j.log.Pairs, j.log.C2, j.pairs = slices.Clip(j.log.Pairs), slices.Clip(j.log.C2), slices.Clip(j.pairs)
	for _, p := range pairs {
		j.log.Pairs = append(j.log.Pairs, p)
		j.log.C2 = append(j.log.C2, true)
		j.pairs = append(j.pairs, judgePair(j.log, p))
	}
	return j
}

// Find returns the findings of the log in the order of the report, all verdicts.
func (j Judged) Find(o beacon.Decision) []Found {
	return findingsOf(assemble(j.log, slices.Clone(j.pairs), o))
}

// findingsOf makes one finding of the pairs that share a group, and one of every
// rotation.
func findingsOf(fs *beacon.Findings) []Found {
	of := make([]int, len(fs.Pairs)) // index of the pair that stands for the finding
	for i := range of {
		of[i] = i
	}
	for _, g := range fs.Groups {
		for _, i := range g.Pairs {
			first, other := of[g.Pairs[0]], of[i]
			for k := range of {
				if of[k] == other || of[k] == first {
					of[k] = min(first, other)
				}
			}
		}
	}
	var list []Found
	at := map[int]int{}
	for i := range fs.Pairs {
		p := &fs.Pairs[i]
		if k, ok := at[of[i]]; ok {
			list[k].add(p.Source, p.Destination)
			continue
		}
		at[of[i]] = len(list)
		list = append(list, newFound(p, p.Destination))
	}
	for _, g := range fs.Groups {
		if g.Together != nil {
			list = append(list, newFound(g.Together, g.Destinations...))
		}
	}
	slices.SortStableFunc(list, func(a, b Found) int {
		return cmp.Or(cmp.Compare(verdictRank(a.Verdict), verdictRank(b.Verdict)), cmp.Compare(a.Q, b.Q), cmp.Compare(a.P, b.P))
	})
	return list
}

func newFound(p *beacon.Candidate, destinations ...netip.Addr) Found {
	return Found{Sources: []netip.Addr{p.Source}, Destinations: destinations, Port: p.Port,
		Verdict: p.Verdict, Explanation: p.Explanation, Period: p.Period, P: p.P, Q: p.Q}
}

func (f *Found) add(src, dst netip.Addr) {
	if !slices.Contains(f.Sources, src) {
		f.Sources = append(f.Sources, src)
	}
	if !slices.Contains(f.Destinations, dst) {
		f.Destinations = append(f.Destinations, dst)
	}
}

// verdictRank orders verdicts as the report does: 0 is the most suspicious.
func verdictRank(v beacon.Verdict) int {
	return slices.Index([]beacon.Verdict{beacon.VerdictBeacon, beacon.VerdictExplained, beacon.VerdictInsufficient, beacon.VerdictNone}, v)
}
