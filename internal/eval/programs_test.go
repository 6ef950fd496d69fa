package eval

import (
	"testing"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/simulate"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutcome(t *testing.T) {
	a, b := netset.MustHost("192.0.2.1"), netset.MustHost("192.0.2.2")
	multicast := netset.MustHost("224.0.0.251")
	found := func(v beacon.Verdict, period time.Duration, to ...netset.Host) Found {
		return Found{Destinations: to, Verdict: v, Period: period}
	}
	var o outcome
	o.saw([]Found{
		found(beacon.VerdictExplained, time.Minute, a),
		found(beacon.VerdictBeacon, 65*time.Second, a, b), // the most suspicious counts
		found(beacon.VerdictBeacon, time.Hour, b),
		found(beacon.VerdictBeacon, time.Hour, multicast), // a local one is no other
		found(beacon.VerdictBeacon, time.Hour, netset.MustHost("192.0.2.3")),
		found(beacon.VerdictExplained, time.Hour, netset.MustHost("192.0.2.4")),
	}, []netset.Host{a, b}, time.Minute)
	o.saw(nil, []netset.Host{a}, time.Minute)
	o.saw([]Found{found(beacon.VerdictBeacon, time.Hour, a)}, []netset.Host{a}, time.Minute)
	o.saw([]Found{found(beacon.VerdictBeacon, time.Hour, a)}, []netset.Host{a}, 0)
	// verdicts, period right, findings, others
	assert.Equal(t, []string{".75", "0", "0", "0", ".25", ".50", "1.00", "0.25"}, o.cells())
	var sum outcome
	sum.merge(o)
	sum.merge(o)
	assert.Equal(t, o.cells(), sum.cells())
	assert.Equal(t, 8, sum.logs)
}

func TestProgramsAndWorlds(t *testing.T) {
	tables := append(Programs(3, []string{"daily", "updates", "port-hopping"}), Worlds(3, []string{"clear", "nat"}))
	markdown(t, tables)
	row := map[string][]string{}
	for _, table := range tables {
		for _, r := range table.Rows {
			row[r[0]] = r[2:]
		}
	}
	require.Len(t, row, 5)
	assert.Equal(t, "1", row["daily"][0])
	assert.Equal(t, "1", row["clear"][0])
	// A kind gets the same logs whatever else runs.
	assert.Equal(t, row["daily"], Programs(3, []string{"daily"})[0].Rows[0][2:])

	aims := Aims(tables)
	require.Len(t, aims.Rows, 7)
	assert.Equal(t, aimKinds, aims.Rows[0][0])
	assert.Empty(t, Aims(nil).Rows)
}

// Every figure that a table notes is an aim.
func TestAimsAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, a := range aims {
		assert.False(t, known[a.name], a.name)
		known[a.name] = true
	}
	tables := append(Programs(1, []string{"daily", "updates"}), Worlds(1, []string{"clear"}), Planted(plantedLogs()), Own(plantedLogs()),
		PlantedPrograms(plantedLogs(), 1, []string{"unreachable"}), Calibration(400))
	for _, table := range tables {
		for name := range table.figures {
			assert.True(t, known[name], name)
			delete(known, name)
		}
	}
	for name := range known {
		t.Errorf("no table has %q", name)
	}
}

func TestPlantedPrograms(t *testing.T) {
	log := plantedLogs()[0]
	p, _ := simulate.FindProgram("whole-seconds")
	pairs := runInto(log, p, 0)
	require.Len(t, pairs, 1)
	assert.Equal(t, evalSource, pairs[0].Source)
	assert.GreaterOrEqual(t, pairs[0].Times[0], log.Span.First)
	assert.LessOrEqual(t, pairs[0].Times[len(pairs[0].Times)-1], log.Span.Last)
	log.Span = spanOf(2 * 3600)
	table := PlantedPrograms([]Log{log}, 2, []string{"whole-seconds", "updates"})
	require.Equal(t, []string{"whole-seconds", "**all**"}, []string{table.Rows[0][0], table.Rows[1][0]}, "malware only")
	assert.Equal(t, []string{"2", "1 / 1 / 1"}, table.Rows[1][1:3])
}
