package spill

import (
	"cmp"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/scratch"
)

type pair struct{ key, value uint64 }

var pairs = Kind[pair]{
	Compare: func(a, b *pair) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value)) },
	Code: func(c *Coder, v *pair) {
		Number(c, &v.key)
		Number(c, &v.value)
	},
	Size: func(*pair) int64 { return 16 },
}

// The values come sorted, as often as they are asked for, whatever room they have.
func TestSortsAsInMemory(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := make([]pair, r.IntN(3000))
		for i := range want {
			want[i] = pair{r.Uint64N(100), r.Uint64() >> r.IntN(64)}
		}
		room := []int64{0, 1, 160, 16 * 1000, 1 << 30}[seed%5]
		s := New(pairs, room)
		for _, v := range want {
			require.NoError(t, s.Add(&v))
			if room > 0 {
				require.LessOrEqual(t, s.bytes, room, "what is held keeps to the room")
			}
		}
		require.Equal(t, len(want), s.Len())
		require.Equal(t, len(want) > 0 && room > 0 && 16*int64(len(want)) > room, s.Spilled())
		slices.SortFunc(want, func(a, b pair) int { return pairs.Compare(&a, &b) })
		for range 2 {
			got := []pair{}
			for v, err := range s.All() {
				require.NoError(t, err)
				got = append(got, *v)
			}
			require.Equal(t, want, got, "seed %d", seed)
		}
		for range s.All() {
			break // a reader may leave
		}
		s.Close()
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// Values that are equal come in the order in which they were added, whatever room they have.
func TestEqualValuesKeepTheirOrder(t *testing.T) {
	byKey := pairs
	byKey.Compare = func(a, b *pair) int { return cmp.Compare(a.key, b.key) }
	for _, room := range []int64{0, 160, 16 * 100} {
		s := New(byKey, room)
		for i := range uint64(2000) {
			require.NoError(t, s.Add(&pair{i % 3, i}))
		}
		var last pair
		for v, err := range s.All() {
			require.NoError(t, err)
			require.True(t, last.key < v.key || last.value < v.value || v.value == 0, "room %d: %v after %v", room, *v, last)
			last = *v
		}
		s.Close()
	}
}

// A disk that is full is an error, not a loss.
func TestFullDiskIsAnError(t *testing.T) {
	scratch.SetLimit(100)
	defer scratch.SetLimit(0)
	s := New(pairs, 160)
	defer s.Close()
	var err error
	for i := uint64(0); err == nil && i < 1000; i++ {
		err = s.Add(&pair{i, i})
	}
	var full *scratch.FullError
	require.ErrorAs(t, err, &full)
}

// Values that are equal are added up, whatever room they have, and the file doesn't grow
// with their number.
func TestEqualValuesAreMerged(t *testing.T) {
	sums := pairs
	sums.Compare = func(a, b *pair) int { return cmp.Compare(a.key, b.key) }
	sums.Merge = func(into, v *pair) { into.value += v.value }
	for _, room := range []int64{0, 1, 160, 16 * 60, 16 * 1000} {
		r := rand.New(rand.NewPCG(uint64(room), 1))
		s := New(sums, room)
		want := map[uint64]uint64{}
		for range 6000 {
			v := pair{r.Uint64N(200), r.Uint64N(9)}
			want[v.key] += v.value
			require.NoError(t, s.Add(&v))
			require.Less(t, s.size, 10*max(room, 8*200), "the file holds each value a few times at most")
		}
		for range 2 {
			got := map[uint64]uint64{}
			last := int64(-1)
			for v, err := range s.All() {
				require.NoError(t, err)
				require.Greater(t, int64(v.key), last)
				last = int64(v.key)
				got[v.key] = v.value
			}
			require.Equal(t, want, got, "room %d", room)
		}
		for range s.All() {
			break // a reader may leave
		}
		s.Close()
	}
}
