package engine

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The store holds no more in memory than it may, gives every call back, and leaves no file
// behind.
func TestStoreKeepsToItsBudget(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, budget := range []int64{0, callSize * blockCalls, 20 * callSize * blockCalls, 1 << 30} {
		r := rand.New(rand.NewPCG(uint64(budget), 1))
		s := newPairStore(7, budget)
		want := make([][]int64, 7)
		fillers := []filler{newFiller(s), newFiller(s)}
		for i := range int64(50_000) {
			k := r.IntN(7) * r.IntN(2) // the first has half of all
			want[k] = append(want[k], i)
			c, err := fillers[i%2].next(k)
			require.NoError(t, err)
			*c = call{time: i}
			require.LessOrEqual(t, s.held, budget)
		}
		for i := range fillers {
			require.NoError(t, fillers[i].finish())
		}
		require.NoError(t, s.settle())
		require.Equal(t, budget < 50_000*callSize, s.held == 0, "all or nothing stays in memory")
		for k := range want {
			blocks, _, err := s.calls(k, nil)
			require.NoError(t, err)
			var got, each []int64
			for _, block := range blocks {
				for i := range block {
					got = append(got, block[i].time)
				}
			}
			require.NoError(t, s.each(k, func(block []call) error {
				for i := range block {
					each = append(each, block[i].time)
				}
				return nil
			}))
			slices.Sort(got)
			slices.Sort(each)
			require.Equal(t, want[k], got)
			require.Equal(t, want[k], each)
			require.Equal(t, len(want[k]), s.parts[k].calls)
		}
		s.close()
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// A partition is split where there is no room for it, or where it would leave the other
// workers without work.
func TestAtOnce(t *testing.T) {
	c := &judging{reading: &reading{Engine: &Engine{Workers: 2, Memory: 128 << 20}, store: newPairStore(1, 1)}}
	c.store.parts[0].calls = 100 << 20
	require.Equal(t, (128<<20)/roomShare/int(judgedBytes)/2, c.atOnce())
	c.Memory = 1 << 40
	require.Equal(t, 100<<20/8, c.atOnce())
	c.Memory = 1
	require.Equal(t, leastJudged, c.atOnce())
}
