package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
)

// randomPairs is a log of pairs of 1 to 60 flows, a part of which keep time, with
// ports, bytes and durations; several sources call the same services, most of
// them too seldom to be judged.
func randomPairs(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var csv strings.Builder
	csv.WriteString("timestamp,src_ip,dst_ip,dst_port,protocol,duration,src_bytes,bytes,src_port\n")
	start := time.Date(2023, 5, 1, 0, 0, 0, 0, time.UTC)
	for range 300 {
		src, dst := fmt.Sprintf("10.0.0.%d", r.IntN(40)), fmt.Sprintf("93.184.216.%d", r.IntN(30))
		port := []int{80, 443, 123, 8443, 50000}[r.IntN(5)]
		period := time.Duration(20+r.IntN(4000)) * time.Second
		jitter := []float64{0, 0.1, 0.5, 5}[r.IntN(4)]
		at := start.Add(time.Duration(r.IntN(20000)) * time.Second)
		for range 1 + r.IntN([]int{4, 8, 60}[r.IntN(3)]) {
			at = at.Add(time.Duration(float64(period) * (1 + jitter*(r.Float64()*2-1)/2)).Abs().Truncate(time.Millisecond))
			duration := float64(r.IntN(3000)) / 1000
			if r.IntN(40) == 0 {
				duration = float64(3590 + r.IntN(100))
			}
			fmt.Fprintf(&csv, "%s,%s,%s,%d,6,%.3f,%d,%d,%d\n", at.Format("2006-01-02 15:04:05.000"), src, dst, port, duration, r.IntN(900), 900+r.IntN(90000), 30000+r.IntN(9))
		}
	}
	// and one host that calls eight others in turn
	for at, k := start, 0; k < 200; k++ {
		at = at.Add(time.Duration(100+r.IntN(80)) * time.Second)
		fmt.Fprintf(&csv, "%s,10.0.9.9,93.184.217.%d,8444,6,0.1,100,900,0\n", at.Format("2006-01-02 15:04:05.000"), r.IntN(8))
	}
	// one that calls another port each time, a connection in pieces of a minute, and a stray
	for at, k := start, 0; k < 100; k++ {
		at = at.Add(time.Duration(200+r.IntN(60)) * time.Second)
		stamp := at.Format("2006-01-02 15:04:05.000")
		fmt.Fprintf(&csv, "%s,10.0.9.8,93.184.217.99,%d,6,0.1,100,900,0\n", stamp, 2000+r.IntN(60000))
		piece := start.Add(time.Duration(60*k) * time.Second).Format("2006-01-02 15:04:05.000")
		fmt.Fprintf(&csv, "%s,10.0.9.7,93.184.217.98,22,6,59.6,100,900,51515\n", piece)
	}
	csv.WriteString("2042-05-01 00:00:00.000,10.0.9.8,93.184.217.99,443,6,0.1,100,900,0\n")
	return csv.String()
}

// TestNarrowing holds the judgement of the pairs that the server lets through to
// that of all: none is dropped that the judge would have shown, and none comes
// out differently because the rest is missing.
func TestNarrowing(t *testing.T) {
	p := twoShards(t)
	shown := map[beacon.Verdict]int{}
	long, rotating, hopping := 0, false, false
	for seed := range uint64(6) {
		path := writeText(t, "pairs.csv", randomPairs(seed))
		e := p[seed%2].engine(t, fmt.Sprint("pairs_", seed), "cluster=two")
		_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 2})
		require.NoError(t, err)
		for _, change := range []func(*beacon.Query){
			func(q *beacon.Query) { q.Times = true },
			func(q *beacon.Query) { q.Rhythm.MinCalls, q.Decision.FDR = 3, 0.3 },
			func(q *beacon.Query) { q.Rhythm.MinCalls = 12 },
		} {
			q := everyMinute()
			q.Rules, q.Want = beacon.EveryRhythm, flow.All&^flow.Name
			change(&q)
			want := comparable(arrow(t, path, q))
			found, err := e.Find(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, want, comparable(found))
			for _, f := range found.List {
				shown[f.Verdict]++
				rotating = rotating || len(f.Destinations) == 8
				hopping = hopping || f.PortVaries && f.Verdict == beacon.VerdictBeacon
				require.NotEqual(t, "93.184.217.98", f.Destinations[0].Host.String(), "a connection in pieces")
			}
			long += len(found.Long)
		}
	}
	t.Log(shown, long)
	require.Positive(t, shown[beacon.VerdictBeacon])
	require.Positive(t, shown[beacon.VerdictInsufficient])
	require.Positive(t, long)
	require.True(t, rotating, "a rotation is found")
	require.True(t, hopping, "a beacon that changes its port is found")
}
