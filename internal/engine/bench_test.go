package engine

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// benchFold is a fold of one worker, and batches of ten minutes each: half of
// the flows go out, to some of 5,000 destinations, a few of them much.
func benchFold(b *testing.B) (*scanWorker, []*flow.Batch) {
	q := beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog, Exclude: new(netset.Set)}
	var err error
	q.Internal, err = netset.Parse([]string{"120.0.0.0/8"})
	require.NoError(b, err)
	hosts := flow.NewHosts(tagger(q.Internal, &q))
	r := rand.New(rand.NewPCG(1, 1))
	inside, outside := make([]uint32, 500), make([]uint32, 5000)
	for i := range inside {
		inside[i] = hosts.Intern(netip.AddrFrom4([4]byte{120, 18, byte(i >> 8), byte(i)}))
	}
	for i := range outside {
		outside[i] = hosts.Intern(netip.AddrFrom4([4]byte{20, 18, byte(i >> 8), byte(i)}))
	}
	at := time.Date(2020, 6, 21, 0, 0, 0, 0, time.UTC).UnixNano()
	var batches []*flow.Batch
	for range 12 {
		c := flow.NewColumns(flow.Base)
		for i := range c.Time {
			at += int64(10*time.Minute) / flow.BatchRows
			c.Time[i], c.Src[i], c.Dst[i] = at, inside[r.IntN(len(inside))], outside[min(r.IntN(10), r.IntN(len(outside)))]
			if r.IntN(2) == 0 {
				c.Src[i], c.Dst[i] = c.Dst[i], c.Src[i]
			}
		}
		batches = append(batches, c.Batch(flow.BatchRows))
	}
	return &scanWorker{fold: newFold(&q, hosts), gatherer: gatherer{to: newGather(false, 1<<30)}, first: true}, batches
}

func perRow(b *testing.B, rows int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
}

// BenchmarkFold reads flows to destinations that aren't gathered.
func BenchmarkFold(b *testing.B) {
	w, batches := benchFold(b)
	for b.Loop() {
		for _, batch := range batches {
			if err := w.Batch(batch); err != nil { // of no part, so nothing is gathered
				b.Fatal(err)
			}
		}
	}
	require.NotEmpty(b, w.flagged)
	perRow(b, len(batches)*flow.BatchRows)
}

// BenchmarkGather reads flows of which most of the outbound ones are gathered.
func BenchmarkGather(b *testing.B) {
	w, batches := benchFold(b)
	for _, batch := range batches {
		require.NoError(b, w.Batch(batch))
	}
	w.Begin(0)
	for b.Loop() {
		for _, batch := range batches {
			if err := w.Batch(batch); err != nil {
				b.Fatal(err)
			}
		}
	}
	w.gatherer.finish()
	require.NotEmpty(b, w.gatherer.to.shards[0].contacts)
	perRow(b, len(batches)*flow.BatchRows)
}
