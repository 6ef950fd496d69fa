package term

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report/reporttest"
	"beacon/internal/shape"
)

func drawn(t *testing.T, fs *beacon.Findings, o Options) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Table(&out, fs, o))
	return out.String()
}

func TestTable(t *testing.T) {
	reporttest.Golden(t, "table.120.golden", []byte(drawn(t, reporttest.Sample(), Options{})))
	reporttest.Golden(t, "table.80.golden", []byte(drawn(t, reporttest.Sample(), Options{Width: 80})))
	reporttest.Golden(t, "table.color.golden", []byte(drawn(t, reporttest.Sample(), Options{Width: 100, Color: true, ASCII: true})))
	reporttest.Golden(t, "table.none.golden", []byte(drawn(t, &beacon.Findings{Totals: beacon.Totals{First: 1}}, Options{})))
}

// TestTableFits draws the table in every width.
func TestTableFits(t *testing.T) {
	fs := reporttest.Sample()
	for width := 20; width < 260; width++ {
		text := drawn(t, fs, Options{Width: width})
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
	fs := reporttest.Sample()
	assert.Contains(t, drawn(t, fs, Options{}), "3 destinations at 55 to 59 slots")
	fs.Near = fs.Near[:1]
	assert.Contains(t, drawn(t, fs, Options{}), "1 destination at 55 to 59 slots")
	fs.NotFlagged = fs.Near
	assert.Contains(t, drawn(t, fs, Options{}), "192.0.2.7 was not flagged: 59 of 60 slots")
}

// TestSparklineKeepsEveryCall: one call in a minute of a month shows, and the
// peak has the full height.
func TestSparklineKeepsEveryCall(t *testing.T) {
	const month = 30 * 24 * 60 * 60e9
	for _, at := range []int64{0, 7, 20000, 43199} {
		s := shape.Series{Bucket: 60e9, Counts: []shape.Count{{Index: at, Calls: 1}}}
		line := sparkline(&s, 0, month-1, 40, blocks)
		assert.Equal(t, 40, utf8.RuneCountInString(line))
		assert.Equal(t, 1, strings.Count(line, "█"), "%d: %s", at, line)
		assert.Equal(t, 39, strings.Count(line, " "))
	}
	s := shape.Series{Bucket: 60e9, Counts: []shape.Count{{Index: 3, Calls: 1}, {Index: 40000, Calls: 1000}}}
	assert.Equal(t, "▁█", strings.ReplaceAll(sparkline(&s, 0, month-1, 40, blocks), " ", ""))
}
