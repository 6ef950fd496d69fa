// Package picture lays out a series of calls as dots, marks and stretches, for
// a plot or a page to draw.
package picture

import (
	"math"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/words"
)

// Picture is the calls of a pair as dots over time, for a plot or a page to draw.
// Heights are shares of the picture's, 0 at the bottom to 1.
type Picture struct {
	Name        string // what the dots show, in a few words
	First, Last int64  // time that it spans, ns since the Unix epoch
	Dots        []Dot
	Axis        []Mark  // round values, labelled at the left
	Lines       []Mark  // where dots of a rhythm lie, labelled at their right end
	Changes     []int64 // when the pair switched its period, ns since the epoch
	Scale       scale
}

// fewDots is how many dots are drawn larger, as there is room to see each.
const fewDots = 300

// DotSize returns the size of a picture's dots, given that of many.
func (pic *Picture) DotSize(many float64) float64 {
	if len(pic.Dots) < fewDots {
		return 1.6 * many
	}
	return many
}

// Dot is one call, or the retry of one.
type Dot struct {
	At    int64 // ns since the Unix epoch
	Y     float64
	Retry bool
}

// Mark is a height with its label, from one time to another in ns since the epoch.
type Mark struct {
	Y        float64
	From, To int64
	Label    string
}

// scale turns what a picture shows, in ns or in periods, into a height.
type scale struct {
	Low, High float64 // values at the bottom and the top
	Log       bool
}

// height returns the height of a value; what lies outside is drawn at the edge, so that
// no call is missing from a picture.
func (s scale) height(v float64) float64 {
	y := (v - s.Low) / (s.High - s.Low)
	if s.Log {
		y = math.Log(max(v, s.Low)/s.Low) / math.Log(s.High/s.Low)
	}
	return min(max(y, 0), 1)
}

// HistogramBins is how many bars stand beside the folded calls.
const HistogramBins = 45

// timed holds the calls of a schedule's first source.
type timed struct {
	times   []int64
	retries []retry
	*beacon.Schedule
}

// retry is a flow that belongs to the call before it.
type retry struct {
	at, after int64 // start, and time since the flow before, in ns
}

// newTimed separates the flows of a schedule's first source into calls and their retries.
func newTimed(s *beacon.Schedule) *timed {
	flows := s.Times()
	p := &timed{Schedule: s}
	for i, at := range flows {
		if i > 0 && s.RetryGap > 0 && at-flows[i-1] <= int64(s.RetryGap) {
			p.retries = append(p.retries, retry{at, at - flows[i-1]})
		} else {
			p.times = append(p.times, at)
		}
	}
	return p
}

// Of returns the two pictures of a schedule's first source: the intervals over time, and
// the calls folded at the period, which a schedule without one lacks. It returns nil where
// the times aren't known.
func Of(s *beacon.Schedule, t *beacon.Totals) []Picture {
	p := newTimed(s)
	if len(p.times) < 2 {
		return nil
	}
	first, last := pictureSpan(p, t)
	paces := pacesOf(p)
	list := []Picture{intervalPicture(p, paces)}
	if p.Period > 0 {
		list = append(list, foldedPicture(p, paces))
	}
	for i := range list {
		list[i].First, list[i].Last = first, last
		for k := range list[i].Lines {
			line := &list[i].Lines[k]
			line.From, line.To = max(line.From, first), min(line.To, last)
		}
		for _, c := range p.Changes {
			list[i].Changes = append(list[i].Changes, c.At)
		}
	}
	return list
}

// shortSpan is the share of the log below which a pair's pictures span the pair
// alone: in the log's time its calls would stand on top of each other.
const shortSpan = 0.25

// pictureSpan returns the time that a pair's pictures span: the log's, so that pairs can be
// compared, or the pair's own where that is much shorter.
func pictureSpan(p *timed, t *beacon.Totals) (first, last int64) {
	first, last = p.times[0], p.times[len(p.times)-1]
	if float64(last-first) >= shortSpan*float64(t.Last-t.First) {
		first, last = min(first, t.First), max(last, t.Last)
	}
	if n := len(p.retries); n > 0 {
		last = max(last, p.retries[n-1].at)
	}
	return first, max(last, first+1)
}

