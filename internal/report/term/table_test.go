package term

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/reason"
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
	reporttest.Golden(t, "table.100.golden", []byte(drawn(t, reporttest.Sample(), Options{})))
	reporttest.Golden(t, "table.color.golden", []byte(drawn(t, reporttest.Kinds(), Options{Color: true, ASCII: true})))
	reporttest.Golden(t, "table.none.golden", []byte(drawn(t, &beacon.Findings{Totals: beacon.Totals{First: 1}}, Options{})))
	for _, width := range []int{60, 100, 140} {
		reporttest.Golden(t, fmt.Sprintf("kinds.%d.golden", width), []byte(drawn(t, reporttest.Kinds(), Options{Width: width})))
	}
	reporttest.Golden(t, "kinds.all.golden", []byte(drawn(t, reporttest.Kinds(), Options{Width: 140, All: true})))
}

// Nothing is wider than the screen, nothing is cut, and every address and verdict of
// what is listed stands there.
func TestTableFits(t *testing.T) {
	for _, fs := range []*beacon.Findings{reporttest.Sample(), reporttest.Kinds()} {
		for width := 60; width < 260; width++ {
			text := drawn(t, fs, Options{Width: width})
			for line := range strings.Lines(text) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, "%q", line)
			}
			require.NotContains(t, text, "\x1b", "a colour that nobody asked for")
			require.NotContains(t, text, "...")
			for _, f := range fs.List {
				if f.Verdict == beacon.VerdictBeacon {
					require.Contains(t, text, f.Destinations[0].Host.String())
					require.Contains(t, text, f.Sources[0].Addr.String())
				}
			}
		}
	}
	for _, f := range reporttest.Kinds().List { // on the narrowest screens addresses stand alone, and whole
		text := drawn(t, reporttest.Kinds(), Options{Width: 20, All: true})
		require.Contains(t, text, f.Destinations[0].Host.String())
		require.Contains(t, text, f.Sources[0].Addr.String())
	}
}

// However much was found, the screen takes sixty lines, and says how much it leaves out.
func TestTableTakesSixtyLines(t *testing.T) {
	fs := reporttest.Kinds()
	kinds := fs.List
	for i := range 500 {
		f := kinds[i%len(kinds)]
		if f.Verdict == beacon.VerdictExplained {
			f.Explanation = fmt.Sprint("service ", i)
		}
		f.Rank = len(fs.List) + 1
		fs.List = append(fs.List, f)
	}
	slices.SortStableFunc(fs.List, func(a, b beacon.Finding) int {
		return cmp.Compare(slices.Index(beacon.Verdicts(), a.Verdict), slices.Index(beacon.Verdicts(), b.Verdict))
	})
	for range 200 {
		fs.Near = append(fs.Near, fs.Near[0])
		fs.NotFlagged = append(fs.NotFlagged, fs.Near[0])
		fs.Long = append(fs.Long, beacon.Long{Source: fs.Sources[0], Destination: fs.Near[0].Destination, Duration: time.Hour})
	}
	for width := 40; width < 260; width++ {
		text := drawn(t, fs, Options{Width: width})
		require.LessOrEqual(t, strings.Count(text, "\n"), 60, "width %d", width)
		require.Regexp(t, `and \d+ more: --all`, text)
		require.Contains(t, text, "more services: --all")
	}
	assert.Contains(t, drawn(t, fs, Options{Top: 3}), "and 324 more: --all")
	all := drawn(t, fs, Options{All: true})
	assert.Greater(t, strings.Count(all, "\n"), 2*500)
	assert.NotContains(t, all, "--all")
}

// TestHeadline: only where nothing was flagged does the screen say so.
func TestHeadline(t *testing.T) {
	fs := reporttest.Kinds()
	assert.Equal(t, "6 beacons, 3 explained, 1 weak, 1 with too few calls to tell", headline(fs.Count))
	fs.List = fs.List[6:]
	assert.Equal(t, "nothing was flagged, 3 explained, 1 weak, 1 with too few calls to tell", headline(fs.Count))
	assert.Equal(t, "nothing was flagged", headline(new(beacon.Findings).Count))
	assert.Equal(t, "1 beacon", headline((&beacon.Findings{List: []beacon.Finding{{Verdict: beacon.VerdictBeacon}}}).Count))
}

