package picture

import (
	"math"
	"time"

	"beacon/internal/words"
)

// tickSteps are the steps between marks on an axis of time.
var tickSteps = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
	3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour,
}

// maxDayStep is the longest step whose marks are named by their day; longer ones are
// named by their year.
const maxDayStep = 366 * 24 * time.Hour

// MaxTicks is the most marks on a wide axis of time.
const MaxTicks = 8

// Tick is a mark on an axis of time.
type Tick struct {
	At    int64 // ns since the Unix epoch
	Label string
}

// TimeTicks marks times from First to Last, ns since the Unix epoch, that are round on the
// clocks of Zone, with Most marks at the most.
type TimeTicks struct {
	First, Last int64
	Most        int
	Zone        words.Zone
}

// Ticks returns the marks: days as Jun 21, times as 08:15. Where the axis spans years, the
// first day of each year that has a mark says it: Jun 21 2020.
func (t TimeTicks) Ticks() (ticks []Tick) {
	step := t.step()
	year, years := 0, t.Zone.At(t.First).Year() != t.Zone.At(t.Last).Year()
	for _, at := range t.marks(int64(step)) {
		when := t.Zone.At(at)
		label := when.Format("15:04")
		switch {
		case step > maxDayStep:
			label = when.Format("2006")
		case step < time.Minute:
			label = when.Format("15:04:05")
		case when.Hour() == 0 && when.Minute() == 0 && (t.Last-t.First) > int64(12*time.Hour):
			label = when.Format("Jan 2")
			if years && when.Year() != year {
				year, label = when.Year(), when.Format("Jan 2 2006")
			}
		}
		ticks = append(ticks, Tick{At: at, Label: label})
	}
	return ticks
}

// step returns the shortest step of so few marks.
func (t TimeTicks) step() time.Duration {
	span := uint64(t.Last - t.First) // of centuries too, which an int64 can't hold
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if span/uint64(s) < uint64(t.Most) {
			return s
		}
	}
	for span/uint64(step) >= uint64(t.Most) {
		step *= 2
	}
	return step
}

// marks returns the times at which the zone's clocks show a multiple of the step, in ns. Below
// an hour they are a step apart; a longer step is one of the clocks, which may change.
func (t TimeTicks) marks(step int64) (list []int64) {
	ahead := func(at int64) int64 { return int64(t.Zone.Offsets(at, at)[0].Ahead) }
	before := ahead(t.First)
	for shown := (t.First + before) / step * step; ; shown += step { // what the clocks show
		at := shown - before
		if step > int64(time.Hour) && before != ahead(at) {
			before = ahead(at)
			at = shown - before
		}
		if at > t.Last {
			return list
		}
		if at >= t.First {
			list = append(list, at)
		}
		if shown > math.MaxInt64-step {
			return list
		}
	}
}
