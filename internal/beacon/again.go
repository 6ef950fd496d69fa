package beacon

import (
	"fmt"
	"slices"
)

// Grounds is what a verdict rests on beside the pair's own judgement: the log that the
// pair is of, and how it was decided. Stored with a pair they allow to decide again.
type Grounds struct {
	Census
	LogFirst, LogLast int64   // first and last flow of the log, ns since the epoch
	FDR               float64 // false-discovery rate of the decision
	ScoreBy           Score   // what the log's pairs are ranked by
}

// log is the grounds that don't change with the decision.
func (g Grounds) log() Grounds {
	g.FDR, g.ScoreBy = 0, ""
	return g
}

// LooserError is that stored pairs were asked for a looser decision than the one that
// they were stored by: what it would pick besides was not written.
type LooserError struct {
	FDR, Stored float64
}

func (e *LooserError) Error() string {
	return fmt.Sprintf("a false-discovery rate of %v is looser than the %v that the findings were decided by: what lies between was not stored", e.FDR, e.Stored)
}

// DecideAgain decides stored findings, Pairs and Company of one log or several, by
// Query.Rhythm: its FDR (0: each log's own) and which explanations count. The outcome is
// that of the log itself, read with these options. Q is kept: it is of all pairs tried,
// most of which weren't stored, and doesn't change with an option that is answered here.
// The shortest and longest period, and the fewest calls that are judged, are no options
// of a decision: they change the judgements. What stands twice is taken once; twice says
// how many. A *LooserError tells that the stored pairs can't answer.
func (fs *Findings) DecideAgain() (twice int, err error) {
	logs, twice := splitByLog(slices.Concat(fs.Pairs, fs.Company))
	var decided []PairRhythm
	fs.Census = Census{}
	for _, pairs := range logs {
		grounds := decidedBy(pairs)
		switch {
		case fs.Query.Rhythm.FDR > grounds.FDR:
			return twice, &LooserError{FDR: fs.Query.Rhythm.FDR, Stored: grounds.FDR}
		case fs.Query.Rhythm.FDR > 0:
			grounds.FDR = fs.Query.Rhythm.FDR
		}
		options := fs.Query.Rhythm
		options.FDR = grounds.FDR
		judge(pairs, options.withDefaults(), grounds.Census)
		for i := range pairs {
			pairs[i].Grounds = grounds
		}
		decided = append(decided, pairs...)
		fs.Census.add(grounds.Census)
		if grounds.ScoreBy == ScoreRITA {
			fs.Query.ScoreBy = ScoreRITA
		}
	}
	slices.SortStableFunc(decided, comparePairs)
	fs.Pairs, fs.Company = nil, nil
	fs.keepPairs(decided)
	return twice, nil
}

// splitByLog puts pairs of one log together, in the order of comparePairs, and drops
// those that are there already.
func splitByLog(all []PairRhythm) (logs [][]PairRhythm, twice int) {
	place := map[Grounds]int{}
	for _, p := range all {
		k, ok := place[p.Grounds.log()]
		if !ok {
			k = len(logs)
			place[p.Grounds.log()] = k
			logs = append(logs, nil)
		}
		logs[k] = append(logs[k], p)
	}
	for k, pairs := range logs {
		slices.SortStableFunc(pairs, comparePairs)
		logs[k] = slices.CompactFunc(pairs, func(a, b PairRhythm) bool { return comparePairs(a, b) == 0 })
		twice += len(pairs) - len(logs[k])
	}
	return logs, twice
}

// decidedBy returns the grounds that all pairs of a log were stored by: where decisions
// differ, the strictest.
func decidedBy(pairs []PairRhythm) Grounds {
	grounds := pairs[0].Grounds
	for i := range pairs {
		grounds.FDR = min(grounds.FDR, pairs[i].Grounds.FDR)
		if pairs[i].Grounds.ScoreBy == ScoreRITA {
			grounds.ScoreBy = ScoreRITA
		}
	}
	return grounds
}

func (c *Census) add(other Census) {
	c.Pairs += other.Pairs
	c.Tried += other.Tried
	c.Sources += other.Sources
}
