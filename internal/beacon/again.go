package beacon

import (
	"fmt"
	"net/netip"
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

// DecideAgain decides stored findings, Pairs and Company of one log or several and
// rotations alike, by Query.Rhythm: its FDR (0: each log's own) and which explanations
// count. The outcome is that of the log itself, read with these options. Q is kept: it
// is of all pairs tried, most of which weren't stored, and doesn't change with an option
// that is answered here. The shortest and longest period, and the fewest calls that are
// judged, are no options of a decision: they change the judgements. What stands twice is
// taken once; twice says how many. A *LooserError tells that the stored pairs can't
// answer.
func (fs *Findings) DecideAgain() (twice int, err error) {
	o := fs.Query.Rhythm
	pairs, twice := splitByLog(slices.Concat(fs.Pairs, fs.Company))
	if err := decideLogs(pairs, o, judge); err != nil {
		return twice, err
	}
	stored, destinations := rotationsOf(slices.Concat(fs.Groups, fs.CompanyGroups))
	rotations, more := splitByLog(stored)
	err = decideLogs(rotations, o, func(rs []PairRhythm, o RhythmOptions, census Census) {
		judgeRotations(rs, destinations[rs[0].Grounds.log()], o, census)
	})
	if err != nil {
		return twice, err
	}

	fs.Pairs, fs.Company, fs.CompanyGroups, fs.Census = nil, nil, nil, Census{}
	counted := map[Grounds]bool{}
	for _, rs := range slices.Concat(pairs, rotations) {
		log := rs[0].Grounds.log()
		log.Tried = 0 // of pairs and rotations another number
		if !counted[log] {
			counted[log] = true
			fs.Census.add(rs[0].Grounds.Census)
		}
		if rs[0].Grounds.ScoreBy == ScoreRITA {
			fs.Query.ScoreBy = ScoreRITA
		}
	}
	decided := slices.Concat(pairs...)
	slices.SortStableFunc(decided, comparePairs)
	fs.keepPairs(decided)
	var found []DestinationRhythm
	for _, rs := range rotations {
		for i := range rs {
			found = append(found, newRotation(&rs[i], destinations[rs[i].Grounds.log()][rs[i].caller()]))
		}
	}
	sortRotations(found)
	fs.AddRotations(found)
	return twice + more, nil
}

// rotationsOf returns the rotations among groups, and their destinations by log.
func rotationsOf(groups []DestinationRhythm) (rs []PairRhythm, destinations map[Grounds]map[Caller][]netip.Addr) {
	destinations = map[Grounds]map[Caller][]netip.Addr{}
	for _, g := range groups {
		if g.Together == nil {
			continue
		}
		log := g.Together.Grounds.log()
		if destinations[log] == nil {
			destinations[log] = map[Caller][]netip.Addr{}
		}
		rs = append(rs, *g.Together)
		destinations[log][g.Together.caller()] = g.Destinations
	}
	return rs, destinations
}

// decideLogs decides about the pairs of each log, and sets their grounds.
func decideLogs(logs [][]PairRhythm, o RhythmOptions, decide func([]PairRhythm, RhythmOptions, Census)) error {
	for _, rs := range logs {
		grounds := decidedBy(rs)
		if o.FDR > grounds.FDR {
			return &LooserError{FDR: o.FDR, Stored: grounds.FDR}
		}
		log := o
		if o.FDR == 0 {
			log.FDR = grounds.FDR
		}
		log = log.withDefaults()
		decide(rs, log, grounds.Census)
		grounds.FDR = log.FDR
		for i := range rs {
			rs[i].Grounds = grounds
		}
	}
	return nil
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
