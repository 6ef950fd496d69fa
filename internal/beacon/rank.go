package beacon

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/netset"
	"beacon/internal/shape"
)

// RankScore says how much a finding deserves a look before others of its verdict. Its
// parts are 0 to 1, and Total is their mean, weighted by rankWeights.
type RankScore struct {
	Evidence   float64 // how strong it is; saturates
	FewSources float64 // few internal addresses share it
	Public     float64 // 1 of a public address; multicast and reserved ones are the local network's own
	Lasting    float64 // share of the log from the first call to the last
	Steady     float64 // share of the flows of about one size; a half where the log doesn't say
	Total      float64
}

// rankWeights are the weights of the parts: evidence first, then who shares it and where
// it goes, then how long and how steady it is.
//
// Note: set by judgement, not by a calibration.
var rankWeights = RankScore{Evidence: 4, FewSources: 2, Public: 2, Lasting: 1, Steady: 1}

// sureP is the p-value beyond which evidence counts no more: p-values that small say more
// about how many calls the log holds than about how sure the judgement is.
const sureP = 1e-30

// compareFindings orders findings by verdict, then what others list as a threat first, then
// by score.
func compareFindings(a, b *Finding) int {
	return cmp.Or(compareVerdicts(a, b), compareBools(b.Listed(), a.Listed()), compareScores(a, b))
}

func compareVerdicts(a, b *Finding) int {
	return cmp.Compare(slices.Index(verdicts, a.Verdict), slices.Index(verdicts, b.Verdict))
}

// compareScores orders findings by score. Where scores are equal it falls back on what
// makes the order the same for every engine.
func compareScores(a, b *Finding) int {
	return cmp.Or(
		cmp.Compare(b.Score.Total, a.Score.Total),
		cmp.Compare(a.Scope, b.Scope),
		a.Destinations[0].Host.Compare(b.Destinations[0].Host),
		cmp.Compare(a.Port, b.Port),
		a.Sources[0].Addr.Compare(b.Sources[0].Addr),
		cmp.Compare(a.First, b.First),
		cmp.Compare(len(a.Destinations), len(b.Destinations)),
	)
}

// score sets Score.
func (f *Finding) score(t *Totals) {
	s := &f.Score
	switch {
	case f.Day != nil:
		s.Evidence = 1 - float64(f.Day.Shape.Rank())/float64(len(shape.All()))
		s.Steady = 0.5
	case f.Lasting != nil:
		s.Evidence = math.Min(1, float64(max(f.Lasting.Longest, f.Lasting.DayTotal))/float64(sureLong))
		s.Steady = 0.5
	default:
		s.Evidence = math.Min(1, math.Log(math.Max(f.Schedule.P, math.SmallestNonzeroFloat64))/math.Log(sureP))
		if s.Steady = f.Schedule.Size.Total; s.Steady < 0 {
			s.Steady = 0.5
		}
	}
	if others := t.InternalHosts - 1; others > 0 {
		s.FewSources = 1 - math.Min(1, float64(f.CountSources()-1)/float64(others))
	} else {
		s.FewSources = 1 / float64(max(1, f.CountSources()))
	}
	if f.Destinations[0].Kind == netset.Public {
		s.Public = 1
	}
	if length := t.Last - t.First; length > 0 {
		s.Lasting = math.Min(1, float64(f.Last-f.First)/float64(length))
	}
	w := &rankWeights
	s.Total = (w.Evidence*s.Evidence + w.FewSources*s.FewSources + w.Public*s.Public + w.Lasting*s.Lasting + w.Steady*s.Steady) /
		(w.Evidence + w.FewSources + w.Public + w.Lasting + w.Steady)
}
