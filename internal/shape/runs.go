package shape

import (
	"cmp"
	"slices"
	"time"

	"beacon/internal/sorting"
	"beacon/internal/stats"
)

// run is active buckets with no silence of RunGap between them.
type run struct {
	start, end int64 // buckets, end excluded
	active     int   // of these, with calls
	calls      int64
}

// runSet is the runs of a series, strays left out, and how they lie in days. A
// day begins where runs seldom do, in the middle of the longest stretch of the
// clock in which none starts, so that the log's time zone doesn't matter.
type runSet struct {
	list   []run
	starts []start // one for each of list, by day, then by phase
	days   int     // distinct days of starts
	calls  int64   // of the runs
	all    int64   // of the series
}

// start is where a run begins, in the runs' own days.
type start struct {
	day   int64
	phase time.Duration // since the day began, 0 to 24h
}

// runs parts the series into runs.
func (s *span) runs() runSet {
	var all []run
	gap := max(1, int64(Limits.RunGap/s.bucket))
	var set runSet
	for _, c := range s.counts {
		set.all += c.Calls
		if n := len(all); n > 0 && c.Index-all[n-1].end < gap {
			last := &all[n-1]
			last.end, last.active, last.calls = c.Index+1, last.active+1, last.calls+c.Calls
			continue
		}
		all = append(all, run{c.Index, c.Index + 1, 1, c.Calls})
	}
	least := typicalCalls(all, set.all)
	for _, r := range all {
		if float64(r.calls) >= Limits.RunStray*float64(least) {
			set.list = append(set.list, r)
			set.calls += r.calls
		}
	}
	return set
}

// typicalCalls returns the calls of the run that the middle call lies in, runs
// ordered by their calls.
func typicalCalls(all []run, calls int64) int64 {
	bySize := slices.Clone(all)
	sorting.Func(bySize, func(a, b run) int { return cmp.Compare(a.calls, b.calls) })
	seen := int64(0)
	for _, r := range bySize {
		if seen += r.calls; 2*seen >= calls {
			return r.calls
		}
	}
	return 0
}

// short says whether the runs are short and leave silence between them.
func (set runSet) short(e *Evidence) bool {
	if len(set.list) == 0 {
		return false
	}
	return e.RunLength <= Limits.RunMost && e.RunCover <= Limits.RunCoverMost &&
		float64(set.calls) >= Limits.RunCalls*float64(set.all) &&
		float64(median(set.list, func(r run) int { return r.active })) >= Limits.RunLeast
}

// measureRuns fills in what the runs tell.
func (s *span) measureRuns(set *runSet, e *Evidence) {
	e.Runs = len(set.list)
	if e.Runs == 0 {
		return
	}
	covered := int64(0)
	for _, r := range set.list {
		covered += r.end - r.start
	}
	e.RunCover = float64(covered) / float64(s.hi-s.lo)
	e.RunLength = time.Duration(median(set.list, func(r run) int64 { return r.end - r.start })) * s.bucket
	midnight := s.layDays(set)
	e.Regularity = s.regularity(set, midnight)
	s.pattern(set, midnight, e)
}

// layDays puts the runs' starts into days and returns when, on the clock, these
// begin.
func (s *span) layDays(set *runSet) time.Duration {
	clock := make([]time.Duration, len(set.list))
	for i, r := range set.list {
		clock[i] = time.Duration(floorMod(r.start*int64(s.bucket), int64(day)))
	}
	slices.Sort(clock)
	longest, midnight := time.Duration(-1), time.Duration(0)
	for i, at := range clock {
		next := clock[(i+1)%len(clock)]
		if i+1 == len(clock) {
			next += day
		}
		if next-at > longest {
			longest, midnight = next-at, (at+(next-at)/2)%day
		}
	}
	for _, r := range set.list {
		at := r.start*int64(s.bucket) - int64(midnight)
		set.starts = append(set.starts, start{stats.FloorDiv(at, int64(day)), time.Duration(floorMod(at, int64(day)))})
	}
	for i, st := range set.starts { // runs are in order of time, and so are their days
		if i == 0 || st.day != set.starts[i-1].day {
			set.days++
		}
	}
	return midnight
}

// regularity returns the share, of all pairs of a run and another day that has runs
// and that the log covers at the run's time of day, in which that day has a run
// that starts within StartTolerance of it.
//
// The runs are walked by their time of day, with the days that have a run within
// StartTolerance of it. All other days than the first and the last lie within the log at
// any time of day.
func (s *span) regularity(set *runSet, midnight time.Duration) float64 {
	byPhase := slices.Clone(set.starts)
	sorting.Func(byPhase, func(a, b start) int { return cmp.Compare(a.phase, b.phase) })
	edges := []int64{set.starts[0].day}
	if last := set.starts[len(set.starts)-1].day; last != edges[0] {
		edges = append(edges, last)
	}
	near := map[int64]int{} // runs by day, of the days in the window
	lo, hi := 0, 0
	pairs, like := 0, 0
	for _, own := range byPhase {
		for ; hi < len(byPhase) && byPhase[hi].phase <= own.phase+Limits.StartTolerance; hi++ {
			near[byPhase[hi].day]++
		}
		for ; byPhase[lo].phase < own.phase-Limits.StartTolerance; lo++ {
			if near[byPhase[lo].day]--; near[byPhase[lo].day] == 0 {
				delete(near, byPhase[lo].day)
			}
		}
		pairs += set.days - 1
		like += len(near) - 1
		for _, d := range edges {
			if at := d*int64(day) + int64(midnight+own.phase); d == own.day || at >= s.first && at <= s.last {
				continue
			}
			pairs--
			if near[d] > 0 {
				like--
			}
		}
	}
	if pairs == 0 {
		return 0
	}
	return float64(like) / float64(pairs)
}

// pattern finds the times of day at which runs begin on at least half of the
// days that have runs, and the days that have them all. Starts belong together
// where no two neighbours on the clock are further apart than StartTolerance.
func (s *span) pattern(set *runSet, midnight time.Duration, e *Evidence) {
	byPhase := slices.Clone(set.starts)
	sorting.Func(byPhase, func(a, b start) int { return cmp.Or(cmp.Compare(a.phase, b.phase), cmp.Compare(a.day, b.day)) })
	kept := map[int64]int{} // day: groups of starts that it is in
	for i := 0; i < len(byPhase); {
		j := i + 1
		for j < len(byPhase) && byPhase[j].phase-byPhase[j-1].phase <= Limits.StartTolerance {
			j++
		}
		days := map[int64]bool{}
		for _, st := range byPhase[i:j] {
			days[st.day] = true
		}
		if 2*len(days) >= set.days && len(days) > 1 {
			at := (byPhase[i+(j-i)/2].phase + midnight) % day
			e.RunTimes = append(e.RunTimes, at)
			for d := range days {
				kept[d]++
			}
		}
		i = j
	}
	for _, groups := range kept {
		if groups == len(e.RunTimes) {
			e.PatternDays++
		}
	}
	for _, at := range e.RunTimes {
		e.Days = max(e.Days, s.daysAt(at))
	}
	slices.Sort(e.RunTimes)
}

// median returns the middle value, the lower of two.
func median[T any, N cmp.Ordered](list []T, value func(T) N) N {
	values := make([]N, len(list))
	for i, v := range list {
		values[i] = value(v)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
