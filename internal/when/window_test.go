package when_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/when"
)

const (
	day  = int64(24 * time.Hour)
	noon = int64(1592740800) * 1e9 // 2020-06-21 12:00 UTC
)

func TestWindowBounds(t *testing.T) {
	for _, c := range []struct {
		from, to string
		last     time.Duration
		included bool
		wantFrom int64
		wantTo   int64
	}{
		{"", "", 0, true, 0, 0},
		{"2020-06-21", "", 0, true, noon - day/2, math.MaxInt64},
		{"", "2020-06-21 12:00", 0, true, math.MinInt64, noon},
		{"1592740800", "2020-06-21T15:00+02:00", 0, true, noon, noon + int64(time.Hour)},
		{"-24h", "", 0, true, noon - day, math.MaxInt64},
		{"-1w", "-1.5d", 0, false, noon - 7*day, noon - 36*int64(time.Hour)},
		{"2020-06-20", "-1h", 0, true, noon - 3*day/2, noon - int64(time.Hour)},
		{"", "", 24 * time.Hour, true, noon - day, noon + 1},
		{"", "", 24 * time.Hour, false, noon - day, noon},
	} {
		w, err := when.ParseWindow(c.from, c.to, c.last, time.UTC)
		require.NoError(t, err)
		from, to, err := w.Bounds(noon, c.included)
		require.NoError(t, err)
		require.Equal(t, []int64{c.wantFrom, c.wantTo}, []int64{from, to}, "%+v", c)
	}
}

func TestWindowAtTheEndOfTime(t *testing.T) {
	w, err := when.ParseWindow("", "", 24*time.Hour, time.UTC)
	require.NoError(t, err)
	from, to, err := w.Bounds(math.MinInt64+5, true)
	require.NoError(t, err)
	require.Equal(t, []int64{math.MinInt64, math.MinInt64 + 6}, []int64{from, to})
	_, to, err = w.Bounds(math.MaxInt64, true)
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64, to)
}

func TestWindowErrors(t *testing.T) {
	for _, c := range []struct {
		from, to string
		last     time.Duration
		want     string
	}{
		{"banana", "", 0, "--from banana: unreadable time"},
		{"", "-banana", 0, "--to -banana: unreadable time"},
		{"2020-06-21", "2020-06-21", 0, "is not before"},
		{"-1h", "", time.Hour, "can't be combined"},
		{"", "", -time.Hour, "longer than 0"},
	} {
		_, err := when.ParseWindow(c.from, c.to, c.last, time.UTC)
		require.ErrorContains(t, err, c.want)
	}
	w, err := when.ParseWindow("-1h", "-2h", 0, time.UTC)
	require.NoError(t, err)
	_, _, err = w.Bounds(noon, true)
	require.ErrorContains(t, err, "--from -1h is not before --to -2h")
}

func TestTimesInAZone(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	at, err := when.Parse("2020-06-21 14:00", zone)
	require.NoError(t, err)
	require.Equal(t, noon, at.UnixNano())
}

// A time that ns since 1970 can't count is refused: it would wrap around.
func TestParseFarTimes(t *testing.T) {
	for _, text := range []string{"1020-06-22 08:30", "1677-01-01", "2262-01-01", "9221212999999902222", "9999-12-31T23:59Z"} {
		_, err := when.Parse(text, time.UTC)
		require.EqualError(t, err, "a time before 1678 or after 2261", text)
	}
	for _, text := range []string{"1678-01-01", "2261-12-31"} {
		at, err := when.Parse(text, time.UTC)
		require.NoError(t, err)
		require.Equal(t, text, time.Unix(0, at.UnixNano()).UTC().Format(time.DateOnly))
	}
}

// FuzzTime reads any text as a time of --from: one that is read is read the same when
// it is written out.
func FuzzTime(f *testing.F) {
	for _, text := range []string{"2020-06-21", "2020-06-21 08:30", "2020-06-21T08:30:00+02:00", "1592728200", "1592728200.5", "-1", "1e9", "1020-06-22 08:30", "9221212999999902222"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := when.Parse(text, time.UTC)
		if err != nil || at.UnixNano() < 0 {
			return
		}
		again, err := when.Parse(at.UTC().Format(time.RFC3339Nano), time.UTC)
		require.NoError(t, err, text)
		require.Equal(t, at.UnixNano(), again.UnixNano(), text)
	})
}
