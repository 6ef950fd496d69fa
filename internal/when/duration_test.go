package when

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "0": 0, "-1h": -time.Hour, "250ms": 250 * time.Millisecond,
		"1d": day, "2w": 14 * day, "1.5d": 36 * time.Hour, ".5d": 12 * time.Hour, "1w2d12h": 9*day + 12*time.Hour, "0d": 0, "15000w": 15000 * 7 * day,
	} {
		var d Duration
		require.NoError(t, d.Set(text), text)
		assert.Equal(t, want, time.Duration(d), text)
	}
	for _, text := range []string{"", "d", "1", "1x", "-1d", "1d-1h", "1d+1h", "1h2d", "1 d", "1e3d", "1..5d", "16000w", "15000w999999d", "106751d24h", "9999999999999999999d", "1dd"} {
		var d Duration
		assert.Error(t, d.Set(text), text)
	}
}
