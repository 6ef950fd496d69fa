package engine

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/shape"
)

// plainGather adds flows up one by one.
func plainGather(flows []gathered, dests []int) []part {
	list := make([]part, slices.Max(dests)+1)
	for i, f := range flows {
		p := &list[dests[i]]
		p.dest = uint32(dests[i])
		c := newContact(0, f.src)
		c.position, c.first, c.last, c.flows, c.bytes = f.position, f.time, f.time, 1, f.bytes
		one := part{contacts: []contact{c}, series: []shape.Count{{Index: f.bucket, Calls: 1}}, ports: []count[uint16]{{f.port, 1}}}
		if f.name != 0 {
			one.names = []count[uint32]{{f.name, 1}}
		}
		if f.failed {
			one.failed = 1
		}
		partKind.Merge(p, &one)
	}
	list = slices.DeleteFunc(list, func(p part) bool { return len(p.contacts) == 0 })
	slices.SortFunc(list, func(a, b part) int { return comparePlaces(&a, &b) })
	return list
}

// What is gathered is the same, whether it lies in tables, in parts or in the journal, and
// however many workers hand it over.
func TestGatherWithinAnyRoom(t *testing.T) {
	journals := 0
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 5))
		sources := []int{3, 400, 20_000}[seed%3]
		flows, dests := make([]gathered, 60_000), make([]int, 60_000)
		for i := range flows {
			dests[i] = min(r.IntN(200), r.IntN(300))
			flows[i] = gathered{time: int64(i) * 1e9, bucket: int64(i / 60), bytes: r.Int64N(1e5), position: uint64(i), src: uint32(r.IntN(sources)), port: uint16(440 + r.IntN(3)*r.IntN(2)), failed: r.IntN(9) == 0}
			if r.IntN(5) == 0 {
				flows[i].name = uint32(r.IntN(9))
			}
		}
		want := fmt.Sprint(plainGather(flows, dests))
		for _, room := range []int64{1, 1 << 16, 1 << 20, 1 << 30} {
			for _, workers := range []int{1, 4} {
				g := newGather(true, room)
				all := make([]gatherer, workers)
				for i := range all {
					all[i].to = g
				}
				for i, f := range flows {
					f.dest = uint32(dests[i] / gatherShards)
					all[i/100%workers].hand(dests[i]%gatherShards, []gathered{f})
				}
				for i := range all {
					require.NoError(t, all[i].finish())
				}
				if g.journal.file != nil {
					journals++
				}
				var got []part
				for p, err := range g.all() {
					require.NoError(t, err)
					slices.SortFunc(p.contacts, bySource)
					for k := range p.contacts {
						p.contacts[k].dest = 0
					}
					got = append(got, *p)
				}
				require.Equal(t, want, fmt.Sprint(got), "seed %d, %d bytes, %d workers", seed, room, workers)
				g.close()
			}
		}
	}
	require.Greater(t, journals, 3, "few shards keep their flows")
}

// Stretches of flows from several workers come in the order of the log.
func TestAscending(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for range 50 {
		const workers = 3
		next, flows := [workers]uint64{0, 1 << 32, 2 << 32}, []gathered(nil) // each begins in a part of its own
		for range 40 {
			w := r.IntN(workers)
			for range 1 + r.IntN(9) {
				if r.IntN(8) == 0 { // a part of its own
					next[w] = uint64(len(flows)*workers+w) << 32
				}
				next[w]++
				flows = append(flows, gathered{position: next[w]})
			}
		}
		var got []uint64
		for _, s := range ascending(flows) {
			require.Equal(t, flows[s.from].position, s.position)
			for _, f := range flows[s.from:s.to] {
				got = append(got, f.position)
			}
		}
		var want []uint64
		for _, f := range flows {
			want = append(want, f.position)
		}
		slices.Sort(want)
		require.Equal(t, want, got)
	}
}

// union merges as sorting and adding up does.
func TestUnion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() (list []count[uint16]) {
		for key := range uint16(12) {
			if r.IntN(2) == 0 {
				list = append(list, count[uint16]{key, r.Int64N(9)})
			}
		}
		return list
	}
	for range 200 {
		a, b := random(), random()
		sums := map[uint16]int64{}
		var want []count[uint16]
		for _, c := range slices.Concat(a, b) {
			sums[c.key] += c.flows
		}
		for key, n := range sums {
			want = append(want, count[uint16]{key, n})
		}
		slices.SortFunc(want, func(a, b count[uint16]) int { return cmp.Compare(a.key, b.key) })
		require.Equal(t, want, union(a, b, byKey, addCount))
	}
}
