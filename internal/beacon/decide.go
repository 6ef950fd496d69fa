package beacon

import (
	"math"
	"sort"
	"time"

	"beacon/internal/rhythm"
)

// How many calls some rhythms must rest on to be told from the timers of ordinary
// software.
const (
	evenCalls   = 60                 // evenness alone
	webPeriod   = 15 * time.Minute   // from this period on, ordinary programs call web ports at a round period, as people type it...
	webRound    = 0.01               // ...which this one is, give or take this share or its own error:
	webCalls    = 24                 // such a rhythm needs so many calls, or
	webLasts    = 4 * 24 * time.Hour // half of them over so long...
	webMiss     = 0.3                // ...if hardly any are missing
	sparseMiss  = 0.5                // a rhythm that misses more, at a period that nobody types...
	sparseCalls = 24                 // ...needs so many calls
	hopefulP    = 0.1                // p-value below which more calls may decide
)

// Decide sets Q, Verdict, Explanation, Needs and the verdict's reason of every pair from
// the pairs' own judgements and the totals of their log. Pairs that are settled (see
// Settled) may be missing. It needs no times.
//
// Q is Benjamini and Hochberg's (1995): the smallest false-discovery rate at which
// the pair would be picked.
func Decide(rs []Candidate, o Decision, totals PairTotals) {
	o = o.withDefaults()
	correct(rs, totals.Tried)
	judge(rs, o, totals)
}

// judge decides pairs that have their Q. o has no defaults to be filled in.
func judge(rs []Candidate, o Decision, totals PairTotals) {
	cut := 0.0 // largest p-value picked
	for i := range rs {
		if rs[i].Q <= o.FDR {
			cut = math.Max(cut, rs[i].P)
		}
	}
	if cut == 0 {
		cut = o.FDR / float64(max(1, totals.Tried))
	}
	ctx := newContext(rs, o, totals)
	for i := range rs {
		rs[i].decide(o, cut, ctx)
	}
}

// correct sets Q of the pairs in which a test found something, and 1 of the others.
func correct(rs []Candidate, tried int) {
	order := make([]int, 0, len(rs))
	for i := range rs {
		rs[i].Q = 1
		if rs[i].Test != "" {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(a, b int) bool { return rs[order[a]].P < rs[order[b]].P })
	q := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		r := &rs[order[k]]
		q = math.Min(q, r.P*float64(tried)/float64(k+1))
		r.Q = q
	}
}

func (r *Candidate) decide(o Decision, cut float64, ctx context) {
	r.Verdict, r.Explanation, r.Needs, r.Reasons = VerdictNone, "", 0, nil
	r.describe()
	if r.Test == "" {
		return
	}
	if flaw := r.speaksAgainst(); flaw != "" {
		r.reason("verdict: none, for %s; without that q %.2g would decide", flaw, r.Q)
		return
	}
	if r.Q > o.FDR {
		if r.P <= hopefulP && r.Calls < 2*webCalls || hopeful(&r.Result) {
			r.Verdict = VerdictInsufficient
			r.Needs = max(r.callsTo(cut), r.callsNeeded()-r.turns())
			r.reason("verdict: not enough calls: p %.2g is above %.2g; about %d more such calls would decide", r.P, cut, r.Needs)
			return
		}
		r.reason("verdict: none, for q %.2g is above %.2g", r.Q, o.FDR)
		return
	}
	if why, otherwise := ctx.explain(r); why != "" {
		r.explained(why, otherwise)
		return
	}
	if need := r.callsNeeded(); r.turns() < need {
		r.Verdict, r.Needs = VerdictInsufficient, need-r.turns()
		r.reason("verdict: not enough calls: q %.2g, but a rhythm like this takes %d calls", r.Q, need)
		return
	}
	r.Verdict = VerdictBeacon
	r.reason("verdict: beacon, q %.2g; a q above %.2g would have turned it", r.Q, o.FDR)
}

func (r *Candidate) explained(why, otherwise string) {
	r.Verdict, r.Explanation = VerdictExplained, why
	r.reason("verdict: explained by %s; %s would have made it a beacon", why, otherwise)
}

// hopeful tells whether calls that are too few for any test at least look like a
// beacon's.
func hopeful(r *rhythm.Result) bool {
	return r.Test == rhythm.TestSleep && r.Calls <= rhythm.FewCalls && r.Regular > 0.95 && r.Jitter < 0.75 && r.Miss < 0.2
}

// callsNeeded returns how many calls, or cycles of calls, a rhythm of this kind takes to
// be told from the timers of ordinary software.
func (r *Candidate) callsNeeded() int {
	need := 0
	if webPort(r.Port) && float64(r.Period) > (1-webRound)*float64(webPeriod) && (r.roundPeriod() || len(r.Steps) > 0) {
		need = webCalls
		if r.Miss < webMiss && r.Last-r.First >= int64(webLasts) {
			need = webCalls / 2
		}
	}
	if r.Test == rhythm.TestEven {
		need = max(need, evenCalls)
	}
	if r.Miss > sparseMiss && rhythm.RoundPeriod(float64(r.Period), 100*float64(r.Period)) == 0 {
		need = max(need, sparseCalls)
	}
	return need
}

// roundPeriod tells whether the period may be one that people type.
func (r *Candidate) roundPeriod() bool {
	margin := max(webRound*float64(r.Period), float64(r.PeriodHigh-r.PeriodLow)/2)
	return rhythm.RoundWithin(float64(r.Period)-margin, float64(r.Period)+margin)
}

// turns returns the calls, or the cycles if several calls make one.
func (r *Candidate) turns() int { return r.Calls / max(1, len(r.Steps)) }

// callsTo estimates how many more calls like these would bring p below cut: evidence
// grows in proportion to calls once the trials, about 8 e-folds, are paid for.
func (r *Candidate) callsTo(cut float64) int {
	have := -math.Log(math.Max(r.P, math.SmallestNonzeroFloat64))
	missing := -math.Log(math.Max(cut, math.SmallestNonzeroFloat64)) - have
	each := (have + 8) / float64(max(1, r.Calls))
	return max(1, int(math.Ceil(missing/each)))
}
