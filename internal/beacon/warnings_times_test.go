package beacon

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
	"beacon/internal/timespan"
)

func TestStrayWarningNamesTheRecord(t *testing.T) {
	stray := timespan.Day{Flows: 1, First: 2287966800e9, Source: netset.MustHost("10.0.0.5"), Destination: netset.MustHost("203.0.113.7")}
	list := strayWarnings([]timespan.Day{stray})
	require.Len(t, list, 1)
	require.Contains(t, list[0].Text, "2042-07-03 02:20:00 UTC, 10.0.0.5 -> 203.0.113.7")
	require.Empty(t, strayWarnings(nil))
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
