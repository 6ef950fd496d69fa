package beacon

import "slices"

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
	At      int64    // latest flow of the answer, ns since the Unix epoch
	Finding *Finding // nil of one that has ended
	Earlier *Earlier // what one that has ended was
}

// Events compares the findings of an answer with those that the events so far say hold.
// A finding is told first when it has one of the verdicts. From then on it holds as long as
// the same schedule is found, whatever its verdict: one that moves between beacon and weak
// changes, and doesn't end. It returns the events, by rank and those that ended last, and
// what holds now. One of ended, which ended not long ago, is no new one when it is found
// again: it has changed. Events sets Since of the findings.
func (fs *Findings) Events(held, ended []Earlier, verdicts []Verdict) (events []Event, now []Earlier) {
	fs.Since(held)
	var told, others []Finding
	for f := range fs.All() {
		if slices.Contains(verdicts, f.Verdict) {
			told = append(told, *f)
		} else if f.Since.Novelty != NoveltyNew {
			others = append(others, *f)
		}
	}
	compare := func(held []Earlier, list []Finding, first bool) []Earlier {
		since, gone := Compare(held, earlierOf(list))
		before, _ := Compare(ended, earlierOf(list))
		for i := range list {
			f := &list[i]
			f.Since = since[i]
			if first && f.Since.Novelty == NoveltyNew && before[i].Novelty != NoveltyNew {
				f.Since = Since{Novelty: NoveltyChanged, Changes: []string{"found again"}, FirstSeen: before[i].FirstSeen}
			}
			switch {
			case f.Since.Novelty == NoveltyNew && !first:
				continue
			case f.Since.Novelty == NoveltyNew:
				events = append(events, Event{Kind: EventNew, At: fs.Totals.Last, Finding: f})
			case f.Since.Novelty == NoveltyChanged:
				events = append(events, Event{Kind: EventChanged, At: fs.Totals.Last, Finding: f})
			}
			now = append(now, EarlierOf(f))
		}
		return gone
	}
	gone := compare(compare(held, told, true), others, false)
	for i := range gone {
		events = append(events, Event{Kind: EventEnded, At: fs.Totals.Last, Earlier: &gone[i]})
	}
	return events, now
}

func earlierOf(list []Finding) []Earlier {
	earlier := make([]Earlier, len(list))
	for i := range list {
		earlier[i] = EarlierOf(&list[i])
	}
	return earlier
}
