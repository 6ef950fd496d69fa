package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
)

// wholeAnswer makes a random log and a query of all that it holds, and returns these with the
// answer of which others are parts.
func wholeAnswer(t *testing.T, r *rand.Rand) (paths []string, q beacon.Query, want *beacon.Findings) {
	rows := randomLog(r)
	q = randomQuery(r, rows)
	q.Only, q.Want = nil, 0
	if r.IntN(2) == 0 {
		q.Internal = nil
	}
	paths = write(t, r, rows)
	return paths, q, find(t, paths, q, 1)
}

// Where no more is wanted than the sources, they are those of the whole answer, with its
// warnings and counts.
func TestSourcesOnly(t *testing.T) {
	flagged := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		paths, q, want := wholeAnswer(t, r)
		for _, workers := range []int{1, 4} {
			q.Brief = true
			got := find(t, paths, q, workers)
			require.Empty(t, got.List)
			require.Equal(t, want.Count(beacon.VerdictBeacon), got.Count(beacon.VerdictBeacon))
			for _, fs := range []*beacon.Findings{got, got.Select([]beacon.Verdict{beacon.VerdictBeacon})} {
				require.Equal(t, fmt.Sprintln(want.Len(), want.Sources, want.Near, want.Totals, want.Warnings), fmt.Sprintln(fs.Len(), fs.Sources, fs.Near, fs.Totals, fs.Warnings),
					"seed %d, %d workers", seed, workers)
			}
			require.Empty(t, got.Select([]beacon.Verdict{beacon.VerdictWeak}).Sources)
		}
		flagged += len(want.Sources)
	}
	require.Greater(t, flagged, 100, "the random logs flag too little to test anything")
}

// Where the first findings are wanted only, they are the first of the whole answer, with its
// warnings and counts, whatever the memory.
func TestOutline(t *testing.T) {
	cut, stored := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 10))
		paths, q, want := wholeAnswer(t, r)
		q.Top = 1 + r.IntN(3)
		for _, workers := range []int{1, 4} {
			got := findWithin(t, paths, q, workers, int64(seed%2))
			require.Equal(t, fmt.Sprintln(want.Len(), want.Count(beacon.VerdictBeacon), want.Sources, want.Near, want.Totals, want.Warnings),
				fmt.Sprintln(got.Len(), got.Count(beacon.VerdictBeacon), got.Sources, got.Near, got.Totals, got.Warnings), "seed %d, %d workers", seed, workers)
			list := got.List
			if seed%2 == 1 && len(want.List) > 0 { // all are on disk
				require.Nil(t, list)
				for f := range got.All() {
					list = append(list, *f)
				}
				require.Len(t, list, len(want.List))
				list = list[:min(q.Top, len(list))]
				stored++
			}
			require.Len(t, list, min(q.Top, len(want.List)))
			for i := range list {
				w, g := want.List[i], list[i]
				require.Equal(t, len(w.Sources), g.CountSources())
				require.Equal(t, w.Sources[0].Addr, g.Sources[0].Addr)
				require.Equal(t, *w.Day, *g.Day)
				require.Equal(t, []any{w.Rank, w.Verdict, w.Score, w.Destinations, w.Flows, w.Calls, w.First, w.Last, w.Reasons},
					[]any{g.Rank, g.Verdict, g.Score, g.Destinations, g.Flows, g.Calls, g.First, g.Last, g.Reasons}, "seed %d, %d workers", seed, workers)
			}
			cut += len(want.List) - len(list)
			got.Close()
		}
	}
	require.Greater(t, cut, 100, "the random logs flag too little to test anything")
	require.Greater(t, stored, 30)
}
