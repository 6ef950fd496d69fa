package shape

import (
	"math"
	"slices"
	"time"

	"beacon/internal/stats"
)

const day = 24 * time.Hour

// span is a series within the bounds of its log.
type span struct {
	counts []Count
	hours  []uint8 // of each count, the hour of the day in which its bucket begins
	bucket time.Duration
	lo, hi int64 // first bucket of the log, and the one after its last
	first  int64 // ns since the Unix epoch: first and last flow of the log
	last   int64

	dayNight bool // the busy hours stand out from the quiet ones, beyond chance: set by measureDay
}

// newSpan lays a series into its log. A series that reaches beyond the log, as
// one of flows that span buckets does, widens it.
func newSpan(series *Series, log Log) *span {
	s := &span{counts: series.Counts, bucket: series.Bucket, first: log.First, last: log.Last}
	if s.bucket <= 0 {
		s.bucket = time.Minute
	}
	if n := len(s.counts); n > 0 {
		begin, end := s.counts[0].Index*int64(s.bucket), (s.counts[n-1].Index+1)*int64(s.bucket)-1
		if s.first > s.last {
			s.first, s.last = begin, end
		}
		if begin/int64(s.bucket) < stats.FloorDiv(s.first, int64(s.bucket)) {
			s.first = begin
		}
		if s.counts[n-1].Index > stats.FloorDiv(s.last, int64(s.bucket)) {
			s.last = end
		}
	}
	if s.first > s.last {
		s.first, s.last = 0, 0
	}
	s.lo, s.hi = stats.FloorDiv(s.first, int64(s.bucket)), stats.FloorDiv(s.last, int64(s.bucket))+1
	s.hours = s.hoursOf()
	return s
}

// length returns how long the log is, in whole buckets.
func (s *span) length() time.Duration { return time.Duration(s.hi-s.lo) * s.bucket }

// daysAt returns how often the log passes a time of day.
func (s *span) daysAt(at time.Duration) int {
	from, to := s.lo*int64(s.bucket), s.hi*int64(s.bucket)-1
	return int(stats.FloorDiv(to-int64(at), int64(day)) - stats.FloorDiv(from-1-int64(at), int64(day)))
}

// measure fills in what needs neither runs nor days.
func (s *span) measure(e *Evidence) {
	e.LogLength = s.length()
	e.LogDays = float64(e.LogLength) / float64(day)
	e.ActiveShare = float64(len(s.counts)) / float64(s.hi-s.lo)
	var hours [24]bool
	for _, h := range s.hours {
		hours[h] = true
	}
	for _, active := range hours {
		if active {
			e.ActiveHours++
		}
	}
	e.ActiveHours /= 24
}

// hoursOf returns the hour of the day in which each bucket begins.
func (s *span) hoursOf() []uint8 {
	list := make([]uint8, len(s.counts))
	from, hour := int64(0), uint8(0) // of the hour of the bucket before, ns since the Unix epoch
	for i, c := range s.counts {
		at := c.Index * int64(s.bucket)
		if i == 0 || at < from || at-from >= int64(time.Hour) {
			since := floorMod(at, int64(day))
			hour = uint8(since / int64(time.Hour))
			from = at - since%int64(time.Hour)
		}
		list[i] = hour
	}
	return list
}

// judgeShort judges a log that is shorter than a day: whether the calls came
// evenly is all that it can tell. A quarter of the log is compared with the
// others, and no silence may be as long as one.
func (s *span) judgeShort(e *Evidence) Shape {
	const parts = 4
	n := s.hi - s.lo
	if n < parts || len(s.counts) == 0 {
		return TooShort
	}
	var sums [parts]float64
	limit := s.cap()
	before := s.lo - 1
	silence := int64(0)
	for _, c := range s.counts {
		sums[(c.Index-s.lo)*parts/n] += min(float64(c.Calls), limit)
		silence = max(silence, c.Index-before-1)
		before = c.Index
	}
	silence = max(silence, s.hi-before-1)
	least, most := slices.Min(sums[:]), slices.Max(sums[:])
	switch {
	case silence >= n/parts || split(most, least, 1):
		return TooShort
	case e.ActiveShare < Limits.SparseMost:
		return Sparse
	}
	return Flat
}

// split says whether a busy count is so much above a quiet one that neither
// chance nor a beacon around the clock explains it; weight is the time of the
// quiet one over that of the busy one.
func split(busy, quiet, weight float64) bool {
	quiet /= weight
	return busy >= Limits.DayNightSplit*quiet && busy-quiet >= Limits.DayNightSure*math.Sqrt(busy+quiet/weight)
}

// cap returns the most calls that a bucket counts for, so that one peak is no day.
func (s *span) cap() float64 {
	if len(s.counts) == 0 {
		return 0
	}
	return Limits.CallsCap * float64(s.medianCalls())
}

// medianCalls returns the upper median of the calls of a bucket.
func (s *span) medianCalls() int64 {
	var few [256]int // buckets by their calls, which mostly are few
	for i := range s.counts {
		if n := s.counts[i].Calls; n >= 0 && n < int64(len(few)) {
			few[n]++
		}
	}
	below := 0
	for n, buckets := range few {
		if below += buckets; below > len(s.counts)/2 {
			return int64(n)
		}
	}
	calls := make([]int64, len(s.counts))
	for i, c := range s.counts {
		calls[i] = c.Calls
	}
	slices.Sort(calls)
	return calls[len(calls)/2]
}

func floorMod(a, b int64) int64 { return a - stats.FloorDiv(a, b)*b }
