// Package shape judges what one destination's calls look like over the log: bursts at
// the same times of day, flat, following the working day, or sparse.
package shape

import "time"

// Series is the calls of a destination per bucket. Buckets without a call are left out.
type Series struct {
	Bucket time.Duration
	Counts []Count // by Index
}

// Count is the calls in the bucket that begins at Index*Bucket since the Unix epoch.
type Count struct {
	Index int64
	Calls int64
}

// Log holds what a shape depends on beside the series itself.
type Log struct {
	First, Last   int64 // start of the log's first and last flow, ns since the Unix epoch; First > Last if there is none
	InternalHosts int64 // internal addresses in the log; 0 if unknown
	CycleSlots    int   // slots of a cycle
	NeededSlots   int   // slots that the rule needs
}

// Calls holds the calls of one destination.
type Calls struct {
	Series  Series
	Flows   int64 // outbound flows to it
	Sources int   // internal addresses that call it
}

// Shape names what a destination's series looks like.
type Shape string

// The shapes, the more suspicious first.
const (
	Bursts   Shape = "bursts"    // short active runs, silent between, at the same times of day
	Flat     Shape = "flat"      // day and night alike
	Sparse   Shape = "sparse"    // a call now and then
	TooShort Shape = "too short" // the log doesn't cover what the judgement needs
	Diurnal  Shape = "diurnal"   // follows the working day
)

var shapes = []Shape{Bursts, Flat, Sparse, TooShort, Diurnal}

// All returns every shape, the more suspicious first.
func All() []Shape { return append([]Shape(nil), shapes...) }

// Rank orders shapes: 0 is the most suspicious.
func (s Shape) Rank() int {
	for i, known := range shapes {
		if s == known {
			return i
		}
	}
	return len(shapes)
}

// Evidence is the numbers that a shape was decided by. A share is 0 to 1; a
// time of day is the time since midnight UTC.
type Evidence struct {
	LogLength   time.Duration // of the log, in whole buckets
	LogDays     float64       // the same in days
	ActiveShare float64       // buckets of the log in which it was called
	ActiveHours float64       // hours of the day in which it was ever called, of 24

	Runs       int           // active runs, strays left out
	RunLength  time.Duration // their median length
	RunCover   float64       // share of the log that lies in a run
	Regularity float64       // chance that a run has its like, at the same time, on another day that has runs; 0 where there is none to compare

	RunTimes    []time.Duration // times of day at which runs begin, ascending: those of at least half of the days that have runs
	PatternDays int             // days that have a run at each of RunTimes
	Days        int             // days of the log that cover the pattern: RunTimes, else the busy hours

	DayNight  float64       // rate of calls in the busiest eight hours of the day to that in the quietest eight
	BusyFrom  time.Duration // time of day at which the busiest eight hours begin
	QuietFrom time.Duration // and the quietest
	BusyDays  int           // days whose busy hours have at least the rate of Limits.DayNightSplit times the quiet ones'
	DayHours  float64       // median over days with calls: distinct hours called

	Sources    int     // internal addresses that call it
	Prevalence float64 // their share of all internal addresses; 0 where that number is unknown

	ChanceSlots float64 // slots that chance alone would fill at its number of flows
	ChanceAll   float64 // probability that chance alone fills as many slots as the rule needs
	Missed      float64 // slots that another log of calls at this rate is expected to leave empty
}

// ByChance says whether calls at random would hold the rule more often than
// not: then its slots say little, and the shape has to.
func (e Evidence) ByChance() bool { return e.ChanceAll >= Limits.ChanceMark }

// Borderline says whether chance decides that a destination of this shape holds the rule:
// calls at the same rate may miss a slot in the next log, and may have missed one in the
// log before. Bursts fill their slots by runs, not by chance.
func (e Evidence) Borderline(s Shape) bool {
	return s != Bursts && e.ChanceAll > Limits.ChanceNone && e.Missed > Limits.MissedMost
}

// Judge returns the shape of a destination's calls and the numbers that it was decided by.
// A shift of all times moves the times in the evidence and
// leaves the shape, so that the log's time zone doesn't matter.
func Judge(c Calls, log Log) (Shape, Evidence) {
	s := newSpan(&c.Series, log)
	runs := s.runs()
	e := Evidence{Sources: c.Sources}
	if log.InternalHosts > 0 {
		e.Prevalence = float64(e.Sources) / float64(log.InternalHosts)
	}
	e.ChanceSlots, e.ChanceAll = s.chance(c.Flows, log.CycleSlots, log.NeededSlots)
	e.Missed = missed(&c.Series, log.CycleSlots)
	s.measure(&e)
	s.measureRuns(&runs, &e)
	s.measureDay(&e)
	return s.judge(runs, &e), e
}

// judge decides about the shape.
func (s *span) judge(runs runSet, e *Evidence) Shape {
	if s.length() < Limits.DayLeast {
		return s.judgeShort(e)
	}
	if runs.short(e) {
		if e.LogDays < Limits.BurstDaysLeast || runs.days < 2 {
			return TooShort
		}
		if e.Regularity >= Limits.RegularLeast && len(e.RunTimes) > 0 {
			return Bursts
		}
	}
	if s.dayNight {
		switch {
		case 2*e.BusyDays <= s.daysAt(e.BusyFrom+time.Duration(Limits.ShiftHours)*time.Hour/2):
			return TooShort // calls on one day, among days of silence
		case e.DayHours < float64(Limits.ShiftHours):
			return Sparse
		}
		return Diurnal
	}
	if e.ActiveShare >= Limits.SparseMost {
		return Flat
	}
	return Sparse
}
