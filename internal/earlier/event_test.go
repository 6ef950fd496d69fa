package earlier

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/rhythm"
)

// A finding is told when it is first a beacon, when it changes, and when it is gone; one
// that is weak or gone for a while isn't told as new again.
func TestEvents(t *testing.T) {
	finding := func(verdict beacon.Verdict, destination string, sources ...string) beacon.Finding {
		f := beacon.Finding{Scope: beacon.ScopeSchedule, Verdict: verdict, Port: 443, Schedule: &beacon.Schedule{Result: rhythm.Result{Period: time.Hour}}, Destinations: []beacon.Destination{{Host: testHosts(t, destination)[0]}}}
		for _, host := range testHosts(t, sources...) {
			f.Sources = append(f.Sources, beacon.Source{Addr: host})
		}
		return f
	}
	var held, ended []beacon.Earlier
	for i, step := range []struct {
		now  []beacon.Finding
		want []EventKind
		held int
	}{
		{[]beacon.Finding{finding(beacon.VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 0},
		{[]beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1")}, []EventKind{EventNew}, 1},
		{[]beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1")}, nil, 1},
		{[]beacon.Finding{finding(beacon.VerdictWeak, "192.0.2.1", "10.0.0.1")}, []EventKind{EventChanged}, 1},
		{[]beacon.Finding{finding(beacon.VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 1},
		{[]beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1", "10.0.0.2"), finding(beacon.VerdictBeacon, "192.0.2.9", "10.0.0.1"), finding(beacon.VerdictWeak, "192.0.2.5", "10.0.0.1")},
			[]EventKind{EventChanged, EventNew}, 2},
		{[]beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.9", "10.0.0.1")}, []EventKind{EventEnded}, 1},
		{nil, []EventKind{EventEnded}, 0},
		{[]beacon.Finding{finding(beacon.VerdictWeak, "192.0.2.1", "10.0.0.1")}, nil, 0},
		{[]beacon.Finding{finding(beacon.VerdictBeacon, "192.0.2.1", "10.0.0.1"), finding(beacon.VerdictBeacon, "192.0.2.7", "10.0.0.1")}, []EventKind{EventChanged, EventNew}, 2},
	} {
		fs := &beacon.Findings{List: step.now, Query: beacon.Query{Rules: beacon.EveryRhythm}, Totals: beacon.Totals{Last: int64(i)}}
		var events []Event
		events, held = Events(fs, held, ended, []beacon.Verdict{beacon.VerdictBeacon})
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
