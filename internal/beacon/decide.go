package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/words"
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
		if !hopeful(&r.Result) && (r.P > limits.HopefulP || float64(r.Calls) >= 2*limits.WebCalls) {
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
	// The analyst's own rules come first: they say more. She knows a rotation if she knows
	// all its destinations.
	if known := knownAll(d.Known, []netset.Host{r.Source}, r.hosts(), []uint16{r.Port}); known != "" {
		r.Verdict, r.Explanation, r.Needs, why = VerdictExplained, known, 0, Reason{ReasonExplained, r.Q, []any{known}}
	}
	r.Reasons = []Reason{why}
	for i, f := range r.Against {
		if i > 0 || r.Verdict != VerdictWeak { // the first is why it is weak
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
	l, need := &limits, 0.0
	if webPort(r.Port) && r.Period.Seconds() > (1-l.WebRound)*l.WebPeriod && (r.roundPeriod() || len(r.Steps) > 0) {
		need = l.WebCalls
		if r.Miss < l.WebMiss && time.Duration(r.Last-r.First).Seconds() >= l.WebLasts {
			need /= 2
		}
	}
	if r.Parts != nil {
		need = max(need, l.RotationCalls)
	}
	if r.Test == rhythm.TestEven {
		need = max(need, l.EvenCalls)
	}
	if r.Miss > l.SparseMiss && rhythm.RoundPeriod(float64(r.Period), 100*float64(r.Period)) == 0 {
		need = max(need, l.SparseCalls)
	}
	return int(math.Ceil(need))
}

// roundPeriod tells whether the period may be one that people type.
func (r *Candidate) roundPeriod() bool {
	margin := max(limits.WebRound*float64(r.Period), float64(r.PeriodHigh-r.PeriodLow)/2)
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
