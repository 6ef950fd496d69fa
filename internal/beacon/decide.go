package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/words"
)

// VerdictNone is the verdict of a candidate that is no finding: its calls don't keep time
// more than chance explains.
const VerdictNone Verdict = "none"

// Decide sets Verdict and the fields after it of every pair, from the pairs' own
// judgements and the counts of all pairs of their log. Pairs that are settled (see
// Settled) may be missing.
func Decide(pairs []Candidate, d Decision, totals PairTotals) {
	d = d.withDefaults()
	var order, all []*Candidate
	for i := range pairs {
		r := &pairs[i]
		r.Q = 1
		if all = append(all, r); !d.Settled(&r.Result) {
			order = append(order, r)
		}
	}
	slices.SortFunc(order, byEvidence)
	c := newCorrection(totals.Tried, len(order))
	for _, r := range order {
		c.correct(r, d.FDR)
	}
	decideAll(all, d, c.pick(d.FDR), totals.Sources)
	for i := range pairs {
		pairs[i].Reasons = pairs[i].reasons(d.FDR)
	}
}

// byEvidence orders candidates by the p-value, the largest first.
func byEvidence(a, b *Candidate) int {
	return cmp.Or(cmp.Compare(b.P, a.P), compareCandidates(a, b))
}

// correction corrects p-values for the number of candidates tried. Q is Benjamini and
// Hochberg's (1995): the smallest false-discovery rate at which a candidate would be
// picked.
type correction struct {
	tried, left int // left are the candidates that aren't corrected yet
	q, cut      float64
}

func newCorrection(tried, candidates int) *correction {
	return &correction{tried: tried, left: candidates, q: 1}
}

// correct sets Q of the next candidate in the order of byEvidence.
func (c *correction) correct(r *Candidate, fdr float64) {
	c.q = math.Min(c.q, r.P*float64(c.tried)/float64(c.left))
	c.left--
	if r.Q = c.q; r.Q <= fdr {
		c.cut = math.Max(c.cut, r.P)
	}
}

// pick returns the largest p-value that is picked, once all candidates are corrected.
func (c *correction) pick(fdr float64) float64 {
	if c.cut == 0 {
		return fdr / float64(max(1, c.tried))
	}
	return c.cut
}

// decideAll decides about candidates that are corrected, all those of some sources. cut is
// the largest p-value that is picked, sources how many the log has.
func decideAll(list []*Candidate, d Decision, cut float64, sources int) {
	ctx := newContext(list, d, sources)
	for _, r := range list {
		r.decide(d, cut, ctx)
	}
}

// decide sets the verdict. cut is the largest p-value that is picked.
func (r *Candidate) decide(d Decision, cut float64, ctx *context) {
	r.Verdict, r.Explanation, r.Needs, r.Reasons, r.cut = VerdictNone, "", 0, nil, cut
	if r.Test == "" {
		return
	}
	flawed, significant := len(r.Against) > 0, r.Q <= d.FDR
	switch {
	case flawed && !significant:
		return
	case flawed:
		r.Verdict = VerdictWeak
	case !significant:
		if !hopeful(&r.Result) && (r.P > limits.HopefulP || float64(r.Calls) >= 2*limits.WebCalls) {
			return
		}
		r.Verdict, r.Needs = VerdictInsufficient, max(r.callsTo(cut), r.callsNeeded()-r.turns())
	default:
		if r.Explanation = ctx.explain(r); r.Explanation != "" {
			r.Verdict = VerdictExplained
		} else if need := r.callsNeeded(); r.turns() < need {
			r.Verdict, r.Needs = VerdictInsufficient, need-r.turns()
		} else {
			r.Verdict = VerdictBeacon
		}
	}
	// The analyst's own rules come first: they say more. She knows a rotation if she knows
	// all its destinations.
	if known := knownAll(d.Known, r.source().Hosts(), r.hosts(), []uint16{r.Port}); known != "" {
		r.Verdict, r.Explanation, r.Needs = VerdictExplained, known, 0
	}
}

// reasons returns what the verdict rests on.
func (r *Candidate) reasons(fdr float64) (list []reason.Reason) {
	against := r.Against
	switch {
	case r.Verdict == VerdictNone:
		return nil
	case r.Verdict == VerdictExplained:
		list = []reason.Reason{reason.Of(reason.Explained, r.Q, r.Explanation)}
	case r.Verdict == VerdictWeak: // the first flaw is why
		list, against = []reason.Reason{reason.Flaw(against[0])}, against[1:]
	case r.Verdict == VerdictBeacon:
		list = []reason.Reason{reason.Of(reason.Significant, r.Q, r.Q, fdr)}
	case r.Q <= fdr:
		need := r.callsNeeded()
		list = []reason.Reason{reason.Of(reason.FewForKind, float64(need), r.Q, need)}
	default:
		list = []reason.Reason{reason.Of(reason.FewCalls, r.P, r.P, r.cut, r.Needs)}
	}
	for _, f := range against {
		list = append(list, reason.Flaw(f))
	}
	return append(list, r.measured()...)
}

// measured returns the reasons that follow from the candidate's own calls.
func (r *Candidate) measured() (list []reason.Reason) {
	switch r.Test {
	case rhythm.TestSleep:
		list = append(list, reason.Of(reason.Sleep, r.P, r.P, r.Near, r.Intervals, r.Period, reason.Jitter(r.Jitter), reason.Share(r.Regular)))
	case rhythm.TestClock:
		list = append(list, reason.Of(reason.Clock, r.P, r.P, r.Period, r.Vector, r.Counted))
	case rhythm.TestEven:
		list = append(list, reason.Of(reason.Even, r.P, r.P, r.Period, r.Spread, math.Sqrt(float64(r.Calls)/6)))
	case rhythm.TestCycle:
		list = append(list, reason.Of(reason.Cycle, r.P, r.P, len(r.Steps), r.Near, r.Intervals, r.Period, reason.Jitter(r.Jitter), reason.Share(r.Regular)))
	case rhythm.TestSteady:
		list = append(list, reason.Of(reason.Steady, r.P, r.P, r.Period))
	}
	if r.Work > 0 {
		list = append(list, reason.Of(reason.Work, r.Work.Seconds(), r.Period, r.Work))
	}
	for _, c := range r.Changes {
		list = append(list, reason.Of(reason.Changed, c.After.Seconds(), c.Before, c.After, reason.Moment(c.At)))
	}
	if r.RetryGap > 0 {
		list = append(list, reason.Of(reason.Retries, r.RetryGap.Seconds(),
			words.Plural(int64(r.Flows), "flow", "flows"), words.Plural(int64(r.Calls), "call", "calls"), r.RetryGap))
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
		need = max(need, RotationCalls)
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
