package when

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOffsetsAreZones(t *testing.T) {
	noon := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{"+02:00": "14:00 UTC+02:00", "-0330": "08:30 UTC-03:30", "UTC+2": "14:00 UTC+02:00", "GMT-5": "07:00 UTC-05:00", "+14": "02:00 UTC+14:00", "UTC": "12:00 UTC", "Europe/Berlin": "14:00 CEST"} {
		zone, err := LoadZone(name)
		require.NoError(t, err, name)
		require.Equal(t, want, noon.In(zone).Format("15:04 MST"), name)
	}
	for _, name := range []string{"+", "+25", "+17:00", "+2:0", "UTC+", "+02:60", "Nowhere", "02:00"} {
		_, err := LoadZone(name)
		require.Error(t, err, name)
	}
}
