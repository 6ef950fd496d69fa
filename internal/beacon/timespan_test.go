package beacon

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// log returns a log's days: flows by number of day, each day's at noon and an hour later.
func log(flows map[int64]int64) Days {
	days := Days{}
	for day, n := range flows {
		noon := day*int64(DayLength) + int64(12*time.Hour)
		days[day] = DayTotals{Flows: n, First: noon, Last: noon + int64(time.Hour)}
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

func TestStrayWarningNamesTheRecord(t *testing.T) {
	stray := DayTotals{Flows: 1, First: 2287966800e9, Source: netset.MustHost("10.0.0.5"), Destination: netset.MustHost("203.0.113.7")}
	list := strayWarnings([]DayTotals{stray})
	require.Len(t, list, 1)
	require.Contains(t, list[0].Text, "2042-07-03 02:20:00, 10.0.0.5 -> 203.0.113.7")
	require.Empty(t, strayWarnings(nil))
}

func TestJoin(t *testing.T) {
	const s = int64(time.Second)
	record := func(start, duration int64, port uint16) Record { return Record{start * s, duration * s, port} }
	for _, test := range []struct {
		name    string
		records []Record
		want    []int // nil: each is a call
	}{
		{"an active timeout of a minute", []Record{record(0, 59, 5), record(60, 59, 5), record(120, 3, 5)}, []int{0, 0, 0}},
		{"another source port", []Record{record(0, 59, 5), record(60, 59, 6)}, nil},
		{"no source port", []Record{record(0, 59, 0), record(60, 59, 0)}, nil},
		{"no durations", []Record{record(0, 0, 5), record(1, 0, 5)}, nil},
		{"a timer on one port that calls for a second each minute", []Record{record(0, 1, 123), record(60, 1, 123)}, nil},
		{"a pause longer than the record", []Record{record(0, 2, 5), record(10, 2, 5)}, nil},
		{"a pause longer than an idle timeout", []Record{record(0, 100, 5), record(116, 100, 5)}, nil},
		{"interim records with one start", []Record{record(0, 10, 5), record(0, 20, 5), record(0, 30, 5), record(31, 5, 5)}, []int{0, 0, 0, 0}},
		{"two connections at once", []Record{record(0, 59, 5), record(1, 59, 6), record(60, 59, 5), record(61, 59, 6)}, []int{0, 1, 0, 1}},
	} {
		require.Equal(t, test.want, Join(test.records), test.name)
	}
}

func TestTickWarnings(t *testing.T) {
	q := Query{Rules: EveryMinute, Bucket: time.Minute, Cycle: time.Hour}
	require.Empty(t, tickWarnings(time.Second, &q))
	list := tickWarnings(5*time.Minute, &q)
	require.Len(t, list, 1)
	require.Contains(t, list[0].Text, "no more than 12 of the 60 slots")
	require.Empty(t, tickWarnings(time.Minute, &q), "a slot is no shorter")
	q.Rules = EveryRhythm
	require.Len(t, tickWarnings(time.Minute, &q), 1)
}

func TestNeitherWarning(t *testing.T) {
	q := Query{}
	site := netip.MustParsePrefix("2001:db8:1::/48")
	h := Habits{Flows: 130, Neither: map[netip.Prefix]int64{site: 6}}
	require.Empty(t, h.neitherWarning("", &q), "less than a twentieth")
	h.Neither[site] = 60
	list := h.neitherWarning("", &q)
	require.Len(t, list, 1)
	require.Contains(t, list[0].Text, "60 of 130 flows have neither end in an internal network")
	require.Contains(t, list[0].Hint, "2001:db8:1::/48")
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
