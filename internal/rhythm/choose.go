package rhythm

import (
	"math"
	"sort"

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
	FlawLone      FlawCode = "lone"      // calls at a stretch
	FlawLoose     FlawCode = "loose"     // jitter times misses of a clock
	FlawSessions  FlawCode = "sessions"  // sessions as a person's
	FlawWide      FlawCode = "wide"      // jitter
)

// limits are what a rhythm must be like, beyond unlikely by chance, to be called a
// beacon's. With thousands of calls the faintest order is significant; an analyst wants the
// kind that a timer makes. Where no other origin is given, a limit was chosen by hand, and
// TestEveryLimitMatters shows on which kinds of series it decides.
var limits = struct {
	Regular    float64 // least share of the calls that keep the rhythm: hosts do more than beacon
	Miss       float64 // most calls that didn't come, as a share
	Loose      float64 // most product of a clock's jitter and its share of missing calls: the timers of many programs make a loose phase
	Short      float64 // least seconds that a rhythm of fewer than ShortCalls calls lasts: a burst of retries is over sooner
	ShortCalls float64
	Run        float64 // least calls, or cycles, at a stretch: a timer's calls follow each other, those of a page that reloads itself for a while don't
	SessionJit float64 // most jitter of a rhythm that falls into Sessions sessions: the clicks of a person are spread wider
	Sessions   float64
	Jitter     float64 // most jitter: beyond this the period says nothing
}{
	Regular: 0.35, Miss: 0.96, Loose: 0.1,
	Short: 300, ShortCalls: 30, Run: 3,
	SessionJit: 0.25, Sessions: 3, Jitter: 1.5,
}

// flaws returns the rules of thumb that speak against this rhythm.
//
// Note: limits of their own for periods below 30 s (4 calls at a stretch), for pages
// (periods below 5 min that fall into visits) and for fewer than 50 calls (0.6 of them
// regular) were taken out: with three calls at a stretch for all they decided 1 in 100
// series of the kinds in TestEveryLimitMatters.
func (r *Result) flaws() (all []Flaw) {
	add := func(against bool, code FlawCode, value, limit float64) {
		if against {
			all = append(all, Flaw{code, value, limit})
		}
	}
	l := &limits
	calls, sessions := float64(r.Calls), float64(r.Sessions)
	kept := calls * r.Regular / float64(max(1, len(r.Steps)))
	lasts := kept * r.Period.Seconds()
	run := kept / float64(max(1, r.Stretches))
	add(r.Regular < l.Regular, FlawIrregular, r.Regular, l.Regular)
	add(r.Miss > l.Miss, FlawMissing, r.Miss, l.Miss)
	add(lasts < l.Short && calls < l.ShortCalls, FlawShort, lasts, l.Short)
	add(run < l.Run, FlawLone, run, l.Run)
	add(r.Test == TestClock && r.Jitter*r.Miss > l.Loose, FlawLoose, r.Jitter*r.Miss, l.Loose)
	add((r.Jitter > l.SessionJit || r.Test == TestSteady) && sessions >= l.Sessions, FlawSessions, sessions, l.Sessions)
	add(r.Jitter > l.Jitter, FlawWide, r.Jitter, l.Jitter)
	return all
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
	from, _ := c.between(t*(1-1.25*r.Jitter)-c.tick, t)
	if from == len(c.x) {
		return
	}
	_, to := c.between(0, 1.9*c.x[from])
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
// that the calls keep to which the narrower one leaves over, a cycle that is much sharper
// than its intervals are, a sleep or a cycle of which far fewer calls are missing, or
// whatever shows more than a rate.
func (mem *scratch) better(d *Result, e outcome, best *Result, picked outcome) bool {
	switch {
	case picked.test == TestEven || picked.test == TestSteady:
		return e.logE > enough && e.test != TestEven && e.test != TestSteady
	case e.test == TestCycle && picked.test == TestSleep:
		return d.sharperCycle(best)
	case e.test == TestSleep && picked.test == TestCycle:
		return !best.sharperCycle(d)
	case picked.test == TestClock && (e.test == TestCycle || e.test == TestSleep):
		return d.fuller(best)
	case e.test == TestSleep && picked.test == TestSleep && e.series == picked.series && d.Jitter > best.Jitter:
		return e.series.leftOver(best, d) > widerGain
	}
	return false
}

// sharperCycle tells whether a cycle describes the calls better than a sleep does.
func (r *Result) sharperCycle(sleep *Result) bool {
	return r.fuller(sleep) || r.Regular >= nearlyAll*sleep.Regular && r.Jitter < cycleSharp*sleep.Jitter
}

// fuller tells whether about as many calls keep this rhythm as another one, of which far
// more are missing.
func (r *Result) fuller(other *Result) bool {
	return r.Regular >= nearlyAll*other.Regular && r.Miss < fewMisses && other.Miss-r.Miss > fewMisses
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
	return -in*math.Log(share) + stats.LogBeta(in+0.5, out+0.5) - logBetaHalf
}

// keeps tells whether an interval is of one period or several.
func (c *intervals) keeps(x float64, r *Result) bool {
	t := float64(r.Period)
	k := math.Max(1, math.Round(x/t))
	return k <= maxMultiple && math.Abs(x-k*t) <= 1.25*math.Sqrt(k)*math.Max(r.Jitter, 0.002)*t+c.tick
}
