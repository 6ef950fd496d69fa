package report

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
)

func drawn(t *testing.T, fs *beacon.Findings, o TableOptions) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Table(&out, fs, o))
	return out.String()
}

func TestTable(t *testing.T) {
	golden(t, "table.120.golden", []byte(drawn(t, sample(), TableOptions{})))
	golden(t, "table.80.golden", []byte(drawn(t, sample(), TableOptions{Width: 80})))
	golden(t, "table.color.golden", []byte(drawn(t, sample(), TableOptions{Width: 100, Color: true, ASCII: true})))
	golden(t, "table.none.golden", []byte(drawn(t, &beacon.Findings{Totals: beacon.Totals{First: 1}}, TableOptions{})))
}

// TestTableFits draws the table in every width.
func TestTableFits(t *testing.T) {
	fs := sample()
	for width := 20; width < 260; width++ {
		text := drawn(t, fs, TableOptions{Width: width})
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%q", line)
		}
		require.NotContains(t, text, "\x1b", "a colour that nobody asked for")
		if width >= 30 {
			require.Contains(t, text, "80.155.115.153")
		}
	}
}

func TestTableSaysHowManyNearlyWere(t *testing.T) {
	fs := sample()
	assert.Contains(t, drawn(t, fs, TableOptions{}), "3 destinations at 55 to 59 slots")
	fs.Near = fs.Near[:1]
	assert.Contains(t, drawn(t, fs, TableOptions{}), "1 destination at 55 to 59 slots")
	fs.NotFlagged = fs.Near
	assert.Contains(t, drawn(t, fs, TableOptions{}), "192.0.2.7 was not flagged: 59 of 60 slots")
}

// TestSparklineKeepsEveryCall: one call in a minute of a month shows, and the
// peak has the full height.
func TestSparklineKeepsEveryCall(t *testing.T) {
	const month = 30 * 24 * 60 * 60e9
	for _, at := range []int64{0, 7, 20000, 43199} {
		s := beacon.Series{Bucket: 60e9, Counts: []beacon.Count{{Index: at, Calls: 1}}}
		line := sparkline(&s, 0, month-1, 40, blocks)
		assert.Equal(t, 40, utf8.RuneCountInString(line))
		assert.Equal(t, 1, strings.Count(line, "█"), "%d: %s", at, line)
		assert.Equal(t, 39, strings.Count(line, " "))
	}
	s := beacon.Series{Bucket: 60e9, Counts: []beacon.Count{{Index: 3, Calls: 1}, {Index: 40000, Calls: 1000}}}
	assert.Equal(t, "▁█", strings.ReplaceAll(sparkline(&s, 0, month-1, 40, blocks), " ", ""))
}

// TestStretchesAreTheBucketsOfEach holds the fast cut to a plain one.
func TestStretchesAreTheBucketsOfEach(t *testing.T) {
	f := sample().List[1]
	first, last := sample().Totals.First, sample().Totals.Last
	lo, hi := first/60e9, last/60e9+1
	calls := map[int64]int64{}
	for _, c := range f.Series.Counts {
		calls[c.Index] = c.Calls
	}
	for _, n := range []int{1, 7, 60, 533, 7200, 9000} {
		want := make([]stretch, n)
		seen := make([]bool, n)
		for index := lo; index < hi; index++ {
			i := (index - lo) * int64(n) / (hi - lo)
			v := calls[index]
			if !seen[i] || v < want[i].min {
				want[i].min = v
			}
			seen[i] = true
			want[i].max = max(want[i].max, v)
			want[i].sum += v
		}
		require.Equal(t, want, stretches(&f.Series, first, last, n), "%d pieces", n)
	}
}

// A rotation says what it was judged to be, and why it is explained.
func TestRotationsSayTheirVerdict(t *testing.T) {
	source, one, other := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	rotation := beacon.DestinationRhythm{Kind: beacon.GroupRotating, Destinations: []netip.Addr{one, other}, Sources: []netip.Addr{source}, Period: time.Minute}
	assert.Equal(t, "one rhythm of 60 s from 10.0.0.5 to 2 destinations in turn: 192.0.2.1 192.0.2.2", groupWords(&rotation))
	rotation.Together = &beacon.PairRhythm{Rhythm: beacon.Rhythm{Verdict: beacon.VerdictBeacon}}
	assert.Equal(t, "beacon: one rhythm of 60 s from 10.0.0.5 to 2 destinations in turn: 192.0.2.1 192.0.2.2", groupWords(&rotation))
	rotation.Together.Verdict, rotation.Together.Explanation = beacon.VerdictExplained, "NTP\x1b[2J"
	assert.Regexp(t, "^explained by NTP[^\x1b]*: one rhythm", groupWords(&rotation))
}
