package shape

import (
	"math/bits"
	"slices"
	"time"

	"beacon/internal/stats"
)

// dayFold is a series folded by the hour of the day.
type dayFold struct {
	calls [24]float64 // at most Limits.CallsCap medians a bucket
	hours [24]float64 // time that the log covers, in hours
}

func (s *span) fold(from, to int64, limit float64) *dayFold {
	f := new(dayFold)
	for i, c := range s.counts {
		f.calls[s.hours[i]] += min(float64(c.Calls), limit)
	}
	for h := range f.hours {
		at := time.Duration(h) * time.Hour
		covered := hourBefore(to*int64(s.bucket), at) - hourBefore(from*int64(s.bucket), at)
		f.hours[h] = float64(covered) / float64(time.Hour)
	}
	return f
}

// hourBefore returns how much time from a fixed past until t lies in the hour of
// the day that begins at a time of day.
func hourBefore(t int64, at time.Duration) int64 {
	t -= int64(at)
	return stats.FloorDiv(t, int64(day))*int64(time.Hour) + min(floorMod(t, int64(day)), int64(time.Hour))
}

// shift returns the calls and the covered hours of the ShiftHours from hour h.
func (f *dayFold) shift(h int) (calls, hours float64) {
	for i := range Limits.ShiftHours {
		calls += f.calls[(h+i)%24]
		hours += f.hours[(h+i)%24]
	}
	return calls, hours
}

// extremes returns the hours at which the busiest and the quietest shift begin: of
// equals the middle one of the first stretch, so that a silent night's shift
// lies in its middle.
func (f *dayFold) extremes() (busy, quiet int) {
	var rates [24]float64
	for h := range rates {
		if calls, hours := f.shift(h); hours > 0 {
			rates[h] = calls / hours
		}
	}
	return middle(rates[:], slices.Max(rates[:])), middle(rates[:], slices.Min(rates[:]))
}

// middle returns the middle of the first stretch, round the clock, of a value.
func middle(ring []float64, value float64) int {
	n := len(ring)
	from := -1
	for h := range n {
		if ring[h] == value && ring[(h+n-1)%n] != value {
			from = h
			break
		}
	}
	if from < 0 {
		return 0 // all alike
	}
	length := 1
	for ring[(from+length)%n] == value {
		length++
	}
	return (from + (length-1)/2) % n
}

// measureDay fills in what day and night tell: the busiest ShiftHours of the
// clock against the quietest.
func (s *span) measureDay(e *Evidence) {
	if len(s.counts) == 0 {
		return
	}
	from, to := s.lo, s.hi
	begin, end := s.counts[0].Index, s.counts[len(s.counts)-1].Index+1
	if time.Duration(end-begin)*s.bucket >= day {
		from, to = begin, end // it isn't quiet before its first call
	}
	limit := s.cap()
	fold := s.fold(from, to, limit)
	busy, quiet := fold.extremes()
	e.BusyFrom, e.QuietFrom = time.Duration(busy)*time.Hour, time.Duration(quiet)*time.Hour
	busyCalls, busyHours := fold.shift(busy)
	quietCalls, quietHours := fold.shift(quiet)
	if busyHours > 0 && quietHours > 0 {
		// Half a call is added to each, so that a silent night has a ratio.
		e.DayNight = (busyCalls + .5) / busyHours / ((quietCalls + .5) / quietHours)
		s.dayNight = split(busyCalls, quietCalls, quietHours/busyHours)
	}
	s.measureDays(busy, quiet, limit, e)
	if len(e.RunTimes) == 0 {
		e.Days = s.daysAt(e.BusyFrom + time.Duration(Limits.ShiftHours)*time.Hour/2)
	}
}

// measureDays compares the busy hours with the quiet ones day by day. A day
// begins with the quiet ones.
func (s *span) measureDays(busy, quiet int, limit float64, e *Evidence) {
	inBusy := func(h int) bool { return (h-busy+24)%24 < Limits.ShiftHours }
	var hours []int // of each busy day: hours called
	var busyCalls, quietCalls float64
	var called uint32
	settle := func() {
		if busyCalls > 0 && busyCalls >= Limits.DayNightSplit*quietCalls {
			hours = append(hours, bits.OnesCount32(called))
		}
		busyCalls, quietCalls, called = 0, 0, 0
	}
	var dawn int64 // when the day began
	for i, c := range s.counts {
		at := c.Index*int64(s.bucket) - int64(quiet)*int64(time.Hour)
		if i == 0 || at-dawn >= int64(day) {
			settle()
			dawn = at - floorMod(at, int64(day))
		}
		h := int(s.hours[i])
		called |= 1 << h
		calls := min(float64(c.Calls), limit)
		if (h-quiet+24)%24 < Limits.ShiftHours {
			quietCalls += calls
		} else if inBusy(h) {
			busyCalls += calls
		}
	}
	settle()
	if e.BusyDays = len(hours); e.BusyDays > 0 {
		e.DayHours = float64(median(hours, func(n int) int { return n }))
	}
}
