package picture

import (
	"math"
	"time"
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

// TimeTicks marks round times from First to Last, ns since the Unix epoch, as
// UTC, with Most marks at the most.
type TimeTicks struct {
	First, Last int64
	Most        int
}

// Ticks returns the marks: days as Jun 21, times as 08:15. Where the axis spans years, the
// first day of each year that has a mark says it: Jun 21 2020.
func (t TimeTicks) Ticks() (ticks []Tick) {
	step := tickSteps[0]
	span := uint64(t.Last - t.First) // of centuries too, which an int64 can't hold
	for _, step = range tickSteps {
		if span/uint64(step) < uint64(t.Most) {
			break
		}
	}
	for span/uint64(step) >= uint64(t.Most) {
		step *= 2
	}
	at := t.First / int64(step) * int64(step)
	if at < t.First {
		if at > math.MaxInt64-int64(step) {
			return nil
		}
		at += int64(step)
	}
	year, years := 0, time.Unix(0, t.First).UTC().Year() != time.Unix(0, t.Last).UTC().Year()
	for more := at <= t.Last; more; at += int64(step) {
		more = at <= t.Last-int64(step) && t.Last-int64(step) <= t.Last
		when := time.Unix(0, at).UTC()
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
