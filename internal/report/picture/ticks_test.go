package picture

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/report/reporttest"
)

// TestTicksAreFewAndRound over logs of seconds to years.
func TestTicksAreFewAndRound(t *testing.T) {
	for length := int64(1e9); length < 20*365*86400e9; length = length*3/2 + 7 {
		ticks := TimeTicks{reporttest.Noon, reporttest.Noon + length, MaxTicks}.Ticks(0, 0)
		require.LessOrEqual(t, len(ticks), MaxTicks+1)
		for _, tick := range ticks {
			require.GreaterOrEqual(t, tick.Value, 0.)
			require.LessOrEqual(t, tick.Value, float64(length))
		}
	}
}
