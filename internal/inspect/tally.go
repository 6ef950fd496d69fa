package inspect

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"

	"beacon/internal/flow"
	"beacon/internal/sorting"
)

// tally holds what the workers count together, by address.
type tally struct {
	hosts   *flow.Hosts
	sources flow.Paged[uint32] // 1 where an address is a source
	dests   flow.Paged[destCount]
}

type destCount struct{ flows, bytes int64 }

// sink holds what one worker counts of its parts.
type sink struct {
	*tally
	parts     []partOrder
	pages     map[int64]*minutePage
	page      *minutePage // of the last flow
	pageAt    int64
	durations Durations
	evidence
}

// partOrder is the order of the flows of one part.
type partOrder struct {
	part        int
	first, last int64 // of the first and the last flow in it, not by time
	late        int64 // flows that are earlier than the one before them in the part
	any         bool
}

// minutePage is which of 65,536 minutes have flows: 45 days in 8 KiB, so that
// even times at random over 292 years take no more than 20 MB.
type minutePage [minutesOfPage / 64]uint64

const minutesOfPage = 1 << 16

// Begin implements flowlog.Sink.
func (s *sink) Begin(part int) { s.parts = append(s.parts, partOrder{part: part}) }

// Batch implements flowlog.Sink.
func (s *sink) Batch(b *flow.Batch) error {
	s.order(&s.parts[len(s.parts)-1], b.Time)
	tags := s.hosts.Tags()
	for i := range b.Len() {
		src, dst := b.Src[i], b.Dst[i]
		if is := s.sources.At(src); atomic.LoadUint32(is) == 0 {
			atomic.StoreUint32(is, 1)
		}
		d := s.dests.At(dst)
		atomic.AddInt64(&d.flows, 1)
		atomic.AddInt64(&d.bytes, b.Bytes[i])
		s.see(*tags.Get(src), *tags.Get(dst), 1)
		s.durations.add(b.Duration[i])
	}
	return nil
}

// order follows the times of the next flows of a part.
func (s *sink) order(p *partOrder, times []int64) {
	if len(times) == 0 {
		return
	}
	if !p.any {
		p.first, p.last, p.any = times[0], times[0], true
	}
	last, minute := p.last, int64(math.MinInt64)
	for _, t := range times {
		if t < last {
			p.late++
		}
		last = t
		if m := floorMinute(t); m != minute {
			minute = m
			s.mark(m)
		}
	}
	p.last = last
}

func floorMinute(t int64) int64 {
	m := t / int64(time.Minute)
	if t%int64(time.Minute) < 0 {
		m--
	}
	return m
}

func (s *sink) mark(minute int64) {
	if at := minute >> 16; s.page == nil || at != s.pageAt {
		page := s.pages[at]
		if page == nil {
			page = new(minutePage)
			s.pages[at] = page
		}
		s.page, s.pageAt = page, at
	}
	m := minute & (minutesOfPage - 1)
	s.page[m/64] |= 1 << (m % 64)
}

func (d *Durations) add(ns int64) {
	if ns <= 0 {
		return
	}
	d.Known++
	d.Longest = max(d.Longest, ns)
	for _, c := range []struct {
		than  time.Duration
		count *int64
	}{{time.Second, &d.Second}, {time.Minute, &d.Minute}, {10 * time.Minute, &d.TenMin}, {time.Hour, &d.Hour}} {
		if ns <= int64(c.than) {
			break
		}
		*c.count++
	}
}

// merge returns the sum of what the workers counted.
func merge(sinks []*sink) *sink {
	sum := &sink{pages: map[int64]*minutePage{}}
	for _, s := range sinks {
		sum.parts = append(sum.parts, s.parts...)
		for at, page := range s.pages {
			all := sum.pages[at]
			if all == nil {
				sum.pages[at] = page
				continue
			}
			for i, word := range page {
				all[i] |= word
			}
		}
		d := s.durations
		sum.durations.Known += d.Known
		sum.durations.Second += d.Second
		sum.durations.Minute += d.Minute
		sum.durations.TenMin += d.TenMin
		sum.durations.Hour += d.Hour
		sum.durations.Longest = max(sum.durations.Longest, d.Longest)
		sum.evidence.add(&s.evidence)
	}
	sorting.Func(sum.parts, func(a, b partOrder) int { return cmp.Compare(a.part, b.part) })
	return sum
}

// late returns the flows that are earlier than the one before them in the log.
func (s *sink) late() (n int64) {
	last := int64(math.MinInt64)
	for _, p := range s.parts {
		if !p.any {
			continue
		}
		if p.first < last {
			n++
		}
		n += p.late
		last = p.last
	}
	return n
}

// Gaps is the stretches in which no flow starts.
type Gaps struct {
	Minutes int64 `json:"minutes"` // minutes with a flow in them
	Least   int64 `json:"least"`   // minutes that a stretch without one is a gap from
	Count   int   `json:"count"`
	Longest []Gap `json:"longest"` // the longest, in order of time
}

// Gap is whole minutes without a flow: From is the first, To the one after.
type Gap struct {
	From    Time  `json:"from"`
	To      Time  `json:"to"`
	Minutes int64 `json:"minutes"`
}

const (
	gapMinutes = 10
	gapsListed = 5
)

// gaps finds the gaps between the first minute with a flow and the last.
func (s *sink) gaps() Gaps {
	g := Gaps{Least: gapMinutes, Longest: []Gap{}}
	var all []Gap
	before := int64(math.MinInt64) // the last minute with a flow
	keys := make([]int64, 0, len(s.pages))
	for at := range s.pages {
		keys = append(keys, at)
	}
	slices.Sort(keys)
	for _, at := range keys {
		for i, word := range s.pages[at] {
			for ; word != 0; word &= word - 1 {
				m := at<<16 + int64(i*64+bits.TrailingZeros64(word))
				g.Minutes++
				if n := m - before - 1; before != math.MinInt64 && n >= gapMinutes {
					all = append(all, Gap{Time((before + 1) * int64(time.Minute)), Time(m * int64(time.Minute)), n})
				}
				before = m
			}
		}
	}
	g.Count = len(all)
	sorting.Stable(all, func(a, b Gap) int { return cmp.Compare(b.Minutes, a.Minutes) })
	g.Longest = append(g.Longest, all[:min(gapsListed, len(all))]...)
	sorting.Func(g.Longest, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	return g
}
