package calls

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/rhythm"
)

// TestBytes holds TimeBytes and WholeBytes to the bytes that judging a long series of random
// calls allocates. These are more than are in use at a time, but less than one and a half times as many.
func TestBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs short tests, drops memory that would be used again")
	}
	random := rand.New(rand.NewPCG(1, 2))
	timed, whole := &Ends{}, &Ends{}
	times := make([]int64, 250_000)
	at := 0.0
	for i := range times {
		at += random.ExpFloat64() * float64(time.Second)
		times[i] = int64(at)
		whole.Add(443, NewFlow(times[i], 100, 50, int64(time.Second), uint16(random.IntN(40000)), 6))
	}
	timed.SetTimes(times, []uint16{443})
	totals := beacon.Totals{Last: math.MaxInt64}
	for _, c := range []struct {
		ends   *Ends
		whole  bool
		before float64 // bytes of a call before it is judged
		bytes  float64
	}{{timed, false, 0, TimeBytes}, {whole, true, FlowBytes, WholeBytes}} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC() // the second one empties the pools of memory to be used again
		runtime.ReadMemStats(&before)
		c.ends.Judge(beacon.Decision{FDR: 1}, rhythm.Options{}, &totals, c.whole)
		runtime.ReadMemStats(&after)
		perCall := float64(after.TotalAlloc-before.TotalAlloc)/float64(len(times)) + c.before
		require.Greater(t, perCall, c.bytes)
		require.Less(t, perCall, 1.5*c.bytes)
	}
}

// TestLong holds that what the times of a long series said is taken for it, if all its calls
// are there, and changes nothing.
func TestLong(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	totals := beacon.Totals{First: 0, Last: math.MaxInt64}
	var decision beacon.Decision
	ends := func(number int, known map[uint16]rhythm.Result) (timed, whole *Ends) {
		timed, whole = &Ends{}, &Ends{Long: known}
		var times []int64
		for i := range number {
			start := int64(i)*int64(time.Minute) + random.Int64N(int64(time.Second))
			times = append(times, start)
			whole.Add(443, NewFlow(start, 100, 50, int64(time.Second), uint16(random.IntN(40000)), 6))
		}
		timed.SetTimes(times, []uint16{443})
		return timed, whole
	}
	timed, whole := ends(LongSeries, nil)
	_, _, open := timed.Judge(decision, rhythm.Options{}, &totals, false)
	require.True(t, open)
	require.Contains(t, timed.Long, uint16(443))
	again := *whole
	again.Long = timed.Long
	want, _, _ := whole.Judge(decision, rhythm.Options{}, &totals, true)
	got, _, _ := again.Judge(decision, rhythm.Options{}, &totals, true)
	require.Equal(t, want, got)
	require.Less(t, want[0].P, 1e-6)

	other := map[uint16]rhythm.Result{443: {Flows: LongSeries, P: 0.25}}
	again.Long = other
	got, _, _ = again.Judge(decision, rhythm.Options{}, &totals, true)
	require.Equal(t, 0.25, got[0].P, "what is known wasn't taken")

	timed, whole = ends(LongSeries-1, other)
	_, _, open = timed.Judge(decision, rhythm.Options{}, &totals, false)
	require.True(t, open)
	require.Nil(t, timed.Long, "a shorter series is kept")
	got, _, _ = whole.Judge(decision, rhythm.Options{}, &totals, true)
	require.Less(t, got[0].P, 1e-6, "what is known of other calls was taken")
}
