package words

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zone(t *testing.T, name string) Zone {
	location, err := time.LoadLocation(name)
	require.NoError(t, err)
	return ZoneOf(location)
}

func at(t *testing.T, text string) int64 {
	when, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return when.UnixNano()
}

func TestZone(t *testing.T) {
	noon := at(t, "2020-06-21T12:00:05Z")
	for _, c := range []struct{ zone, minute, second, name string }{
		{"UTC", "2020-06-21 12:00 UTC", "2020-06-21 12:00:05 UTC", "UTC"},
		{"Europe/Berlin", "2020-06-21 14:00 CEST", "2020-06-21 14:00:05 CEST", "CEST"},
		{"Asia/Kathmandu", "2020-06-21 17:45 UTC+0545", "2020-06-21 17:45:05 UTC+0545", "UTC+0545"},
		{"America/Sao_Paulo", "2020-06-21 09:00 UTC-03", "2020-06-21 09:00:05 UTC-03", "UTC-03"},
	} {
		z := zone(t, c.zone)
		assert.Equal(t, c.minute, z.Minute(noon))
		assert.Equal(t, c.second, z.Second(noon))
		assert.Equal(t, c.name, z.Name(noon, noon+int64(time.Hour)))
		assert.Equal(t, c.zone, z.Place())
	}
	assert.Equal(t, "2020-06-21 12:00 UTC", Zone{}.Minute(noon), "the zero value is UTC")
	assert.Equal(t, "UTC", Zone{}.Place())
	assert.Equal(t, "UTC", Zone{}.Name(1, 0), "no time at all")
}

// In Berlin the clocks go from 02:00 to 03:00 on 31 March 2024 at 01:00 UTC, and back from
// 03:00 on 27 October, so that 02:30 comes twice.
func TestZoneWhoseClocksChange(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	before, after := at(t, "2024-03-31T00:59:59Z"), at(t, "2024-03-31T01:00:00Z")
	assert.Equal(t, "2024-03-31 01:59:59 CET to 2024-03-31 03:00:00 CEST", berlin.Seconds(before, after))
	assert.Equal(t, "2024-03-31 03:00 to 2024-03-31 03:01 CEST", berlin.Minutes(after, after+int64(time.Minute)))
	assert.Equal(t, "Europe/Berlin", berlin.Name(before, after))
	assert.Equal(t, "CET", berlin.Name(before, before))
	assert.Equal(t, "CEST", berlin.Name(after, after))
	assert.Equal(t, []Offset{{before, time.Hour}, {after, 2 * time.Hour}}, berlin.Offsets(before, after))

	first, second := at(t, "2024-10-27T00:30:00Z"), at(t, "2024-10-27T01:30:00Z")
	assert.Equal(t, "2024-10-27 02:30 CEST to 2024-10-27 02:30 CET", berlin.Minutes(first, second), "the hour that comes twice")

	// Any instant keeps its place: the offsets say what the clocks show.
	for ns := at(t, "2024-01-01T00:00:00Z"); ns < at(t, "2025-01-01T00:00:00Z"); ns += int64(37 * time.Minute) {
		offsets := berlin.Offsets(at(t, "2024-01-01T00:00:00Z"), at(t, "2025-01-01T00:00:00Z"))
		require.Len(t, offsets, 3)
		ahead := offsets[0].Ahead
		for _, o := range offsets {
			if o.From <= ns {
				ahead = o.Ahead
			}
		}
		require.Equal(t, berlin.ToMinute(ns), Zone{}.ToMinute(ns+int64(ahead)))
	}
}

func TestZoneClocks(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	summer, winter := at(t, "2024-07-01T00:00:00Z"), at(t, "2024-12-01T00:00:00Z")
	times := []time.Duration{8*time.Hour + 12*time.Minute, 11 * time.Hour, 22*time.Hour + 30*time.Minute}
	assert.Equal(t, "08:12, 11:00, 22:30 UTC", Zone{}.Clocks(times, 6, summer, summer))
	assert.Equal(t, "00:30, 10:12, 13:00 CEST", berlin.Clocks(times, 6, summer, summer), "in the order of the zone's day")
	assert.Equal(t, "00:30, 10:12 CEST and 1 more", berlin.Clocks(times, 2, summer, summer))
	assert.Equal(t, "09:12, 12:00, 23:30 CET", berlin.Clocks(times, 6, winter, winter))
	assert.Equal(t, "08:12, 11:00, 22:30 UTC", berlin.Clocks(times, 6, summer, winter), "the clocks changed: there is no single time of day")
	honolulu := zone(t, "Pacific/Honolulu")
	assert.Equal(t, "01:00, 12:30, 22:12 HST", honolulu.Clocks(times, 6, summer, winter))
}
