package sorting

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAsSlices(t *testing.T) {
	type item struct{ key, at int }
	byKey := func(a, b item) int { return cmp.Compare(a.key, b.key) }
	whole := func(a, b item) int { return cmp.Or(byKey(a, b), cmp.Compare(a.at, b.at)) }
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		list := make([]item, n)
		for i := range list {
			list[i] = item{random.IntN(1 + n/3), i}
		}
		random.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
		got, want := slices.Clone(list), slices.Clone(list)
		Func(got, whole)
		slices.SortFunc(want, whole)
		require.Equal(t, want, got)
		got, want = slices.Clone(list), slices.Clone(list)
		Stable(got, byKey)
		slices.SortStableFunc(want, byKey)
		require.Equal(t, want, got)
	}
}
