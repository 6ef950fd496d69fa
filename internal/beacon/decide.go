package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/rhythm"
	"beacon/internal/words"
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

// VerdictNone is the verdict of a candidate that is no finding: its calls don't keep time
// more than chance explains.
const VerdictNone Verdict = "none"

// Decide sets Verdict and the fields after it of every pair, from the pairs' own
// judgements and the counts of all pairs of their log. Pairs that are settled (see
// Settled) may be missing.
//
// Q is Benjamini and Hochberg's (1995): the smallest false-discovery rate at which
// the pair would be picked.
func Decide(pairs []Candidate, d Decision, totals PairTotals) {
	list := make([]*Candidate, len(pairs))
	for i := range pairs {
		list[i] = &pairs[i]
	}
	decideAll(list, d, totals)
}

// decideRotations decides about all rotations that were tried.
func decideRotations(tried []Candidate, d Decision, totals PairTotals) {
	totals.Tried = len(tried)
	Decide(tried, d, totals)
}

func decideAll(list []*Candidate, d Decision, totals PairTotals) {
	d = d.withDefaults()
	correct(list, d, totals.Tried)
	cut := 0.0 // largest p-value picked
	for _, r := range list {
		if r.Q <= d.FDR {
			cut = math.Max(cut, r.P)
		}
	}
	if cut == 0 {
		cut = d.FDR / float64(max(1, totals.Tried))
	}
	ctx := newContext(list, d, totals)
	for _, r := range list {
		r.decide(d, cut, ctx)
	}
}

// correct sets Q of the candidates, and 1 of those that are settled: an engine may leave
// them out.
func correct(list []*Candidate, d Decision, tried int) {
	var order []*Candidate
	for _, r := range list {
		r.Q = 1
		if !d.Settled(&r.Result) {
			order = append(order, r)
		}
	}
	slices.SortStableFunc(order, func(a, b *Candidate) int { return cmp.Compare(a.P, b.P) })
	q := 1.0
	for k := len(order) - 1; k >= 0; k-- {
		q = math.Min(q, order[k].P*float64(tried)/float64(k+1))
		order[k].Q = q
	}
}

// decide sets the verdict. cut is the largest p-value that is picked.
func (r *Candidate) decide(d Decision, cut float64, ctx context) {
	r.Verdict, r.Explanation, r.Needs, r.Reasons = VerdictNone, "", 0, nil
	if r.Test == "" {
		return
	}
	flawed, significant := len(r.Against) > 0, r.Q <= d.FDR
	var why Reason
	switch {
	case flawed && !significant:
		return
	case flawed:
		r.Verdict, why = VerdictWeak, flawReason(r.Against[0])
	case !significant:
		if !hopeful(&r.Result) && (r.P > hopefulP || r.Calls >= 2*webCalls) {
			return
		}
		r.Verdict, r.Needs = VerdictInsufficient, max(r.callsTo(cut), r.callsNeeded()-r.turns())
		why = Reason{ReasonFewCalls, r.P, []any{r.P, cut, r.Needs}}
	default:
		if r.Explanation = ctx.explain(r); r.Explanation != "" {
			r.Verdict, why = VerdictExplained, Reason{ReasonExplained, r.Q, []any{r.Explanation}}
		} else if need := r.callsNeeded(); r.turns() < need {
			r.Verdict, r.Needs = VerdictInsufficient, need-r.turns()
			why = Reason{ReasonFewForKind, float64(need), []any{r.Q, need}}
		} else {
			r.Verdict, why = VerdictBeacon, Reason{ReasonSignificant, r.Q, []any{r.Q, d.FDR}}
		}
	}
	r.Reasons = []Reason{why}
	if flawed {
		for _, f := range r.Against[1:] {
			r.Reasons = append(r.Reasons, flawReason(f))
		}
	}
	r.Reasons = append(r.Reasons, r.measured()...)
}

// measured returns the reasons that follow from the candidate's own calls.
func (r *Candidate) measured() (list []Reason) {
	switch r.Test {
	case rhythm.TestSleep:
		list = append(list, Reason{ReasonSleep, r.P, []any{r.P, r.Near, r.Intervals, r.Period, share(r.Jitter), share(r.Regular)}})
	case rhythm.TestClock:
		list = append(list, Reason{ReasonClock, r.P, []any{r.P, r.Period, r.Vector, r.Counted}})
	case rhythm.TestEven:
		list = append(list, Reason{ReasonEven, r.P, []any{r.P, r.Period, r.Spread, math.Sqrt(float64(r.Calls) / 6)}})
	case rhythm.TestCycle:
		list = append(list, Reason{ReasonCycle, r.P, []any{r.P, len(r.Steps), r.Near, r.Intervals, r.Period, share(r.Jitter), share(r.Regular)}})
	case rhythm.TestSteady:
		list = append(list, Reason{ReasonSteady, r.P, []any{r.P, r.Period}})
	}
	if r.Work > 0 {
		list = append(list, Reason{ReasonWork, r.Work.Seconds(), []any{r.Period, r.Work}})
	}
	for _, c := range r.Changes {
		list = append(list, Reason{ReasonChanged, c.After.Seconds(), []any{c.Before, c.After, moment(c.At)}})
	}
	if r.RetryGap > 0 {
		list = append(list, Reason{ReasonRetries, r.RetryGap.Seconds(),
			[]any{words.Plural(int64(r.Flows), "flow", "flows"), words.Plural(int64(r.Calls), "call", "calls"), r.RetryGap}})
	}
	return list
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
	if r.Parts != nil {
		need = max(need, rotationLeast)
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
