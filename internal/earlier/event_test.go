package earlier

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/rhythm"
	"beacon/internal/shape"
)

// A finding is told when it is first a beacon, when it changes, and when it has been gone for
// as long as the window; one that is weak or gone for a while isn't told again.
func TestEvents(t *testing.T) {
	finding := func(verdict beacon.Verdict, destination string, sources ...string) beacon.Finding {
		f := beacon.Finding{Scope: beacon.ScopeSchedule, Verdict: verdict, Port: 443, Schedule: &beacon.Schedule{Result: rhythm.Result{Period: time.Hour}}, Destinations: []beacon.Destination{{Host: testHosts(t, destination)[0]}}}
		for _, host := range testHosts(t, sources...) {
			f.Sources = append(f.Sources, beacon.Source{Addr: host})
		}
		return f
	}
	hours := func(list ...int64) []int64 { return list }
	weak, one := finding(beacon.VerdictWeak, "192.0.2.1", "10.0.0.1"), finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1")
	nine, seven := finding(beacon.VerdictBeacon, "192.0.2.9", "10.0.0.1"), finding(beacon.VerdictBeacon, "192.0.2.7", "10.0.0.1")
	var told []Told
	for i, step := range []struct {
		at   []int64 // hours of answers that are alike; the events are of the last
		now  []beacon.Finding
		want []EventKind
		told int
	}{
		{hours(0), []beacon.Finding{weak}, nil, 0},
		{hours(1), []beacon.Finding{one}, []EventKind{EventNew}, 1},
		{hours(2), []beacon.Finding{one}, nil, 1},
		{hours(3), []beacon.Finding{weak}, []EventKind{EventChanged}, 1},
		{hours(4), []beacon.Finding{weak}, nil, 1},
		{hours(5), []beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1", "10.0.0.2"), nine, finding(beacon.VerdictWeak, "192.0.2.5", "10.0.0.1")}, []EventKind{EventChanged, EventNew}, 2},
		{hours(6, 7, 8), []beacon.Finding{nine}, nil, 2},
		{hours(9), []beacon.Finding{nine}, []EventKind{EventEnded}, 2},
		{hours(10, 11, 12), nil, nil, 2},
		{hours(13), nil, []EventKind{EventEnded}, 2},
		{hours(14), []beacon.Finding{weak}, nil, 2},
		{hours(15), []beacon.Finding{one, seven}, []EventKind{EventChanged, EventNew}, 3},
		{hours(16), nil, nil, 3},
		{hours(17), []beacon.Finding{one, seven, nine}, []EventKind{EventChanged}, 3},
		{hours(21), nil, []EventKind{EventEnded, EventEnded, EventEnded}, 3},
		{hours(17 + 7*24), nil, nil, 3},
		{hours(18 + 7*24), nil, nil, 0},
		{hours(19 + 7*24), []beacon.Finding{one}, []EventKind{EventNew}, 1},
	} {
		var events []Event
		var last int64
		for n, hour := range step.at {
			require.True(t, n == 0 || len(events) == 0, "step %d", i)
			last = hour * int64(time.Hour)
			fs := &beacon.Findings{List: slices.Clone(step.now), Query: beacon.Query{Rules: beacon.EveryRhythm}, Totals: beacon.Totals{Last: last}}
			events, told = Events(fs, told, 3*time.Hour, []beacon.Verdict{beacon.VerdictBeacon})
		}
		var kinds []EventKind
		for _, e := range events {
			kinds = append(kinds, e.Kind)
			require.Equal(t, last, e.At)
			require.Equal(t, e.Kind == EventEnded, e.Finding == nil)
		}
		require.Equal(t, step.want, kinds, "step %d", i)
		require.Len(t, told, step.told, "step %d", i)
	}
}

// Which of its servers and hosts a schedule is found by differs from answer to answer. One
// that is missing for less than a window is no news; and when only that one is found, the
// schedule isn't new.
func TestEventsOfSplitSchedule(t *testing.T) {
	finding := func(source string, destinations ...string) beacon.Finding {
		f := beacon.Finding{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Port: 443, Schedule: &beacon.Schedule{Result: rhythm.Result{Period: time.Hour}}}
		for _, host := range testHosts(t, destinations...) {
			f.Destinations = append(f.Destinations, beacon.Destination{Host: host})
		}
		f.Sources = append(f.Sources, beacon.Source{Addr: testHosts(t, source)[0]})
		return f
	}
	const a, b, c = "192.0.2.1", "192.0.2.2", "192.0.2.3"
	all, two, third := finding("10.0.0.1", a, b, c), finding("10.0.0.1", a, b), finding("10.0.0.1", c)
	weak := third
	weak.Verdict = beacon.VerdictWeak
	var told []Told
	for hour, step := range []struct {
		now  []beacon.Finding
		want []string
	}{
		{[]beacon.Finding{all}, []string{"new"}},
		{[]beacon.Finding{two}, nil},
		{[]beacon.Finding{third}, nil},
		{[]beacon.Finding{two, third}, nil},
		{[]beacon.Finding{all}, nil},
		{[]beacon.Finding{two}, nil},
		{[]beacon.Finding{two}, nil},
		{[]beacon.Finding{two}, nil},
		{[]beacon.Finding{two}, []string{"changed destinations -" + c}},
		{[]beacon.Finding{two}, nil},
		{[]beacon.Finding{third, two}, []string{"changed destinations +" + c}},
		{[]beacon.Finding{weak, two}, []string{"changed verdict beacon to weak"}},
		{[]beacon.Finding{weak}, nil},
		{nil, nil},
		{nil, nil},
		{[]beacon.Finding{finding("10.0.0.2", c)}, []string{"new", "ended"}},
		{nil, []string{"ended"}},
		{[]beacon.Finding{two}, []string{"changed found again"}},
		{[]beacon.Finding{two, third}, []string{"changed destinations +" + c}},
	} {
		fs := &beacon.Findings{List: slices.Clone(step.now), Query: beacon.Query{Rules: beacon.EveryRhythm}, Totals: beacon.Totals{Last: int64(hour) * int64(time.Hour)}}
		var events []Event
		events, told = Events(fs, told, 3*time.Hour, []beacon.Verdict{beacon.VerdictBeacon})
		var got []string
		for _, e := range events {
			text := string(e.Kind)
			if e.Kind == EventChanged {
				text += " " + strings.Join(e.Finding.Since.Changes, "; ")
			}
			got = append(got, text)
		}
		require.Equal(t, step.want, got, "hour %d", hour)
	}
}

// A destination of the every-minute rule that isn't found for the first time, but drifts over
// the border, is no news, neither for events nor for a baseline; one that is new is, and so are
// all where nothing was found before the log. What a schedule tells isn't told twice.
func TestBorderline(t *testing.T) {
	day := func(destination string, e shape.Evidence, s shape.Shape, sources ...string) beacon.Finding {
		f := beacon.Finding{Scope: beacon.ScopeDestination, Verdict: beacon.VerdictBeacon, Day: &beacon.Day{Shape: s, Evidence: e}, Destinations: []beacon.Destination{{Host: testHosts(t, destination)[0]}}}
		for _, host := range testHosts(t, sources...) {
			f.Sources = append(f.Sources, beacon.Source{Addr: host})
		}
		return f
	}
	often, drifting, never := shape.Evidence{ChanceAll: 1}, shape.Evidence{ChanceAll: 0.3, Missed: 3}, shape.Evidence{Missed: 20}
	schedule := beacon.Finding{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Schedule: &beacon.Schedule{}, Destinations: []beacon.Destination{{Host: testHosts(t, "192.0.2.1")[0]}}, Sources: []beacon.Source{{Addr: testHosts(t, "10.0.0.1")[0]}}}
	before := Of(&schedule)
	list := []beacon.Finding{
		day("192.0.2.2", often, shape.Flat, "10.0.0.1"), day("192.0.2.3", drifting, shape.Flat, "10.0.0.1"), day("192.0.2.4", never, shape.Flat, "10.0.0.1"),
		day("192.0.2.5", drifting, shape.Bursts, "10.0.0.1"), day("192.0.2.1", never, shape.Flat, "10.0.0.1"), day("192.0.2.1", often, shape.Flat, "10.0.0.1", "10.0.0.9"),
	}
	novelties := func(first int64, earlier ...beacon.Earlier) (list2 []beacon.Novelty) {
		fs := &beacon.Findings{List: slices.Clone(list), Query: beacon.Query{Rules: beacon.EveryMinute}, Totals: beacon.Totals{First: first, Last: 9}}
		Tell(fs, earlier)
		for i := range fs.List {
			list2 = append(list2, fs.List[i].Since.Novelty)
		}
		return list2
	}
	n, k, b := beacon.NoveltyNew, beacon.NoveltyKnown, beacon.NoveltyBorderline
	require.Equal(t, []beacon.Novelty{n, b, n, n, k, n}, novelties(1, before))
	require.Equal(t, []beacon.Novelty{n, n, n, n, k, n}, novelties(0, before))
	require.Equal(t, []beacon.Novelty{n, n, n, n, n, n}, novelties(1))
	fs := &beacon.Findings{List: slices.Clone(list), Query: beacon.Query{Rules: beacon.EveryMinute}, Totals: beacon.Totals{First: 1, Last: 9}}
	events, told := Events(fs, []Told{{Earlier: before}}, time.Hour, []beacon.Verdict{beacon.VerdictBeacon})
	var hosts []string
	for _, e := range events {
		hosts = append(hosts, e.Finding.Destinations[0].Host.String())
	}
	require.Equal(t, []string{"192.0.2.2", "192.0.2.4", "192.0.2.5", "192.0.2.1"}, hosts)
	require.Len(t, told, 6, "all but the one that drifts, and the schedule")

	// Sources of a service that all call come and go.
	crowd, fewer := list[0], day("192.0.2.2", often, shape.Flat, "10.0.0.1", "10.0.0.2")
	for _, c := range []struct {
		now  shape.Shape
		want int
	}{{shape.Flat, 0}, {shape.Bursts, 1}} {
		crowd.Day = &beacon.Day{Shape: c.now, Evidence: often}
		was, now := Of(&fewer), Of(&crowd)
		require.Len(t, changes(&was, &now), c.want)
	}
}
