package timespan

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// log returns a log's days: flows by number of day, each day's at noon and an hour later.
func log(flows map[int64]int64) Days {
	days := Days{}
	for day, n := range flows {
		noon := day*int64(DayLength) + int64(12*time.Hour)
		days[day] = Day{Flows: n, First: noon, Last: noon + int64(time.Hour)}
	}
	return days
}

func TestSpanLeavesOutStrays(t *testing.T) {
	for _, test := range []struct {
		name        string
		flows       map[int64]int64
		first, last int64 // days
		strays      int
	}{
		{"one day", map[int64]int64{18000: 90}, 18000, 18000, 0},
		{"a record of 2042", map[int64]int64{18000: 90, 26500: 1}, 18000, 18000, 1},
		{"a clock that wasn't set", map[int64]int64{0: 3, 18000: 90, 18001: 90}, 18000, 18001, 1},
		{"both", map[int64]int64{0: 1, 18000: 90, 26500: 1}, 18000, 18000, 2},
		{"a connection since last month", map[int64]int64{17970: 1, 18000: 1000}, 18000, 18000, 1},
		{"few flows three days from a log of an hour", map[int64]int64{18000: 900, 18003: 5}, 18000, 18000, 1},
		{"a week and a quiet day", map[int64]int64{18000: 900, 18003: 900, 18005: 2}, 18000, 18005, 0},
		{"two logs of equal weight", map[int64]int64{17000: 90, 18000: 90}, 17000, 18000, 0},
		{"few flows over months", map[int64]int64{17000: 2, 17090: 1, 18000: 2}, 17000, 18000, 0},
		{"centuries apart", map[int64]int64{-90000: 2, 90000: 900}, 90000, 90000, 1},
	} {
		days := log(test.flows)
		span := days.Span()
		require.Equal(t, days[test.first].First, span.First, test.name)
		require.Equal(t, days[test.last].Last, span.Last, test.name)
		require.Len(t, span.Strays, test.strays, test.name)
	}
	require.Greater(t, Days{}.Span().First, Days{}.Span().Last)
}

func TestClockTick(t *testing.T) {
	const s = int64(time.Second)
	require.Equal(t, 5*time.Minute, ClockTick(300*s, 300*s))
	require.Equal(t, 10*time.Minute, ClockTick(600*s, 600*s))
	require.Equal(t, time.Second, ClockTick(2*s, 60*s), "a call at two seconds past every minute")
	require.Equal(t, time.Second, ClockTick(s, 300*s))
	require.Equal(t, time.Millisecond, ClockTick(int64(time.Millisecond), int64(time.Millisecond)))
	require.Equal(t, time.Minute, ClockTick(7*60*s, 7*60*s), "not a step that people round to")
}
