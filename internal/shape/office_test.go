package shape_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/shape"
	"beacon/internal/simulate"
)

type finding struct {
	shape.Calls
	Shape    shape.Shape
	Evidence shape.Evidence
}

// officeFindings judges the planted destinations of an office log, the plain
// way: series and sources in maps.
func officeFindings(t *testing.T, cfg simulate.OfficeConfig, bounds func(time int64) bool) (list []finding, truth simulate.Truth) {
	inside, err := netset.Parse([]string{"120.0.0.0/8"})
	require.NoError(t, err)
	planted := map[netip.Addr]int{}
	probe, err := simulate.Office(simulate.OfficeConfig{Seed: 1, Scale: .001, Days: 1, Start: cfg.Start}, func(simulate.Row) error { return nil })
	require.NoError(t, err)
	for i, p := range probe.Planted {
		planted[p.Destination] = i
		list = append(list, finding{Calls: shape.Calls{Series: shape.Series{Bucket: time.Minute}}})
	}
	hosts := map[netip.Addr]bool{}
	sources := make([]map[netip.Addr]bool, len(list))
	log := shape.Log{First: 1 << 62, Last: -1 << 62}
	truth, err = simulate.Office(cfg, func(r simulate.Row) error {
		if !bounds(r.Time) {
			return nil
		}
		log.First, log.Last = min(log.First, r.Time), max(log.Last, r.Time)
		if !inside.Contains(r.Src) {
			return nil
		}
		hosts[r.Src] = true
		i, ok := planted[r.Dst]
		if !ok {
			return nil
		}
		f := &list[i]
		f.Flows++
		if sources[i] == nil {
			sources[i] = map[netip.Addr]bool{}
		}
		if !sources[i][r.Src] {
			sources[i][r.Src] = true
			f.Sources++
		}
		index := r.Time / int64(time.Minute)
		if n := len(f.Series.Counts); n > 0 && f.Series.Counts[n-1].Index == index {
			f.Series.Counts[n-1].Calls++
		} else {
			f.Series.Counts = append(f.Series.Counts, shape.Count{Index: index, Calls: 1})
		}
		return nil
	})
	require.NoError(t, err)
	log.InternalHosts = int64(len(hosts))
	log.CycleSlots, log.NeededSlots = 60, 60
	for i := range list {
		f := &list[i]
		f.Shape, f.Evidence = shape.Judge(f.Calls, log)
	}
	return list, truth
}

// TestShapesOfTheOffice judges the fourteen destinations of simulated office
// logs: seeds at a tenth of the volume, and small logs of other lengths, cut at
// other times of day.
func TestShapesOfTheOffice(t *testing.T) {
	type log struct {
		seed  uint64
		scale float64
		days  int
		cut   time.Duration // of the first and the last day
	}
	var logs []log
	for seed := uint64(1); seed <= 20; seed++ {
		logs = append(logs, log{seed, .1, 5, 0})
		if seed%2 == 0 {
			logs = append(logs, log{seed, .05, 2 + int(seed)%7, 0})
		} else {
			logs = append(logs, log{seed, .05, 3, time.Duration(seed) * 35 * time.Minute})
		}
	}
	if testing.Short() {
		logs = logs[:6]
	}
	same := 0
	for _, l := range logs {
		cfg := simulate.DefaultOffice()
		cfg.Seed, cfg.Scale, cfg.Days = l.seed, l.scale, l.days
		from := cfg.Start.Add(l.cut).UnixNano()
		to := cfg.Start.AddDate(0, 0, l.days).Add(-l.cut).UnixNano()
		list, truth := officeFindings(t, cfg, func(at int64) bool { return at >= from && at < to })
		right := true
		for i, p := range truth.Planted {
			ok := assert.Equal(t, string(p.Shape), string(list[i].Shape), "%+v %s: %+v", l, p.Destination, list[i].Evidence)
			right = right && ok
		}
		if right && l.scale == .1 {
			same++
		}
	}
	t.Logf("%d logs at a tenth of the volume have every shape right", same)
}
