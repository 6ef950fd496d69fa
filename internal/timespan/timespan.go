// Package timespan tells what the times of a log are worth: the span that its flows lie in, without
// strays, and the resolution of its clock.
package timespan

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/words"
)

// DayLength is the length of the parts that Days counts flows in.
const DayLength = 24 * time.Hour

// Day counts the flows of one day and names the earliest of them.
type Day struct {
	Flows               int64
	First, Last         int64 // earliest and latest start, ns since the epoch
	Source, Destination netset.Host
}

// Days holds the flows of a log by day, as far as it has any: days since the Unix epoch.
type Days map[int64]Day

// Span is the part of a log that its times are judged in, and what lies outside.
type Span struct {
	First, Last int64 // earliest and latest start of a flow within, ns since the epoch; First > Last without flows
	Strays      []Day // days with flows far outside, by time
}

// Span returns the part of the log that holds its flows: all of it, but for strays. A
// clock that was not set yet, or a connection that the sensor had kept open since last
// month, stretches a log of a day over months or years, and every share of its length
// that is judged (how long a destination is silent, RITA's bins) changes with it.
//
// Beginning with the day with the most flows, the span takes in every day that is no
// further away than the span is long (or a day, at first). What lies beyond on either
// side are strays if they are fewer than the square root of all flows: no more than a
// count of as many flows varies by chance. More flows than that are part of the log.
func (d Days) Span() Span {
	days := slices.Sorted(maps.Keys(d))
	if len(days) == 0 {
		return Span{First: math.MaxInt64, Last: math.MinInt64}
	}
	flows, fullest := int64(0), 0
	for i, day := range days {
		flows += d[day].Flows
		if d[day].Flows > d[days[fullest]].Flows {
			fullest = i
		}
	}
	few := int64(math.Sqrt(float64(flows)))
	from, to := fullest, fullest // inclusive
	for grown := true; grown; {
		grown = false
		reach := max(uint64(DayLength), distance(d[days[from]].First, d[days[to]].Last))
		if from > 0 && (distance(d[days[from-1]].Last, d[days[from]].First) <= reach || d.flows(days[:from]) >= few) {
			from, grown = from-1, true
		}
		if to < len(days)-1 && (distance(d[days[to]].Last, d[days[to+1]].First) <= reach || d.flows(days[to+1:]) >= few) {
			to, grown = to+1, true
		}
	}
	s := Span{First: d[days[from]].First, Last: d[days[to]].Last}
	for _, day := range slices.Concat(days[:from], days[to+1:]) {
		s.Strays = append(s.Strays, d[day])
	}
	return s
}

// Later returns the strays that are later than the span: how many, and the first of them.
func (s Span) Later() (flows int64, first Day) {
	for _, day := range slices.Backward(s.Strays) {
		if day.First > s.Last {
			flows, first = flows+day.Flows, day
		}
	}
	return flows, first
}

// String returns the time and the ends of the earliest flow.
func (d Day) String() string {
	return fmt.Sprintf("%s, %s -> %s", words.Zone{}.Second(d.First), d.Source, d.Destination)
}

// distance returns b-a for a <= b, also where that is more than an int64 holds.
func distance(a, b int64) uint64 { return uint64(b) - uint64(a) }

func (d Days) flows(days []int64) (n int64) {
	for _, day := range days {
		n += d[day].Flows
	}
	return n
}

// Ticks are the resolutions of clocks that logs are written with, the coarsest first: the
// steps that people and programs round times to.
var Ticks = ticks()

func ticks() (list []time.Duration) {
	for _, hours := range []int{24, 12, 8, 6, 4, 3, 2, 1} {
		list = append(list, time.Duration(hours)*time.Hour)
	}
	for _, unit := range []time.Duration{time.Minute, time.Second} {
		for n := 59; n > 0; n-- {
			if 60%n == 0 || n == 2 || n == 3 || unit == time.Minute && n == 8 {
				list = append(list, time.Duration(n)*unit)
			}
			if unit == time.Minute && n == 2 {
				list = append(list, 90*time.Second)
			}
		}
	}
	return append(list, 500*time.Millisecond, 100*time.Millisecond, 10*time.Millisecond, time.Millisecond, time.Microsecond, time.Nanosecond)
}

// TickOf returns the coarsest of Ticks that a step, in ns, is a multiple of.
func TickOf(step int64) time.Duration {
	for _, tick := range Ticks {
		if step%int64(tick) == 0 {
			return tick
		}
	}
	return time.Nanosecond
}

// ClockTick returns the resolution of a clock. step is the greatest common divisor of all
// times, in ns, and pace that of their distances from one another. A clock that rounds to
// more than a second leaves both alike; where the distances have a coarser one, a timer
// made it, which calls at two seconds past every minute, say, and the clock is finer.
func ClockTick(step, pace int64) time.Duration {
	tick := TickOf(step)
	if tick > time.Second && TickOf(pace) != tick {
		return time.Second
	}
	return tick
}
