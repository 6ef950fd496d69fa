package shape

import "time"

// Thresholds are the numbers that a shape is decided by.
type Thresholds struct {
	RunGap         time.Duration // a silence this long ends a run
	RunStray       float64       // a run with less than this part of the calls of a typical one is a stray
	RunLeast       float64       // active buckets of the median run of bursts, at the least
	RunMost        time.Duration // length of the median run of bursts, at the most
	RunCoverMost   float64       // share of the log that lies in runs of bursts, at the most
	RunCalls       float64       // share of the calls that lie in runs of bursts, at the least
	StartTolerance time.Duration // runs that start this near to a time of day start at it
	RegularLeast   float64       // Evidence.Regularity of bursts, at the least
	BurstDaysLeast float64       // days of a log in which times of day can return, at the least
	DayLeast       time.Duration // length of a log that shows day and night, at the least
	ShiftHours     int           // hours of a working day, and of a night
	DayNightSplit  float64       // rate of the busy hours to that of the quiet ones that parts diurnal from flat
	DayNightSure   float64       // standard deviations that the busy hours lie above the quiet ones, at the least
	SparseMost     float64       // share of the log's buckets with a call below which calls are sparse
	CallsCap       float64       // calls that a bucket counts for when day is compared with night, in medians
	ChanceMark     float64       // probability from which on chance explains that all slots are filled
	ChanceNone     float64       // probability up to which chance hasn't filled them
	MissedMost     float64       // Evidence.Missed up to which calls at the same rate fill all slots again
}

// Limits are the thresholds in use. They lie between what they part, on the scale of
// ratios. Most come from the original hunt: five days of an office of 523 hosts, of whose
// 14 flagged destinations three were called by malware. TestEveryThresholdIsNoticed moves
// each by a quarter.
var Limits = Thresholds{
	// The hunt's runs are called every minute and lie two hours apart. Half an hour is the
	// shortest period that its analysts would have noticed within a run, and it splits a
	// run of one call each five minutes (Poisson) once in 400 gaps.
	RunGap: 30 * time.Minute,
	// One look of a scanner or an analyst against an hour's run of the hunt, which has
	// some 50 times the calls.
	RunStray: 1. / 20,
	// Fewer are one call and its retries: TCP tries six times at the most.
	RunLeast: 5,
	// Between the hunt's hour and the four hours of half a working day.
	RunMost: 2 * time.Hour,
	// Between the hunt's 13% and the 42% of a ten-hour day.
	RunCoverMost: 0.25,
	// The hunt's bursts have 99% of the calls in runs, a diurnal service two thirds.
	RunCalls: 0.9,
	// The hunt's jitter is three minutes; a job that waits for a login or a retry is seldom
	// later than a quarter of an hour. Of three runs at random times one in sixteen passes.
	StartTolerance: 15 * time.Minute,
	// Bursts repeat in all pairs of days; random runs, as many as ten a day, in one of
	// five. Half-way, since a day that the log or a weekend cuts lacks some of its runs.
	RegularLeast: 0.6,
	// Two days, cut by half of one at their ends.
	BurstDaysLeast: 1.5,
	// A day, less what a log that was cut at midnight may lack at its ends.
	DayLeast:   23 * time.Hour,
	ShiftHours: 8,
	// Between the 1 of a beacon around the clock and the 10 of a resolver that is never
	// silent at night.
	DayNightSplit: 3,
	// Of 24 places for the eight hours the best is taken: four deviations of a Poisson
	// count leave 0.1%.
	DayNightSure: 4,
	// A call each ten minutes. The hunt's flat beacons are active in most minutes.
	SparseMost: 0.1,
	// One download is no day: the hunt's busiest hours have twice the median.
	CallsCap: 4,
	// Chance fills the slots more often than not.
	ChanceMark: 0.5,
	// One in a hundred, for any of the 10,000 destinations of a busy day.
	ChanceNone: 1e-6,
	// The expected number bounds the probability that any slot is missed: one in a hundred.
	MissedMost: 0.01,
}
