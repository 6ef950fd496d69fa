package clickhouse

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/rhythm"
)

// TestJudgedCall holds judgedCall to the bytes that judging a long series of random calls
// allocates. These are more than are in use at a time, but less than one and a half times as many.
func TestJudgedCall(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs short tests, drops memory that would be used again")
	}
	random := rand.New(rand.NewPCG(1, 2))
	times := make([]int64, 250_000)
	at := 0.0
	for i := range times {
		at += random.ExpFloat64() * float64(time.Second)
		times[i] = int64(at)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one empties the pools of memory to be used again
	runtime.ReadMemStats(&before)
	judgeTimes(times, rhythm.Options{})
	runtime.ReadMemStats(&after)
	perCall := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(times))
	require.Greater(t, perCall, float64(judgedCall))
	require.Less(t, perCall, 1.5*judgedCall)
}
