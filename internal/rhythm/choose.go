package rhythm

import (
	"math"
	"sort"
	"time"

	"beacon/internal/stats"
)

// Flaw is a rule of thumb that speaks against a rhythm, however unlikely it is by chance.
type Flaw struct {
	Code  FlawCode
	Value float64 // what was measured
	Limit float64 // what it would have had to reach, or to stay below
}

// FlawCode names a rule of thumb.
type FlawCode string

// The rules of thumb.
const (
	FlawIrregular FlawCode = "irregular" // share of the calls that keep the rhythm
	FlawMissing   FlawCode = "missing"   // share of the calls that would have to be missing
	FlawShort     FlawCode = "short"     // seconds that the rhythm lasts
	FlawRetries   FlawCode = "retries"   // calls at a stretch of a fast rhythm
	FlawLone      FlawCode = "lone"      // calls at a stretch
	FlawVisits    FlawCode = "visits"    // visits to a page that reloads itself
	FlawLoose     FlawCode = "loose"     // jitter of a phase with most calls missing
	FlawSessions  FlawCode = "sessions"  // sessions as a person's
	FlawWide      FlawCode = "wide"      // jitter
)

// What a rhythm must be like, beyond unlikely under chance, to be called one. With
// thousands of calls the faintest order is significant; an analyst wants the kind that
// a timer makes.
const (
	minRegular    = 0.6 // share of the calls that keep the rhythm...
	minRegularOf  = 0.3 // ...or this much of so many calls:
	manyCalls     = 50
	maxMiss       = 0.96             // share of the calls that didn't come
	looseJitter   = 0.2              // a phase held more loosely...
	looseMiss     = 0.3              // ...by so few calls is no one timer's
	shortRhythm   = 5 * time.Minute  // a rhythm that lasts less is a burst of retries...
	shortCalls    = 30               // ...unless of so many calls
	retryPeriod   = 30 * time.Second // a rhythm faster than this...
	retryRun      = 4                // ...goes on for so many calls at a stretch
	loneRun       = 2                // a timer's calls follow each other: so many at a stretch
	cycleRun      = 3                // and so many cycles
	pagePeriod    = 5 * time.Minute  // a page that reloads itself does so this often...
	pageRun       = 3                // ...and keeps time for fewer calls than so many...
	sessionJitter = 0.25             // within sessions, clicks that are spread wider...
	sessionLeast  = 3                // ...in so many sessions are a person's
	widestJitter  = 1.5
)

// flaws returns the rules of thumb that speak against this rhythm.
//
// Note: of pages that reload themselves after 60 s, none to three times, .46 were
// beacons in 24 h and .01 are, by the rule of visits. Without its look at all calls of
// a visit it would be 0, at the price of a bot that calls three servers by lot.
func (r *Result) flaws() (all []Flaw) {
	add := func(against bool, code FlawCode, value, limit float64) {
		if against {
			all = append(all, Flaw{code, value, limit})
		}
	}
	kept := float64(r.Calls) * r.Regular
	lasts := time.Duration(kept * float64(r.Period))
	cycles := kept / float64(max(1, len(r.Steps)))
	run := cycles / float64(max(1, r.Stretches))
	add(r.Regular < r.regularNeeded(), FlawIrregular, r.Regular, r.regularNeeded())
	add(r.Miss > maxMiss, FlawMissing, r.Miss, maxMiss)
	add(lasts < shortRhythm && r.Calls < shortCalls, FlawShort, lasts.Seconds(), shortRhythm.Seconds())
	add(r.Period < retryPeriod && run < retryRun, FlawRetries, run, retryRun)
	lone := float64(loneRun)
	if r.Test == TestCycle {
		lone = cycleRun
	}
	add(run < lone, FlawLone, run, lone)
	visits := r.Period <= pagePeriod && r.Sessions >= sessionLeast && cycles < pageRun*float64(min(r.Sessions, r.Stretches))
	add(visits, FlawVisits, float64(r.Sessions), sessionLeast)
	add(r.Test == TestClock && r.Jitter > looseJitter && r.Miss > looseMiss, FlawLoose, r.Jitter, looseJitter)
	add((r.Jitter > sessionJitter || r.Test == TestSteady) && r.Sessions >= sessionLeast, FlawSessions, float64(r.Sessions), sessionLeast)
	add(r.Jitter > widestJitter, FlawWide, r.Jitter, widestJitter)
	return all
}

// regularNeeded returns the share of the calls that must keep the rhythm: hosts do
// more than beacon, and with many calls even a part is plain.
func (r *Result) regularNeeded() float64 {
	if r.Calls >= manyCalls {
		return minRegularOf
	}
	return minRegular
}