// pace is a stretch of calls of one period.
type pace struct {
	from, to int     // indices of its calls in the times
	period   float64 // ns; 0 where there is none
}

// pacesOf cuts a pair's calls where it switched its period.
func pacesOf(p *timed) []pace {
	last := pace{period: float64(p.Period)}
	var all []pace
	for _, c := range p.Changes {
		to, _ := slices.BinarySearch(p.times, c.At)
		if last.period = float64(c.Before); to > last.from {
			all = append(all, pace{last.from, to, last.period})
		}
		last = pace{from: max(to, last.from), period: float64(c.After)}
	}
	if last.to = len(p.times); last.to > last.from {
		all = append(all, last)
	}
	return all
}

// span returns the time of a pace's lines: the first begins and the last ends with the
// picture.
func (c pace) span(times []int64) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	if c.from > 0 {
		from = times[c.from]
	}
	if c.to < len(times) {
		to = times[c.to]
	}
	return from, to
}

// How far an interval's axis reaches beyond the periods: what is shorter than a part
// of the shortest is drawn at the bottom, and there is room for some misses at the top.
const (
	axisBelow = 30
	axisAbove = 4
)

// intervalPicture shows the time since the call before each call, its logarithm upward:
// a rhythm is a level line, with fainter ones at twice and three times for the misses.
// Retries are dots of their own kind.
func intervalPicture(p *timed, paces []pace) Picture {
	times := p.times
	s := intervalScale(times, paces)
	pic := Picture{Name: "interval before each call", Axis: intervalTicks(s), Scale: s}
	for i := 1; i < len(times); i++ {
		pic.Dots = append(pic.Dots, Dot{At: times[i], Y: s.height(float64(times[i] - times[i-1]))})
	}
	for _, r := range p.retries {
		pic.Dots = append(pic.Dots, Dot{r.at, s.height(float64(r.after)), true})
	}
	for _, c := range paces {
		from, to := c.span(times)
		below := -1.
		for k, label := range []string{"T", "2T", "3T"} {
			if c.period <= 0 {
				break
			}
			y := s.height(float64(k+1) * c.period)
			if y-below < lineRoom {
				label = ""
			} else {
				below = y
			}
			pic.Lines = append(pic.Lines, Mark{y, from, to, label})
		}
	}
	return pic
}

// intervalScale spans all intervals, and a few periods where these are alike.
func intervalScale(times []int64, paces []pace) scale {
	intervals := make([]int64, len(times)-1)
	for i := range intervals {
		intervals[i] = times[i+1] - times[i]
	}
	slices.Sort(intervals)
	low, high := math.Inf(1), 0.
	for _, c := range paces {
		period := c.period
		if period <= 0 {
			period = max(float64(intervals[len(intervals)/2]), 1e6)
		}
		low, high = min(low, period), max(high, period)
	}
	shortest, longest := float64(intervals[0]), float64(intervals[len(intervals)-1])
	const room = 1.2
	return scale{Low: max(min(shortest/room, low/2), low/axisBelow), High: max(longest*room, high*axisAbove), Log: true}
}

// intervalSteps are what an axis of intervals may be marked at, in the order in which
// they are taken while there is room.
var intervalSteps = []time.Duration{
	time.Minute, time.Hour, time.Second, 24 * time.Hour, 10 * time.Minute, 10 * time.Second, 6 * time.Hour, 7 * 24 * time.Hour,
	time.Millisecond, 100 * time.Millisecond, 10 * time.Millisecond,
	2 * time.Minute, 5 * time.Minute, 20 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour, 2 * time.Second, 5 * time.Second,
	20 * time.Second, 30 * time.Second, 48 * time.Hour,
}

// tickRoom is the least distance of two marks of an axis, as a share of its height.
const tickRoom = 0.16

// lineRoom is the same of the labels of lines, which are shorter.
const lineRoom = 0.09

func intervalTicks(s scale) (ticks []Mark) {
	for _, step := range intervalSteps {
		if v := float64(step); v < s.Low || v > s.High {
			continue
		}
		y := s.height(float64(step))
		if !slices.ContainsFunc(ticks, func(m Mark) bool { return math.Abs(m.Y-y) < tickRoom }) {
			ticks = append(ticks, Mark{Y: y, Label: words.Step(step)})
		}
	}
	return ticks
}
