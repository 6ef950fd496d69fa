package beacon

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/rhythm"
)

// A finding is told when it is first a beacon, when it changes, and when it is gone; one
// that is weak or gone for a while isn't told as new again.
func TestEvents(t *testing.T) {
	finding := func(verdict Verdict, destination string, sources ...string) Finding {
		f := Finding{Scope: ScopeSchedule, Verdict: verdict, Port: 443, Schedule: &Schedule{Result: rhythm.Result{Period: time.Hour}}, Destinations: []Destination{{Host: testHosts(t, destination)[0]}}}
		for _, host := range testHosts(t, sources...) {
			f.Sources = append(f.Sources, Source{Addr: host})
		}
		return f
	}
	var held, ended []Earlier
	for i, step := range []struct {
		now  []Finding
		want []EventKind
		held int
	}{
		{[]Finding{finding(VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 0},
		{[]Finding{finding(VerdictBeacon, "192.0.2.1", "10.0.0.1")}, []EventKind{EventNew}, 1},
		{[]Finding{finding(VerdictBeacon, "192.0.2.1", "10.0.0.1")}, nil, 1},
		{[]Finding{finding(VerdictWeak, "192.0.2.1", "10.0.0.1")}, []EventKind{EventChanged}, 1},
		{[]Finding{finding(VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 1},
		{[]Finding{finding(VerdictBeacon, "192.0.2.1", "10.0.0.1", "10.0.0.2"), finding(VerdictBeacon, "192.0.2.9", "10.0.0.1"), finding(VerdictWeak, "192.0.2.5", "10.0.0.1")},
			[]EventKind{EventChanged, EventNew}, 2},
		{[]Finding{finding(VerdictBeacon, "192.0.2.9", "10.0.0.1")}, []EventKind{EventEnded}, 1},
		{nil, []EventKind{EventEnded}, 0},
		{[]Finding{finding(VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 0},
		{[]Finding{finding(VerdictBeacon, "192.0.2.1", "10.0.0.1"), finding(VerdictBeacon, "192.0.2.7", "10.0.0.1")}, []EventKind{EventChanged, EventNew}, 2},
	} {
		fs := &Findings{List: step.now, Query: Query{Rules: EveryRhythm}, Totals: Totals{Last: int64(i)}}
		var events []Event
		events, held = fs.Events(held, ended, []Verdict{VerdictBeacon})
		var kinds []EventKind
		for _, e := range events {
			kinds = append(kinds, e.Kind)
			require.EqualValues(t, i, e.At)
			require.Equal(t, e.Kind == EventEnded, e.Finding == nil)
			if e.Kind == EventEnded {
				ended = append(ended, *e.Earlier)
			}
		}
		require.Equal(t, step.want, kinds, "step %d", i)
		require.Len(t, held, step.held, "step %d", i)
	}
}
