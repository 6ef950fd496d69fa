package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/engine"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/netset"
	"beacon/internal/report"
	"beacon/internal/report/reporttest"
	"beacon/internal/shape"
	"beacon/internal/simulate"
	"beacon/internal/words"
)

// office is the findings of a simulated office log, as the engine gives them.
func office(t *testing.T, scale float64) *beacon.Findings {
	t.Helper()
	path := filepath.Join(t.TempDir(), "office.csv")
	f, err := os.Create(path)
	require.NoError(t, err)
	cfg := simulate.DefaultOffice()
	cfg.Scale = scale
	_, err = simulate.WriteOffice(cfg, simulate.NewCSVWriter(f, false))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	internal, err := netset.Parse([]string{"120.0.0.0/8"})
	require.NoError(t, err)
	q := beacon.Query{
		Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Order: beacon.ByLog,
		Internal: internal, Want: flow.Bytes | flow.Port,
	}
	fs, err := (&engine.Engine{Log: log}).Find(context.Background(), q)
	require.NoError(t, err)
	return fs
}

func pageOf(t *testing.T, fs *beacon.Findings) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, fs, report.Meta{Program: "beacon test", Command: `beacon detect 'a "b".csv' --report x.html`, Inputs: []string{`<i>in</i>.csv`}}, DefaultTop))
	return out.String()
}

// withoutCode returns a page without its scripts and style.
func withoutCode(text string) string {
	return regexp.MustCompile(`(?s)<script>.*?</script>|<style>.*?</style>`).ReplaceAllString(text, "")
}

// TestPageIsClosed: the page names nothing to load, its policy lets nothing in,
// and the hashes are those of what it holds.
func TestPageIsClosed(t *testing.T) {
	text := pageOf(t, reporttest.Sample())
	csp := html.UnescapeString(regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1])
	assert.Contains(t, csp, "default-src 'none'")
	assert.NotContains(t, csp, "unsafe")
	var scripts []string
	for _, m := range regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(text, -1) {
		scripts = append(scripts, m[1])
	}
	require.Len(t, scripts, 2)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(text)[1]
	assert.Equal(t, policy(style, scripts...), csp)
	markup := withoutCode(text)
	for _, m := range regexp.MustCompile(`(?:src|href|srcset|action)="([^"]*)"`).FindAllStringSubmatch(markup, -1) {
		assert.Regexp(t, `^(#|data:image/png;base64,)`, m[1])
	}
	assert.NotRegexp(t, `\s(on\w+|style)="`, markup)
	assert.Contains(t, markup, "The MIT License")
	assert.Contains(t, markup, html.EscapeString(`beacon detect 'a "b".csv' --report x.html`)[:20])
}

// TestPageHoldsHostileTextAsText: names of the log add no element, and no attribute.
func TestPageHoldsHostileTextAsText(t *testing.T) {
	tag := regexp.MustCompile(`<[a-zA-Z/][^>]*>`)
	clean := reporttest.Sample()
	clean.List[0].Destinations[0].Names = make([]string, len(reporttest.Hostile))
	for i := range clean.List[0].Destinations[0].Names {
		clean.List[0].Destinations[0].Names[i] = "plain"
	}
	clean.Warnings[0] = beacon.Warning{Text: "plain", Hint: "plain"}
	dirty := withoutCode(pageOf(t, reporttest.Sample()))
	require.Equal(t, tag.FindAllString(withoutCode(pageOf(t, clean)), -1), tag.FindAllString(dirty, -1))
	for _, name := range reporttest.Hostile {
		assert.Contains(t, html.UnescapeString(dirty), words.Plain(name))
	}
	assert.NotContains(t, dirty, "\x1b")
	assert.NotContains(t, dirty, "\u202e")
}

