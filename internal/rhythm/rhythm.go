// Package rhythm judges one series of calls: whether they keep time, and how.
//
// It knows times only: whose calls they are, and what other series there are, is the
// business of package beacon.
package rhythm

import "time"

// Options are the settings of the tests. The zero value means the documented defaults.
type Options struct {
	MinPeriod time.Duration // shortest period looked for; default 1s
	MaxPeriod time.Duration // longest period looked for; default a third of the series' span
	Tick      time.Duration // resolution of the log's clock; default the coarsest usual one that the series' own times fall on
	MinCalls  int           // fewest flows that are judged; default 5
}

// The defaults of Options.
const (
	defaultMinPeriod = time.Second
	defaultMinCalls  = 5
)

func (o Options) withDefaults() Options {
	if o.MinPeriod <= 0 {
		o.MinPeriod = defaultMinPeriod
	}
	if o.MinCalls <= 0 {
		o.MinCalls = defaultMinCalls
	}
	return o
}

// LeastCalls returns the fewest flows of a series that is judged.
func (o Options) LeastCalls() int { return o.withDefaults().MinCalls }

// FewCalls is the longest series that is described however weak its evidence is: so few
// calls can't reach a small p-value in any test.
const FewCalls = 8

// The tests, as named in Result.Test.
const (
	TestSleep  = "sleep"  // intervals gather at T, 2T, 3T...
	TestClock  = "clock"  // phases hold at one period
	TestEven   = "even"   // calls are spread too evenly for chance
	TestCycle  = "cycle"  // every second or third call comes at one interval
	TestSteady = "steady" // as many calls in each stretch of time as in the next
)

// Result is the judgement of one series. Shares are 0 to 1; a low and a high value are
// the ends of a 95% interval.
type Result struct {
	Flows int // flows of the series
	Calls int // calls: flows less the retries within a call

	P    float64 // p-value against chance, all that was tried being paid for; 1 where nothing speaks for a rhythm
	Test string  // the test with the strongest evidence; "" where none found anything, and then all that follows is zero

	Period, PeriodLow, PeriodHigh time.Duration
	Jitter, JitterLow, JitterHigh float64 // J of a sleep of T*(1±J), uniform; of a clock, the phase's deviation times sqrt(3)
	Miss, MissLow, MissHigh       float64 // share of the calls that didn't come
	Regular                       float64 // share of the calls that keep the rhythm
	Stretches                     int     // unbroken runs of calls that the rhythm falls into
	Sessions                      int     // short runs of calls with silences between them that hold all calls; 0 where a run is long
	Clock                         bool    // the calls are locked to a clock; otherwise the program sleeps between them
	Changes                       []Change
	Steps                         []time.Duration // TestCycle: the intervals of a cycle, which add up to about Period
	Work                          time.Duration   // TestSleep: how much longer than Period intervals are because of work between the sleeps; 0 if they aren't
	Against                       []Flaw          // rules of thumb that speak against the rhythm; none if one significant fit is free of them
	RetryGap                      time.Duration   // flows up to this long after the one before belong to its call; 0 if none do

	Near, Intervals int     // TestSleep: intervals within the jitter of one period, of how many
	Vector          float64 // TestClock: length of the mean phase vector
	Counted         int     // TestClock: calls that it is the mean of
	Spread          float64 // TestEven: deviation of the calls from an even grid, in periods
}

// Change is a moment at which a series switched to another period.
type Change struct {
	At            int64 // ns since the epoch
	Before, After time.Duration
}
