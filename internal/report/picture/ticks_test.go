package picture

import (
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/report/reporttest"
	"beacon/internal/words"
)

// TestTicksAreFewAndRound over logs of seconds to years.
func TestTicksAreFewAndRound(t *testing.T) {
	for length := int64(1e9); length < 20*365*86400e9; length = length*3/2 + 7 {
		ticks := TimeTicks{First: reporttest.Noon, Last: reporttest.Noon + length, Most: MaxTicks}.Ticks()
		require.LessOrEqual(t, len(ticks), MaxTicks+1)
		for _, tick := range ticks {
			require.GreaterOrEqual(t, tick.At, int64(reporttest.Noon))
			require.LessOrEqual(t, tick.At, reporttest.Noon+length)
		}
	}
}

// Times at the ends of what ns since 1970 hold have marks, and the marks end.
func TestTicksOfCenturies(t *testing.T) {
	for _, span := range [][2]int64{{0, math.MaxInt64}, {math.MinInt64, math.MaxInt64}, {math.MaxInt64 - 1, math.MaxInt64}, {math.MinInt64, math.MinInt64 + 1}, {1577836800e9, 9223372036e9}} {
		ticks := TimeTicks{First: span[0], Last: span[1], Most: MaxTicks}.Ticks()
		require.LessOrEqual(t, len(ticks), MaxTicks+1, "%v", span)
	}
}

// An axis that spans years names each of them once.
func TestTicksNameTheYears(t *testing.T) {
	const day = 86400e9
	var labels []string
	for _, tick := range (TimeTicks{First: reporttest.Noon, Last: reporttest.Noon + 500*day, Most: MaxTicks}).Ticks() {
		labels = append(labels, tick.Label)
	}
	years := regexp.MustCompile(` 20\d\d$`)
	var named []string
	for _, label := range labels {
		if years.MatchString(label) {
			named = append(named, label[len(label)-4:])
		}
	}
	assert.Equal(t, []string{"2020", "2021"}, named, "%v", labels)
	for _, tick := range (TimeTicks{First: reporttest.Noon, Last: reporttest.Noon + 5*day, Most: MaxTicks}).Ticks() {
		assert.NotRegexp(t, years, tick.Label)
	}
}

// The marks are round on the zone's clocks, also where these change: in Berlin on 31 March and
// 27 October 2024.
func TestTicksOfZone(t *testing.T) {
	location, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	const day = 24 * time.Hour
	for _, start := range []time.Time{time.Date(2024, 3, 29, 5, 0, 0, 0, time.UTC), time.Date(2024, 10, 25, 5, 0, 0, 0, time.UTC)} {
		for length, labels := range map[time.Duration][]string{
			90 * time.Hour: {"Mar 30", "12:00", "Mar 31", "12:00", "Apr 1", "12:00", "Apr 2"},
			40 * day:       nil, 3 * time.Hour: nil, 4 * time.Minute: nil, 70 * time.Hour: nil,
		} {
			ticks := TimeTicks{First: start.UnixNano(), Last: start.Add(length).UnixNano(), Most: MaxTicks, Zone: words.ZoneOf(location)}.Ticks()
			require.NotEmpty(t, ticks)
			var got []string
			for i, tick := range ticks {
				got = append(got, tick.Label)
				require.True(t, i == 0 || ticks[i-1].At < tick.At)
				shown := time.Unix(0, tick.At).In(location)
				if length > day {
					require.Zero(t, shown.Minute(), shown)
					require.Zero(t, shown.Hour()%3, shown)
				}
			}
			if labels != nil && start.Month() == time.March {
				labels = append([]string{"12:00"}, labels...)
				require.Equal(t, labels, got)
			}
		}
	}
}
