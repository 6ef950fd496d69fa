package rhythm_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"beacon/internal/rhythm"
)

// A strobe, a call a second for hours, is a timer like any other: its seconds are no
// retries of one call, whole or not.
func TestStrobes(t *testing.T) {
	start := time.Date(2024, 3, 4, 5, 6, 7, 0, time.UTC).UnixNano()
	for name, strobe := range map[string]struct {
		calls  int
		jitter float64
		whole  bool
	}{
		"whole seconds":  {calls: 3 * 3600, whole: true},
		"steady":         {calls: 3 * 3600, jitter: 0.05},
		"a day of it":    {calls: 24 * 3600, jitter: 0.05},
		"jitter":         {calls: 3 * 3600, jitter: 0.4},
		"a short one":    {calls: 600, jitter: 0.1},
		"a day in whole": {calls: 24 * 3600, whole: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			times := make([]int64, strobe.calls)
			period, tick := 1.02e9, int64(1)
			if strobe.whole {
				period, tick = 1e9, 1e9
			}
			at := 0.0
			for i := range times {
				times[i] = start + int64(at)/tick*tick
				at += period * (1 + strobe.jitter*(2*r.Float64()-1))
			}
			judged := rhythm.Judge(times, rhythm.Options{})
			assert.Less(t, judged.P, 1e-6)
			assert.Empty(t, judged.Against)
			assert.InDelta(t, 1, judged.Period.Seconds(), 0.1)
		})
	}
}
