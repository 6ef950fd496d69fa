package beacon

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// Sources are sorted the same, whether they are nearly in order or in none.
func TestSortSources(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for range 200 {
		list := make([]Source, r.IntN(300))
		for i := range list {
			list[i] = Source{Addr: netset.HostOf(netip.AddrFrom4([4]byte{10, 0, byte(i), byte(i >> 8)})), First: r.Int64N(100), Position: uint64(r.IntN(1000))}
		}
		order := []Order{ByLog, ByTime}[r.IntN(2)]
		compare := func(a, b Source) int { return compareSources(a, b, order) }
		if r.IntN(2) == 0 { // a few lists in order
			for part := range slices.Chunk(list, 60) {
				slices.SortFunc(part, compare)
			}
		}
		want := slices.Clone(list)
		slices.SortFunc(want, compare)
		sortSources(list, order)
		require.Equal(t, want, list)
	}
}
