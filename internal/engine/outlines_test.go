package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
	"beacon/internal/shape"
	"beacon/internal/stats"
)

// An outline is what maps of all flows say, whatever the times, the order of the flows and the
// memory.
func TestOutlineEqualsMaps(t *testing.T) {
	folded, apart := 0, 0
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		q := beacon.Query{Bucket: 1, Cycle: 60}
		hosts := flow.NewHosts(nil)
		sources, spread := 1+r.IntN(3000), int64(1)<<r.IntN(50)
		for i := range sources {
			hosts.InternHost(netset.MustHost(fmt.Sprintf("10.0.%d.%d", i*7%100, i/100)))
		}
		g := newGather(false, []int64{0, 100_000, 1 << 40}[r.IntN(3)])
		g.outline = &outlines{byTime: r.IntN(2) == 0, bucket: 1 + r.Int64N(3), hosts: hosts}
		fold := &fold{together: &together{}}
		workers := []scanWorker{{fold: fold, gatherer: gatherer{to: g}}, {fold: fold, gatherer: gatherer{to: g}}}
		want := map[uint32]*wantedOutline{}
		const destinations = 3
		parts := r.Perm(1 + r.IntN(20))
		flows := 1 + r.IntN(10_000)
		for k := range flows {
			position := uint64(parts[k*len(parts)/flows])<<32 + uint64(k)
			dest, src := r.IntN(destinations)*gatherShards, uint32(r.IntN(sources))
			at := r.Int64N(spread) - spread/2
			if r.IntN(3) > 0 {
				at = int64(k) * spread / 10_000
			}
			worker := &workers[parts[k*len(parts)/flows]%len(workers)]
			worker.met.begin(parts[k*len(parts)/flows])
			worker.takeTogether(dest, src, at, position)
			w := want[uint32(dest)]
			if w == nil {
				w = &wantedOutline{first: at, last: at, position: position, source: src, sources: map[uint32]bool{}, counts: map[int64]int64{}}
				want[uint32(dest)] = w
			}
			if g.outline.byTime && (at < w.first || at == w.first && hosts.Host(src).Compare(hosts.Host(w.source)) < 0) {
				w.source = src
			}
			if !g.outline.byTime && position < w.position {
				w.position, w.source = position, src
			}
			w.first, w.last = min(w.first, at), max(w.last, at)
			w.sources[src] = true
			w.counts[stats.FloorDiv(at, g.outline.bucket)]++
			w.flows++
		}
		for i := range workers {
			require.NoError(t, workers[i].gatherer.finish())
		}
		for dest := range g.outline.shards[0].List {
			if len(g.outline.shards[0].List[dest].Counts) > 0 {
				folded++
			}
		}
		apart += g.parts.Len()
		rd := &reading{gather: g, fold: newFold(&q, hosts)}
		rd.fold.flagged = make([]uint32, destinations*gatherShards)
		for p, err := range g.all() {
			require.NoError(t, err)
			w := want[p.dest]
			delete(want, p.dest)
			d := rd.outlined(p)
			require.Len(t, d.Sources, 1)
			s := d.Sources[0]
			require.Equal(t, []any{hosts.Host(w.source), w.first, w.last, w.flows, len(w.sources)}, []any{s.Addr, s.First, s.Last, s.Flows, d.Callers}, "seed %d", seed)
			var counts []shape.Count
			for index, calls := range w.counts {
				counts = append(counts, shape.Count{Index: index, Calls: calls})
			}
			slices.SortFunc(counts, byBucket)
			require.Equal(t, counts, d.Series.Counts)
		}
		require.Empty(t, want)
		g.close()
	}
	require.Greater(t, folded, 5)
	require.Greater(t, apart, 20)
}

type wantedOutline struct {
	first, last, flows int64
	position           uint64 // of the first flow of source
	source             uint32
	sources            map[uint32]bool
	counts             map[int64]int64
}
