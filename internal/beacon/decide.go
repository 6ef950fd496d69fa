package beacon

import (
	"fmt"
	"math"
	"sort"
	"time"

	"beacon/internal/rhythm"
)

// What a rhythm must be like, beyond unlikely under chance, to be called one. With
// thousands of calls the faintest order is significant; an analyst wants the kind that
// a timer makes.
const (
	minRegular    = 0.6 // share of the calls that keep the rhythm...
	minRegularOf  = 0.3 // ...or this much of so many calls:
	manyCalls     = 50
	maxMiss       = 0.96               // share of the calls that didn't come
	looseJitter   = 0.2                // a phase held more loosely...
	looseMiss     = 0.3                // ...by so few calls is no one timer's
	evenCalls     = 60                 // calls that evenness alone must rest on
	shortRhythm   = 5 * time.Minute    // a rhythm that lasts less is a burst of retries...
	shortCalls    = 30                 // ...unless of so many calls
	retryPeriod   = 30 * time.Second   // a rhythm faster than this...
	retryRun      = 4                  // ...goes on for so many calls at a stretch
	loneRun       = 2                  // a timer's calls follow each other: so many at a stretch
	pagePeriod    = 5 * time.Minute    // a page that reloads itself does so this often...
	pageRun       = 3                  // ...and keeps time for fewer calls than so many...
	pageCalls     = 4                  // ...of so many, each time that it is looked at
	webPeriod     = 15 * time.Minute   // from this period on, web services poll too...
	webCalls      = 24                 // ...and a rhythm on their ports needs so many calls, or
	webLasts      = 4 * 24 * time.Hour // half of them over so long
	sparseMiss    = 0.5                // a rhythm that misses more, at a period that nobody types...
	sparseCalls   = 24                 // ...needs so many calls
	sessionJitter = 0.25               // within sessions, clicks that are spread wider...
	sessionLeast  = 3                  // ...in so many sessions are a person's
	hopefulP      = 0.1                // p-value below which more calls may decide
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
	if flaw := r.flaw(); flaw != "" {
		r.reason("verdict: none, for %s; without that q %.2g would decide", flaw, r.Q)
		return
	}
	if r.Q > o.FDR {
		if r.P <= hopefulP && r.Calls < 2*webCalls || hopeful(&r.Result) {
			r.Verdict = VerdictInsufficient
			r.Needs = max(r.callsTo(cut), r.callsNeeded()-r.Calls)
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
	if need := r.callsNeeded(); r.Calls < need {
		r.Verdict, r.Needs = VerdictInsufficient, need-r.Calls
		r.reason("verdict: not enough calls: q %.2g, but a rhythm like this takes %d calls", r.Q, need)
		return
	}
	r.Verdict = VerdictBeacon
	r.reason("verdict: beacon, q %.2g; a q above %.2g would have turned it, or a rhythm that fewer than %.0f%% of the calls keep",
		r.Q, o.FDR, 100*r.regularNeeded())
}

func (r *Candidate) explained(why, otherwise string) {
	r.Verdict, r.Explanation = VerdictExplained, why
	r.reason("verdict: explained by %s; %s would have made it a beacon", why, otherwise)
}

// flaw says why these calls can't be called a rhythm however unlikely they are, "" if
// nothing speaks against it.
//
// Note: of pages that reload themselves after 60 s, none to three times, .46 were
// beacons in 24 h and .01 are, by the rule of visits. Without its look at all calls of
// a visit it would be 0, at the price of a bot that calls three servers by lot.
func (r *Candidate) flaw() string {
	kept := float64(r.Calls) * r.Regular
	switch lasts := time.Duration(kept * float64(r.Period)); {
	case r.Regular < r.regularNeeded():
		return fmt.Sprintf("fewer than %.0f%% of the calls keep the rhythm", 100*r.regularNeeded())
	case r.Miss > maxMiss:
		return "more than 96% of the calls would have to be missing"
	case lasts < shortRhythm && r.Calls < shortCalls:
		return "a few calls within minutes are a burst of retries"
	case r.Period < retryPeriod && kept < retryRun*float64(r.Stretches):
		return "it keeps time for a few calls at a stretch only, as retries do"
	case kept < loneRun*float64(r.Stretches):
		return "an interval like this hardly ever follows another"
	case r.Period <= pagePeriod && r.Sessions >= sessionLeast && r.Calls < pageCalls*r.Sessions &&
		kept < pageRun*float64(min(r.Sessions, r.Stretches)):
		return fmt.Sprintf("it keeps time for a few calls in each of %d visits, as a page that reloads itself does", r.Sessions)
	case r.Test == rhythm.TestClock && r.Jitter > looseJitter && r.Miss > looseMiss:
		return "a loose phase with most calls missing is many timers' work"
	case r.Jitter > sessionJitter && r.Sessions >= sessionLeast:
		return fmt.Sprintf("its calls lie in %d short sessions, as a person's do", r.Sessions)
	case r.Jitter > 1.5:
		return "its jitter is wider than its period"
	}
	return ""
}

// regularNeeded returns the share of the calls that must keep the rhythm: hosts do
// more than beacon, and with many calls even a part is plain.
func (r *Candidate) regularNeeded() float64 {
	if r.Calls >= manyCalls {
		return minRegularOf
	}
	return minRegular
}

// hopeful tells whether calls that are too few for any test at least look like a
// beacon's.
func hopeful(r *rhythm.Result) bool {
	return r.Test == rhythm.TestSleep && r.Calls <= rhythm.FewCalls && r.Regular > 0.95 && r.Jitter < 0.75 && r.Miss < 0.2
}

// callsNeeded returns how many calls a rhythm of this kind takes to be told from
// the timers of ordinary software.
func (r *Candidate) callsNeeded() int {
	need := 0
	if webPort(r.Port) && float64(r.Period) > 0.97*float64(webPeriod) {
		need = webCalls
		if r.Miss < looseMiss && float64(r.Calls)*float64(r.Period) >= float64(webLasts) {
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

// callsTo estimates how many more calls like these would bring p below cut: evidence
// grows in proportion to calls once the trials, about 8 e-folds, are paid for.
func (r *Candidate) callsTo(cut float64) int {
	have := -math.Log(math.Max(r.P, math.SmallestNonzeroFloat64))
	missing := -math.Log(math.Max(cut, math.SmallestNonzeroFloat64)) - have
	each := (have + 8) / float64(max(1, r.Calls))
	return max(1, int(math.Ceil(missing/each)))
}
