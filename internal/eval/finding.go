package eval

import (
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// A Found is one finding of a log as the analyst gets it: one rhythm with all the
// sources and destinations that share it.
type Found struct {
	Sources, Destinations []netset.Host
	Port                  uint16
	AnyPort               bool // the calls to all ports
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
	return beacon.JudgePair(p, rhythm.Options{Tick: log.Tick}, log.Span.First, log.Span.Last)
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

// findingsOf returns the schedules of an answer.
func findingsOf(fs *beacon.Findings) []Found {
	var list []Found
	for f := range fs.Of(beacon.ScopeSchedule) {
		found := Found{Port: f.Port, AnyPort: f.PortVaries, Verdict: f.Verdict, Explanation: f.Explanation, Period: f.Schedule.Period, P: f.Schedule.P, Q: f.Schedule.Q}
		for _, s := range f.Sources {
			found.Sources = append(found.Sources, s.Addr)
		}
		for _, d := range f.Destinations {
			found.Destinations = append(found.Destinations, d.Host)
		}
		list = append(list, found)
	}
	return list
}

// verdictRank orders verdicts as the report does: 0 is the most suspicious.
func verdictRank(v beacon.Verdict) int {
	if i := slices.Index(beacon.Verdicts(), v); i >= 0 {
		return i
	}
	return len(beacon.Verdicts())
}
