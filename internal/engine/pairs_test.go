package engine_test

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/engine"
	"beacon/internal/flowlog"
	"beacon/internal/netset"
)

// beaconLog is a random log with, among its noise, one host that calls home
// each 90 seconds or so, and one that calls eight others in turn.
func beaconLog(r *rand.Rand) []row {
	rows := randomLog(r)
	home := netset.MustHost("203.0.113.99")
	t := rows[0].t
	for range 300 {
		t += int64(90*time.Second) + r.Int64N(int64(20*time.Second)) - int64(10*time.Second)
		rows = append(rows, row{t / 1000 * 1000, netset.MustHost("10.9.8.7"), home, 443, 200, int64(time.Second)})
	}
	t = rows[0].t
	for range 200 {
		t += int64(100*time.Second) + r.Int64N(int64(80*time.Second))
		rows = append(rows, row{t / 1000 * 1000, netset.MustHost("10.9.8.6"), netset.HostOf(netip.AddrFrom4([4]byte{203, 0, 113, byte(r.IntN(8))})), 8443, 200, 0})
	}
	t = rows[0].t
	for range 100 { // another port for each call
		t += int64(200*time.Second) + r.Int64N(int64(60*time.Second))
		rows = append(rows, row{t / 1000 * 1000, netset.MustHost("10.9.8.5"), home, uint16(2000 + r.IntN(60000)), 200, 0})
	}
	rows = append(rows, row{t / 1000 * 1000, netset.MustHost("10.0.0.2"), home, 22, 1 << 40, int64(5 * time.Hour)})
	slices.SortStableFunc(rows, func(a, b row) int { return int(min(max(a.t-b.t, -1), 1)) })
	return rows
}

// The pairs are those of a plain grouping, judged alike whatever the number of
// workers, the files, and whether the calls fit into memory.
func TestPairsEqualPlainGrouping(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		rows := beaconLog(r)
		q := beacon.Query{Rules: beacon.EveryMinute | beacon.EveryRhythm, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog, Internal: netset.Default(), Times: seed%2 == 0}
		paths := write(t, r, rows)
		for _, run := range []struct {
			workers int
			memory  int64
		}{{1, 0}, {3, 0}, {3, 1}, {1, 100 << 10}} {
			log, err := flowlog.Open(paths, nil, flowlog.Options{})
			require.NoError(t, err)
			eng := engine.Engine{Log: log, Workers: run.workers, Memory: run.memory}
			got, err := eng.Find(context.Background(), q)
			require.NoError(t, err)
			require.NoError(t, log.Close())
			t.Cleanup(got.Close)
			want := plainPairs(rows, q, got.Totals)
			require.Equal(t, want.PairTotals, got.PairTotals, "seed %d, %v", seed, run)
			require.Equal(t, schedules(want), schedules(got), "seed %d, %v", seed, run)
			found := func(source string, destinations int) bool {
				return slices.ContainsFunc(slices.Collect(got.Of(beacon.ScopeSchedule)), func(f *beacon.Finding) bool {
					return f.Verdict == beacon.VerdictBeacon && f.Sources[0].Addr.String() == source && len(f.Destinations) == destinations
				})
			}
			require.True(t, found("10.9.8.7", 1), "the beacon is found")
			require.Contains(t, got.Sources, netset.MustHost("10.9.8.7"))
			require.True(t, found("10.9.8.6", 8), "the rotation is found")
			require.True(t, found("10.9.8.5", 1), "the beacon that changes its port is found")
			require.Contains(t, got.Sources, netset.MustHost("10.9.8.6"))
			require.Len(t, got.Long, 1)
			require.Equal(t, 5*time.Hour, got.Long[0].Duration)
		}
	}
}

// plainPairs is the answer about pairs by plain maps.
func plainPairs(rows []row, q beacon.Query, totals beacon.Totals) *beacon.Findings {
	options := q.Rhythm
	options.Tick = time.Microsecond // that of beaconLog
	q.Rules = beacon.EveryRhythm
	type key struct {
		src, dst netset.Host
		port     uint16
	}
	pairs := map[key][]row{}
	first, last := rows[0].t, rows[0].t
	positions := map[key]uint64{}
	for i, r := range rows {
		first, last = min(first, r.t), max(last, r.t)
		if q.Internal.Has(r.src) && !q.Internal.Has(r.dst) {
			k := key{r.src, r.dst, r.port}
			if pairs[k] == nil {
				positions[k] = uint64(i)
			}
			pairs[k] = append(pairs[k], r)
		}
	}
	var all []beacon.Candidate
	times, calls := map[key][]int64{}, map[key]beacon.Pair{}
	for k, flows := range pairs {
		slices.SortFunc(flows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.t, b.t), cmp.Compare(a.bytes, b.bytes))
		})
		p := beacon.Pair{Source: k.src, Destination: k.dst, Port: k.port}
		for _, c := range flows {
			p.Times = append(p.Times, c.t)
			p.Bytes = append(p.Bytes, min(c.bytes, math.MaxUint32))
		}
		pair := beacon.JudgePair(p, options, first, last)
		pair.Position = positions[k]
		all = append(all, pair)
		times[k], calls[k] = p.Times, p
	}
	pairTotals := beacon.CountPairs(all, q.Rhythm.LeastCalls())
	list := make([]combine.Pair, len(all))
	for i := range all {
		list[i] = combine.Pair{Candidate: &all[i], Calls: calls[key{all[i].Source, all[i].Destination, all[i].Port}]}
	}
	ports, rotations := combine.Judge(list, options, first, last)
	pairTotals.Tried += len(ports)
	fs := beacon.Assemble(q, beacon.Evidence{Internal: q.Internal, Totals: totals, Candidates: append(slices.Clone(all), ports...), PairTotals: pairTotals, Rotations: rotations})
	for _, p := range fs.Pictured() {
		if !p.AnyPort {
			p.Times = times[key{p.Source, p.Destination, p.Port}]
			continue
		}
		for k, list := range times {
			if k.src == p.Source && k.dst == p.Destination {
				p.Times = append(p.Times, list...)
			}
		}
		slices.Sort(p.Times)
	}
	return fs
}

// schedules returns the schedules found, without ranks and positions in the log.
func schedules(fs *beacon.Findings) []beacon.Finding {
	var list []beacon.Finding
	for f := range fs.Of(beacon.ScopeSchedule) {
		f.Rank = 0
		for i := range f.Sources {
			f.Sources[i].Position = 0
		}
		list = append(list, *f)
	}
	return list
}
