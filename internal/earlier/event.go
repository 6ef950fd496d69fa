package earlier

import (
	"slices"

	"beacon/internal/beacon"
)

// EventKind says what has happened to a finding from one answer to the next.
type EventKind string

// The kinds of events.
const (
	EventNew     EventKind = "new"     // it holds now
	EventChanged EventKind = "changed" // its verdict, period, sources or destinations are others
	EventEnded   EventKind = "ended"   // it isn't found any more
)

// EventKinds returns every kind.
func EventKinds() []EventKind { return []EventKind{EventNew, EventChanged, EventEnded} }

// Event is what has happened to a finding.
type Event struct {
	Kind    EventKind
	At      int64           // latest flow of the answer, ns since the Unix epoch
	Finding *beacon.Finding // nil of one that has ended
	Earlier *beacon.Earlier // what one that has ended was
}

// Events compares the findings of an answer with those that the events so far say hold.
// A finding is told first when it has one of the verdicts. From then on it holds as long as
// the same schedule is found, whatever its verdict: one that moves between beacon and weak
// changes, and doesn't end. It returns the events, by rank and those that ended last, and
// what holds now. One of ended, which ended not long ago, is no new one when it is found
// again: it has changed. Events sets Since of the findings.
func Events(fs *beacon.Findings, held, ended []beacon.Earlier, verdicts []beacon.Verdict) (events []Event, now []beacon.Earlier) {
	Tell(fs, held)
	var told, others []beacon.Finding
	for f := range fs.All() {
		if slices.Contains(verdicts, f.Verdict) {
			told = append(told, *f)
		} else if f.Since.Novelty != beacon.NoveltyNew {
			others = append(others, *f)
		}
	}
	compare := func(held []beacon.Earlier, list []beacon.Finding, first bool) []beacon.Earlier {
		since, gone := Compare(held, listOf(list))
		before, _ := Compare(ended, listOf(list))
		for i := range list {
			f := &list[i]
			f.Since = since[i]
			if first && f.Since.Novelty == beacon.NoveltyNew && before[i].Novelty != beacon.NoveltyNew {
				f.Since = beacon.Since{Novelty: beacon.NoveltyChanged, Changes: []string{"found again"}, FirstSeen: before[i].FirstSeen}
			}
			switch {
			case f.Since.Novelty == beacon.NoveltyNew && !first:
				continue
			case f.Since.Novelty == beacon.NoveltyNew:
				events = append(events, Event{Kind: EventNew, At: fs.Totals.Last, Finding: f})
			case f.Since.Novelty == beacon.NoveltyChanged:
				events = append(events, Event{Kind: EventChanged, At: fs.Totals.Last, Finding: f})
			}
			now = append(now, Of(f))
		}
		return gone
	}
	gone := compare(compare(held, told, true), others, false)
	for i := range gone {
		events = append(events, Event{Kind: EventEnded, At: fs.Totals.Last, Earlier: &gone[i]})
	}
	return events, now
}

func listOf(list []beacon.Finding) []beacon.Earlier {
	earlier := make([]beacon.Earlier, len(list))
	for i := range list {
		earlier[i] = Of(&list[i])
	}
	return earlier
}