// TestPackedSeriesIsTheSeries unpacks it in the plain way.
func TestPackedSeriesIsTheSeries(t *testing.T) {
	for _, f := range reporttest.Sample().List {
		lo := f.Day.Series.Counts[0].Index - 5
		packed, err := packSeries(&f.Day.Series, lo)
		require.NoError(t, err)
		raw, err := base64.RawURLEncoding.DecodeString(packed)
		require.NoError(t, err)
		zip, err := gzip.NewReader(bytes.NewReader(raw))
		require.NoError(t, err)
		var b bytes.Buffer
		_, err = b.ReadFrom(zip)
		require.NoError(t, err)
		index := lo
		for _, c := range f.Day.Series.Counts {
			gap, err := binary.ReadUvarint(&b)
			require.NoError(t, err)
			calls, err := binary.ReadUvarint(&b)
			require.NoError(t, err)
			require.Equal(t, c, shape.Count{Index: index + int64(gap), Calls: int64(calls)})
			index += int64(gap) + 1
		}
		require.Zero(t, b.Len())
	}
}

// TestHeatMapHoldsEveryBucket: cell by cell.
func TestHeatMapHoldsEveryBucket(t *testing.T) {
	fs := reporttest.Sample()
	lo, hi := logBuckets(fs)
	for _, f := range fs.List {
		h := newHeatMap(&f.Day.Series, lo, hi, 60)
		require.Equal(t, 120, h.columns)
		total := int64(0)
		for _, n := range h.calls {
			total += n
		}
		counted := int64(0)
		for _, c := range f.Day.Series.Counts {
			require.Equal(t, c.Calls, h.calls[(c.Index-lo)/60*60+(c.Index-lo)%60])
			counted += c.Calls
		}
		require.Equal(t, counted, total)
	}
}

// TestPageOfTheOfficeIsSmall: below two megabytes, as an upper bound with each
// source that the full log has.
func TestPageOfTheOfficeIsSmall(t *testing.T) {
	fs := office(t, .01)
	require.Len(t, fs.List, 14)
	require.Equal(t, shape.Bursts, fs.List[2].Day.Shape)
	text := pageOf(t, fs)
	assert.Less(t, len(text), 1<<20)
	assert.Equal(t, 14, strings.Count(text, `class="finding `))
	for _, f := range fs.List {
		for _, s := range f.Sources {
			require.Contains(t, text, "\n"+s.Addr.String()+"\t")
		}
	}
}

func TestPageOfNothing(t *testing.T) {
	text := withoutCode(pageOf(t, &beacon.Findings{Totals: beacon.Totals{First: 1}}))
	assert.Contains(t, text, "Nothing was flagged")
	require.ErrorIs(t, Write(reporttest.FullDisk{}, reporttest.Sample(), report.Meta{}, DefaultTop), reporttest.ErrFull)
}

// TestPageOfManyFindingsIsSmall: however many findings, sources and pictures there are, the
// page stays below 5 MB, lists every finding as long as there is room, and counts the rest.
func TestPageOfManyFindingsIsSmall(t *testing.T) {
	one := reporttest.Sample().List[0]
	one.Sources = slices.Repeat(one.Sources, 3000)
	fs := reporttest.Sample()
	for _, c := range []struct {
		findings, top int
		more          string
	}{{20, 10, ""}, {10_000, DefaultTop, ""}, {40_000, DefaultTop, "more: the other outputs"}} {
		fs.List = slices.Repeat([]beacon.Finding{one}, c.findings)
		for i := range fs.List {
			fs.List[i].Rank = i + 1
		}
		fs.Sources = make([]netset.Host, 100*c.findings)
		for i := range fs.Sources {
			fs.Sources[i] = one.Sources[0].Addr
		}
		var out bytes.Buffer
		require.NoError(t, Write(&out, fs, report.Meta{}, c.top))
		text := out.String()
		require.Less(t, len(text), 5_000_000, "%d findings", c.findings)
		drawn := strings.Count(text, `class="finding `)
		require.LessOrEqual(t, drawn, c.top)
		require.GreaterOrEqual(t, drawn, min(c.top, 300), "the names of the sample take much")
		require.Contains(t, text, words.Plural(int64(c.findings-drawn), "finding", "findings")+" of lower rank")
		require.Equal(t, c.more == "", strings.Contains(text, "\n"+strconv.Itoa(c.findings)+"\tbeacon\t"), "%d findings: the last one", c.findings)
		require.Contains(t, text, c.more)
	}
}