// Explained findings are a line for each service, insufficient ones a count.
func TestExplainedIsFolded(t *testing.T) {
	text := drawn(t, reporttest.Kinds(), Options{})
	assert.Regexp(t, `31 hosts +push service +203\.0\.113\.57:5223 +every 20\.6 min`, text)
	assert.Regexp(t, `2 hosts +NTP +203\.0\.113\.123:123 \+3 +every 20\.6 min`, text)
	assert.NotContains(t, text, "192.0.2.45")
	all := drawn(t, reporttest.Kinds(), Options{All: true})
	assert.Regexp(t, `explained +203\.0\.113\.57:5223`, all)
	assert.Regexp(t, `insufficient +192\.0\.2\.45:80`, all)
	short := service{short: 60e9, long: 65e9}
	assert.Equal(t, "every 60 s", short.cells()[3])
	short.long = 120e9
	assert.Equal(t, "every 60 s to 2 min", short.cells()[3])
}

func TestNamesStandBesideAddresses(t *testing.T) {
	assert.Regexp(t, `198\.51\.100\.9:443 +c2\.example\.com +10\.0\.0\.5 \+30`, drawn(t, reporttest.Kinds(), Options{Width: 160}))
	assert.Contains(t, drawn(t, reporttest.Kinds(), Options{Width: 60}), "    c2.example.com\n", "below, where there is no column for it")
	assert.Contains(t, drawn(t, reporttest.Kinds(), Options{Width: 100}), "    a-very-long-name-of-a-front-end-server.of-a-content-delivery-network.example.net")
}

func TestTableSaysHowManyNearlyWere(t *testing.T) {
	fs := reporttest.Sample()
	assert.Contains(t, drawn(t, fs, Options{}), "3 destinations at 55 to 59 slots")
	fs.Near = fs.Near[:1]
	assert.Contains(t, drawn(t, fs, Options{}), "1 destination at 55 to 59 slots")
	fs.NotFlagged = fs.Near
	assert.Contains(t, drawn(t, fs, Options{}), "not flagged: 192.0.2.7 (59 of 60 slots)")
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

// That a finding is listed as a threat stands below it, however long the feed's text is.
func TestListed(t *testing.T) {
	for text, want := range map[string]string{
		"a C2":                    "listed as a threat by feed: 203.0.113.7 (a C2)\n",
		strings.Repeat("C2 ", 40): "    listed as a threat\n",
	} {
		fs := reporttest.Sample()
		fs.List[0].Destinations[0].Listings = []beacon.Listing{{Indicator: "203.0.113.7", Source: "feed", Text: text}}
		listed := reason.Reason{Code: reason.Listed, Args: []any{"feed", "203.0.113.7 (" + text + ")"}}
		fs.List[0].Reasons = append([]reason.Reason{listed}, fs.List[0].Reasons...)
		require.Contains(t, drawn(t, fs, Options{Width: 80}), want)
	}
}

// Findings that aren't held are gone through anew, and drawn the same.
func TestTableNotHeld(t *testing.T) {
	defer func(old int) { mostHeld = old }(mostHeld)
	for _, fs := range []*beacon.Findings{reporttest.Sample(), reporttest.Kinds()} {
		for width := 20; width < 200; width += 9 {
			for _, o := range []Options{{Width: width, All: true}, {Width: width, Top: 4}, {Width: width, Top: 1000}} {
				mostHeld = 1000
				want := drawn(t, fs, o)
				for mostHeld = range 5 {
					require.Equal(t, want, drawn(t, fs, o), "%d held, %+v", mostHeld, o)
				}
			}
		}
	}
}
