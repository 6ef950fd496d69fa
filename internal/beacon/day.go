package beacon

import (
	"cmp"
	"math"
	"slices"
	"time"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/shape"
	"beacon/internal/sorting"
	"beacon/internal/sourcehost"
	"beacon/internal/stats"
	"beacon/internal/words"
)

// newDestination orders the evidence about a destination and adds it up.
func newDestination(e *DestinationEvidence, q *Query) Finding {
	f := Finding{Scope: ScopeDestination, Sources: e.Sources, callers: e.Callers, Day: &Day{Slots: e.Slots, Ports: e.Ports, Series: e.Series}}
	f.Sources = sourcehost.Join(f.Sources, q.Leases, q.Order)
	e.Sources = f.Sources
	f.addSources()
	f.Calls, f.Failed = f.Flows, e.Failed
	sorting.Func(e.Ports, func(a, b PortCount) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), cmp.Compare(a.Port, b.Port))
	})
	sorting.Func(e.Names, func(a, b NameCount) int {
		return cmp.Or(cmp.Compare(b.Flows, a.Flows), cmp.Compare(a.Name, b.Name))
	})
	byIndex := func(a, b shape.Count) int { return cmp.Compare(a.Index, b.Index) }
	if counts := f.Day.Series.Counts; !slices.IsSortedFunc(counts, byIndex) { // Slow path
		sorting.Func(counts, byIndex)
	}
	d := Destination{Host: e.Address, Kind: netset.KindOf(e.Address), Flows: f.Flows, Calls: f.Calls, Bytes: f.Bytes, Share: 1}
	for _, n := range e.Names {
		d.Names = append(d.Names, n.Name)
	}
	f.Destinations = []Destination{d}
	return f
}

// addSources adds up what the sources did.
func (f *Finding) addSources() {
	f.Flows, f.Bytes = 0, 0
	for i, s := range f.Sources {
		if i == 0 {
			f.First, f.Last = s.First, s.Last
		}
		f.First, f.Last = min(f.First, s.First), max(f.Last, s.Last)
		f.Flows += s.Flows
		f.Bytes = stats.AddCounts(f.Bytes, s.Bytes)
	}
}

// judge sets the shape and the verdict of a destination of the every-minute rule: it is
// a beacon, whatever its shape, unless the analyst knows it.
func (f *Finding) judge(q *Query, t Totals) {
	d := f.Day
	d.Shape, d.Evidence = shape.Judge(shape.Calls{Series: d.Series, Flows: f.Flows, Sources: f.CountSources()}, shape.Log{
		First: t.First, Last: t.Last, InternalHosts: t.InternalHosts, CycleSlots: q.CycleSlots(), NeededSlots: q.Slots})
	f.Verdict, f.Reasons = VerdictBeacon, f.dayReasons(int(t.InternalHosts))
	f.Reasons = append(f.Reasons, f.failedReasons()...)
	if f.Explanation = f.knownDestination(q.Decision.Known); f.Explanation != "" {
		f.Verdict = VerdictExplained
		f.Reasons = append([]reason.Reason{reason.Of(reason.Explained, 0, f.Explanation)}, f.Reasons...)
	}
}

// dayReasons returns why the destination has its shape: what its series does, how silent it
// is, and how many of the internal addresses (0: unknown) call it.
func (f *Finding) dayReasons(internalHosts int) []reason.Reason {
	d := f.Day
	e := &d.Evidence
	list := []reason.Reason{f.shapeReason()}
	if d.Shape != shape.Sparse {
		list = append(list, reason.Of(reason.Silent, 1-e.ActiveShare, reason.Share(1-e.ActiveShare)))
	}
	if internalHosts > 0 {
		return append(list, reason.Of(reason.Prevalence, e.Prevalence, e.Sources, internalHosts))
	}
	return append(list, reason.Of(reason.Callers, float64(e.Sources), words.Plural(int64(e.Sources), "internal address", "internal addresses")))
}

func (f *Finding) shapeReason() reason.Reason {
	d := f.Day
	e := &d.Evidence
	runs := words.Plural(int64(e.Runs), "run", "runs")
	switch d.Shape {
	case shape.Bursts:
		return f.burstReason()
	case shape.Diurnal:
		return reason.Of(reason.Diurnal, e.DayNight, shape.Limits.ShiftHours, reason.Clocks{Since: []time.Duration{e.BusyFrom}, First: f.First, Last: f.Last}, reason.Ratio(e.DayNight), shape.Limits.ShiftHours, e.BusyDays, e.Days)
	case shape.Flat:
		if e.LogLength < shape.Limits.DayLeast {
			return reason.Of(reason.FlatBrief, e.LogDays, reason.Length(e.LogLength))
		}
		return reason.Of(reason.Flat, e.DayNight, shape.Limits.ShiftHours, reason.Ratio(e.DayNight))
	case shape.Sparse:
		return reason.Of(reason.Sparse, e.ActiveShare, reason.Share(e.ActiveShare), d.buckets(), runs)
	}
	switch {
	case e.LogLength < shape.Limits.DayLeast:
		return reason.Of(reason.ShortLog, e.LogDays, reason.Length(e.LogLength), "telling day from night takes a day")
	case e.LogDays < shape.Limits.BurstDaysLeast:
		return reason.Of(reason.ShortRunLog, e.LogDays, runs, reason.Length(e.RunLength), reason.Length(e.LogLength))
	}
	return reason.Of(reason.FewDays, float64(e.Runs), runs, reason.Length(e.RunLength), math.Round(10*e.LogDays)/10)
}

func (f *Finding) burstReason() reason.Reason {
	e := &f.Day.Evidence
	n := len(e.RunTimes)
	return reason.Of(reason.Bursts, float64(n), words.Plural(int64(n), "run", "runs"), reason.Length(e.RunLength), reason.Clocks{Since: e.RunTimes, First: f.First, Last: f.Last}, e.PatternDays, e.Days)
}

// buckets names the buckets of the series.
func (d *Day) buckets() string {
	if d.Series.Bucket == time.Minute {
		return "minutes"
	}
	return "buckets of " + d.Series.Bucket.String()
}

// clip returns the counts of a series, which are in order, that lie between the first and the
// last flow of the log's main part.
func clip(s shape.Series, t Totals) []shape.Count {
	first, last := stats.FloorDiv(t.First, int64(s.Bucket)), stats.FloorDiv(t.Last, int64(s.Bucket))
	before := func(c shape.Count, index int64) int { return cmp.Compare(c.Index, index) }
	from, _ := slices.BinarySearchFunc(s.Counts, first, before)
	to, found := slices.BinarySearchFunc(s.Counts, last, before)
	if found {
		to++
	}
	return s.Counts[min(from, to):to]
}