// choose describes the rhythm by one of the fits, the strongest first: a rule of thumb
// counts only if it speaks against each of them. r has its p-value.
func (mem *scratch) choose(r Result, fits []outcome) Result {
	picked, sound := outcome{}, false
	best := r
	for i, e := range fits {
		d := r
		d.describe(e, mem)
		d.Against = d.flaws()
		switch {
		case i == 0:
			best, picked, sound = d, e, len(d.Against) == 0
		case len(d.Against) > 0:
		case !sound || mem.better(&d, e, &best, picked):
			best, picked, sound = d, e, true
		}
	}
	best.P = r.P
	if sound && picked.test == TestSleep && len(picked.regimes) == 0 {
		best.describeWork(picked.series)
	}
	return best
}

const (
	workLeast = 12   // fewest intervals in which work is looked for
	workAtom  = 0.01 // most that intervals without work are longer than the shortest, as a share
	workIdle  = 0.2  // least share of the intervals without work
	workShare = 0.25 // least share with more work than a tenth of the longest
	workSpan  = 0.04 // least work, as a share of the sleep...
	workTicks = 4    // ...and in ticks of the clock
	workOften = 0.7  // least share of all intervals that are shorter than two sleeps
	workShort = 0.35 // most that the median interval may lie above the shortest, as a share of the longest work: whole seconds of jitter have 0.5
)

// describeWork splits a period into the sleep and the work that goes before it, where the
// intervals show that: most are near the shortest one, and the others only longer.
func (r *Result) describeWork(c *intervals) {
	t := float64(r.Period)
	from, to := c.between(t*(1-1.25*r.Jitter)-c.tick, 1.9*t)
	x := c.x[from:to]
	if n := len(x); n < workLeast || float64(n) < workOften*float64(len(c.x)) {
		return
	}
	n := len(x)
	a, b := x[n/20], x[n-1-n/20]
	upTo := func(most float64) int { return sort.SearchFloat64s(x, most) }
	short := x[:upTo(a*(1+workAtom)+c.tick)]
	long := n - upTo(a+(b-a)/10)
	if b-a < math.Max(workSpan*a, workTicks*c.tick) || x[n/2]-a > workShort*(b-a) || float64(len(short)) < workIdle*float64(n) || float64(long) < workShare*float64(n) {
		return
	}
	sleep := short[len(short)/2]
	r.setPeriod(sleep, (short[len(short)-1]-short[0])/2)
	r.setJitter((short[len(short)-1]-short[0])/2/sleep, 0)
	r.Work = toDuration(b - sleep)
}

const (
	widerGain  = 5    // evidence that the calls a narrow fit leaves over keep to a wider one
	fewMisses  = 0.3  // most misses of a cycle or a sleep that describes calls better than a clock with so many more...
	nearlyAll  = 0.75 // ...if about as many calls keep to it
	cycleSharp = 0.3  // jitter of a cycle, as a share of a sleep's, below which it isn't the sleep's own: the sum of two intervals has 0.7
)

// better tells whether a weaker fit describes the calls better: a sleep of wider jitter
// that the calls keep to which the narrower one leaves over, or a cycle that is much
// sharper than its intervals are.
func (mem *scratch) better(d *Result, e outcome, best *Result, picked outcome) bool {
	switch {
	case e.test == TestCycle && picked.test == TestSleep:
		return d.Jitter < cycleSharp*best.Jitter && d.Regular >= best.Regular
	case picked.test == TestClock && (e.test == TestCycle || e.test == TestSleep):
		return d.Miss < fewMisses && best.Miss-d.Miss > fewMisses && d.Regular >= nearlyAll*best.Regular
	case e.test == TestSleep && picked.test == TestCycle:
		return best.Jitter >= cycleSharp*d.Jitter
	case e.test == TestSleep && picked.test == TestSleep && e.series == picked.series && d.Jitter > best.Jitter:
		return e.series.leftOver(best, d) > widerGain
	}
	return false
}

// leftOver returns the evidence that the intervals which a narrow fit leaves over gather
// within one period of a wide one: a binomial against the largest share that a null can
// have there, the share being integrated out under Jeffreys' prior.
func (c *intervals) leftOver(narrow, wide *Result) float64 {
	t, half := float64(wide.Period), 1.15*wide.Jitter*float64(wide.Period)+c.tick
	low, high := math.Max(t-half, c.x[0]/2), t+half
	from, to := c.between(low, high)
	share := c.density * math.Log(high/low)
	if share >= 1 {
		return 0
	}
	var in, out float64
	for i, x := range c.x {
		if c.keeps(x, narrow) {
			continue
		}
		if i >= from && i < to {
			in++
		} else {
			out++
		}
	}
	return -in*math.Log(share) + stats.LogBeta(in+0.5, out+0.5) - stats.LogBeta(0.5, 0.5)
}

// keeps tells whether an interval is of one period or several.
func (c *intervals) keeps(x float64, r *Result) bool {
	t := float64(r.Period)
	k := math.Max(1, math.Round(x/t))
	return k <= maxMultiple && math.Abs(x-k*t) <= 1.25*math.Sqrt(k)*math.Max(r.Jitter, 0.002)*t+c.tick
}
