package earlier

import (
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/timespan"
)

// EventKind says what has happened to a finding from one answer to the next.
type EventKind string

// The kinds of events.
const (
	EventNew     EventKind = "new"     // it holds now
	EventChanged EventKind = "changed" // its verdict, period, sources or destinations are others
	EventEnded   EventKind = "ended"   // it hasn't been found for as long as the window
)

// EventKinds returns every kind.
func EventKinds() []EventKind { return []EventKind{EventNew, EventChanged, EventEnded} }

// Event holds what has happened to a finding.
type Event struct {
	Kind    EventKind
	At      int64           // latest flow of the answer, ns since the Unix epoch
	Finding *beacon.Finding // nil of one that has ended
	Earlier *beacon.Earlier // what one that has ended was
}

// Told is a finding that events have told of.
type Told struct {
	beacon.Earlier
	At    int64 // latest flow of the last answer that it was found in, ns since the Unix epoch
	Ended bool  // an event has said so

	AbsentSources      absences `json:",omitempty"`
	AbsentDestinations absences `json:",omitempty"`
}

// Recall is how long a finding that has ended isn't new when it is found again: what people
// do, and what programs do for them, comes back by the week.
const Recall = 7 * timespan.DayLength

// Events compares the findings of an answer about a window of time with those that the
// events so far tell of.
//
// A finding is told first when it has one of the verdicts. From then on it holds as long as
// the same schedule is found, whatever its verdict: one that moves between beacon and weak
// changes, and doesn't end. It has ended once it hasn't been found for as long as the window
// is: none of the flows that it was last found by is left. One that is found again within
// Recall has changed. Likewise a source or destination has left a finding once it hasn't been
// in it for as long as the window is (see Absent). Events returns the events, by rank and
// those that ended last, and what is told now. It sets Since of the findings.
func Events(fs *beacon.Findings, told []Told, window time.Duration, verdicts []beacon.Verdict) (events []Event, now []Told) {
	Tell(fs, earlierOfTold(told))
	past := newComparison(withAbsent(told))
	var first, others []beacon.Finding
	for f := range fs.All() {
		if slices.Contains(verdicts, f.Verdict) {
			first = append(first, *f)
		} else if now := Of(f); len(past.find(&now)) > 0 {
			others = append(others, *f)
		}
	}
	e := eventMaker{fs: fs, window: window, past: past}
	for _, t := range told {
		if t.Ended {
			e.ended = append(e.ended, t)
		} else {
			e.held = append(e.held, t)
		}
	}
	e.compare(first, true)
	e.compare(others, false)
	left := newComparison(earlierOfTold(e.held))
	for j, t := range e.held {
		if t.Ended = fs.Totals.Last-t.At > int64(window); t.Ended && left.last(j) {
			e.events = append(e.events, Event{Kind: EventEnded, At: fs.Totals.Last, Earlier: &t.Earlier})
		}
		e.now = append(e.now, t)
	}
	for _, t := range e.ended {
		if fs.Totals.Last-t.At <= int64(max(window, Recall)) {
			e.now = append(e.now, t)
		}
	}
	return e.events, e.now
}

// eventMaker compares the findings of an answer with those that were told.
type eventMaker struct {
	fs          *beacon.Findings
	window      time.Duration
	past        *comparison // with all that were told
	held, ended []Told      // of which no finding of the answer is the same yet
	events      []Event
	now         []Told
}

// compare makes the events of findings. first says that they may be new.
func (e *eventMaker) compare(list []beacon.Finding, first bool) {
	held, absent := newComparison(earlierOfTold(e.held)), newComparison(withAbsent(e.held))
	ended := newComparison(withAbsent(e.ended))
	for i := range list {
		f := &list[i]
		now := Of(f)
		found := held.find(&now)
		if len(found) == 0 {
			found = absent.find(&now)
		}
		f.Since = held.sinceOf(&now, found, func(j int) []string { return e.held[j].since(&now, e.fs.Totals.Last, e.window) })
		var again []int
		if first && f.Since.Novelty == beacon.NoveltyNew {
			again = ended.find(&now)
			if before := ended.sinceOf(&now, again, func(int) []string { return []string{"found again"} }); before.Novelty != beacon.NoveltyNew {
				f.Since = beacon.Since{Novelty: beacon.NoveltyChanged, Changes: []string{"found again"}, FirstSeen: before.FirstSeen}
			}
		}
		switch {
		case f.Since.Novelty == beacon.NoveltyNew && (!first || e.past.drifted(f, e.fs.Totals)):
			continue
		case f.Since.Novelty == beacon.NoveltyNew:
			e.events = append(e.events, Event{Kind: EventNew, At: e.fs.Totals.Last, Finding: f})
		case f.Since.Novelty == beacon.NoveltyChanged:
			e.events = append(e.events, Event{Kind: EventChanged, At: e.fs.Totals.Last, Finding: f})
		}
		t := Told{Earlier: now, At: e.fs.Totals.Last}
		for _, j := range found {
			t.remember(&e.held[j], e.window)
		}
		for _, j := range again {
			t.remember(&e.ended[j], e.window)
		}
		e.now = append(e.now, t)
	}
	for j := range e.held {
		held.met[j] = held.met[j] || absent.met[j]
	}
	e.held, e.ended = unmet(e.held, held), unmet(e.ended, ended)
}

// unmet returns those of a list that no finding was the same as.
func unmet(list []Told, c *comparison) (rest []Told) {
	for i, met := range c.met {
		if !met {
			rest = append(rest, list[i])
		}
	}
	return rest
}

func earlierOfTold(list []Told) []beacon.Earlier {
	earlier := make([]beacon.Earlier, len(list))
	for i := range list {
		earlier[i] = list[i].Earlier
	}
	return earlier
}
