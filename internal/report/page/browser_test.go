package page

import (
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report/reporttest"
	"beacon/internal/words"
)

// browserTime is how long a browser may take; it is a bound for a hanging one,
// not a measure.
const browserTime = time.Minute

// watched is what a page did that it must not do.
type watched struct {
	mu    sync.Mutex
	wrong []string
}

func (w *watched) add(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// open shows a page from disk in headless Chromium, with an eye on every
// request, error and dialog. It skips where Chromium isn't installed, unless
// BEACON_BROWSER=required.
func open(t *testing.T, text string) (context.Context, *watched) {
	t.Helper()
	name, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("BEACON_BROWSER") == "required" {
			require.NoError(t, err, "BEACON_BROWSER=required")
		}
		t.Skip("chromium is not installed")
	}
	path := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(name), chromedp.NoSandbox, chromedp.WindowSize(1440, 1000))
	ctx, stop := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(stop)
	ctx, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stopAllocator)
	ctx, stopTab := chromedp.NewContext(ctx)
	t.Cleanup(stopTab)

	address := (&url.URL{Scheme: "file", Path: path}).String()
	w := new(watched)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			// The page's own pictures stand in it: that is no request to anyone.
			if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:image/png;base64,") {
				w.add("request for %s", e.Request.URL)
			}
		case *runtime.EventExceptionThrown:
			w.add("exception: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			w.add("console: %s", e.Type)
		case *cdplog.EventEntryAdded:
			w.add("log: %s %s", e.Entry.Level, e.Entry.Text)
		case *cdppage.EventJavascriptDialogOpening:
			w.add("dialog: %s", e.Message)
		}
	})
	require.NoError(t, chromedp.Run(ctx, network.Enable(), cdplog.Enable(),
		browser.GrantPermissions([]browser.PermissionType{browser.PermissionTypeClipboardReadWrite, browser.PermissionTypeClipboardSanitizedWrite}),
		emulation.SetFocusEmulationEnabled(true),
		chromedp.Navigate(address), chromedp.WaitReady("footer")))
	return ctx, w
}

// clean says that the page did nothing that it must not do.
func (w *watched) clean(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Empty(t, w.wrong)
}

func eval[T any](t *testing.T, ctx context.Context, js string) (value T) {
	t.Helper()
	require.NoError(t, chromedp.Run(ctx, chromedp.Evaluate(js, &value, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	})), js)
	return value
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(ctx, actions...))
}

// shownRows is the destinations of the findings that are shown, in their order.
const shownRows = `Array.from(document.querySelectorAll('#table > tbody.finding')).filter(f => !f.hidden).map(f => f.querySelector('th .addr').textContent)`

// TestPageInTheBrowser sorts, filters, groups, zooms and copies.
func TestPageInTheBrowser(t *testing.T) {
	fs := reporttest.Many(14)
	ctx, w := open(t, pageOf(t, fs))
	t.Run("sorts", func(t *testing.T) {
		by := func(column string) []string {
			do(t, ctx, chromedp.Click(`button[data-key="`+column+`"]`))
			return eval[[]string](t, ctx, shownRows)
		}
		assert.Equal(t, "198.51.0.3", by("flows")[0], "the fewest flows")
		assert.Equal(t, "198.51.0.2", by("flows")[0], "the most flows")
		up := by("destination")
		assert.Equal(t, []string{"198.51.0.0", "198.51.0.1", "198.51.0.2"}, up[:3])
		assert.Equal(t, "198.51.0.13", up[13], "addresses as numbers")
		assert.Equal(t, "198.51.0.13", by("destination")[0])
		assert.Equal(t, "descending", eval[string](t, ctx, `document.querySelector('[data-key=destination]').closest('th').ariaSort`))
		by("rank")
		assert.IsIncreasing(t, eval[[]int](t, ctx, `Array.from(document.querySelectorAll('.open')).map(b => +b.textContent)`))
	})
	t.Run("filters", func(t *testing.T) {
		empty := chromedp.Evaluate(`document.getElementById("filter").value = ""`, nil)
		do(t, ctx, chromedp.SendKeys("#filter", "dns.google"))
		assert.Equal(t, []string{"198.51.0.2", "198.51.0.6", "198.51.0.10"}, sorted(eval[[]string](t, ctx, shownRows)))
		do(t, ctx, empty, chromedp.SendKeys("#filter", "10.18.74.3 <SCRIPT>"))
		assert.Len(t, eval[[]string](t, ctx, shownRows), 4, "by source and name, whatever the case")
		do(t, ctx, empty, chromedp.SendKeys("#filter", " "), chromedp.Click(`input[value=beacon]`))
		assert.Empty(t, eval[[]string](t, ctx, shownRows))
		assert.False(t, eval[bool](t, ctx, `document.getElementById('none').hidden`), "says why nothing is shown")
		do(t, ctx, chromedp.Click(`input[value=beacon]`))
		assert.Equal(t, "14 of 14 shown", eval[string](t, ctx, `document.getElementById('shown').textContent`))
	})
	t.Run("zooms", func(t *testing.T) { zooms(t, ctx, fs) })
	t.Run("copies", func(t *testing.T) {
		do(t, ctx, chromedp.Click(`details.all summary`))
		host := fs.List[0].Destinations[0].Host.String()
		for _, c := range []struct{ button, want string }{
			{`#f1 .host .icon`, host},
			{`#f1 td.host .icon`, fs.List[0].Sources[0].Addr.String()},
			{`#f1 .hosts:last-child [data-copy-hosts]`, addresses(&fs.List[0])},
			{`#f1 .hosts:last-child tbody tr:nth-child(2) .icon`, fs.List[0].Sources[1].Addr.String()},
			{`#f1 .names .icon`, words.Plain(fs.List[0].Destinations[0].Names[0])},
			{`#f1 .lookups button:nth-child(1)`, "https://www.virustotal.com/gui/ip-address/" + host},
			{`#f1 .lookups button:nth-child(2)`, "https://www.shodan.io/host/" + host},
			{`#f1 .lookups button:nth-child(3)`, "whois " + host},
			{`button[data-copy=sources]`, addressLines(fs)},
			{`button[data-copy=command]`, `beacon detect 'a "b".csv' --report x.html`},
		} {
			eval[bool](t, ctx, fmt.Sprintf(`(() => { document.querySelector(%q).click(); return true; })()`, c.button))
			assert.Eventually(t, func() bool { return eval[string](t, ctx, `navigator.clipboard.readText()`) == c.want }, browserTime/10, 20*time.Millisecond, c.button)
		}
	})
	w.clean(t)
}

// TestVerdictsInTheBrowser: beacons are shown, what is explained or undecided when it is
// checked; findings are grouped by their hosts, and open by key and by a click.
func TestVerdictsInTheBrowser(t *testing.T) {
	fs := reporttest.Keeping(20)
	both := reporttest.Sample()
	fs.Query.Rules |= beacon.EveryMinute
	fs.Query.Bucket, fs.Query.Cycle, fs.Query.Slots = both.Query.Bucket, both.Query.Cycle, both.Query.Slots
	fs.List = append(fs.List, both.List...)
	counts := map[beacon.Verdict]int{}
	for i := range fs.List {
		f := &fs.List[i]
		f.Rank, f.Verdict = i+1, beacon.Verdicts()[i%4]
		if f.Verdict == beacon.VerdictExplained {
			f.Explanation = "NTP: a clock"
		}
		counts[f.Verdict]++
	}
	ctx, w := open(t, pageOf(t, fs))
	shown := func() int { return len(eval[[]string](t, ctx, shownRows)) }
	want := counts[beacon.VerdictBeacon]
	require.Equal(t, want, shown(), "beacons alone at first")
	for _, v := range beacon.Verdicts()[1:] {
		do(t, ctx, chromedp.Click(`input[value=`+string(v)+`]`))
		want += counts[v]
		require.Equal(t, want, shown(), v)
	}

	do(t, ctx, chromedp.SetValue("#group", "source"), chromedp.Evaluate(`document.getElementById('group').dispatchEvent(new Event('change'))`, nil))
	groups := map[string]bool{}
	for i := range fs.List {
		groups[sourceHost(&fs.List[i]).Group] = true
	}
	assert.Equal(t, len(groups), eval[int](t, ctx, `document.querySelectorAll('tbody.group').length`))
	assert.True(t, eval[bool](t, ctx, `Array.from(document.querySelectorAll('tbody.finding')).every(f => {
		let g = f; while (g.className !== 'group') g = g.previousElementSibling;
		return g.textContent.startsWith(f.dataset.source);
	})`), "each finding stands below its group")
	do(t, ctx, chromedp.SetValue("#group", ""), chromedp.Evaluate(`document.getElementById('group').dispatchEvent(new Event('change'))`, nil))
	assert.Zero(t, eval[int](t, ctx, `document.querySelectorAll('tbody.group').length`))

	assert.Zero(t, eval[int](t, ctx, `document.querySelectorAll('.detail table').length`), "nothing is built before it is opened")
	do(t, ctx, chromedp.Focus("#f1 .open"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#f1 .frame"))
	assert.Equal(t, "true", eval[string](t, ctx, `document.querySelector('#f1 .open').ariaExpanded`))
	box := eval[[]float64](t, ctx, `(() => { const b = document.querySelector('#f1 .frame').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()`)
	require.Greater(t, box[2], 300.)
	// In the middle of the log, at the height of the scale's middle.
	do(t, ctx, chromedp.MouseEvent(input.MouseMoved, box[0]+box[2]/2, box[1]+box[3]/2))
	assert.Eventually(t, func() bool {
		return regexp.MustCompile(`^2020-06-2\d \d\d:\d\d:\d\d, [\d.]+ (s|min|h)$`).MatchString(eval[string](t, ctx, `document.querySelector('#f1 .readout').textContent`))
	}, browserTime, 20*time.Millisecond)
	everyDress(t, ctx, "findings", chromedp.WaitVisible("#f1 .frame"))
	assert.LessOrEqual(t, eval[float64](t, ctx, `document.querySelector('#f1 .pictures').getBoundingClientRect().right`), 400., "no wider than the page")
	do(t, ctx, chromedp.Click("#f1 td.does"))
	assert.True(t, eval[bool](t, ctx, `document.getElementById('f1-more').hidden`), "closed")
	w.clean(t)
}

// TestPageOnPaper: each finding that is shown is printed with its pictures, those that are
// not are left out, no page is blank, and afterwards all is as before.
func TestPageOnPaper(t *testing.T) {
	fs := reporttest.Keeping(10)
	for i := range fs.List {
		fs.List[i].Verdict = beacon.Verdicts()[i/5]
	}
	ctx, w := open(t, pageOf(t, fs))
	do(t, ctx, chromedp.Evaluate(`addEventListener('beforeprint', () => {
		document.body.dataset.printed = Array.from(document.querySelectorAll('.frame')).filter(f => f.checkVisibility()).length;
	})`, nil))
	var paper []byte
	do(t, ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		paper, _, err = cdppage.PrintToPDF().Do(ctx)
		return err
	}))
	assert.Equal(t, "10", eval[string](t, ctx, `document.body.dataset.printed`), "two pictures of each beacon")
	assert.Zero(t, eval[int](t, ctx, `document.querySelectorAll('.more:not([hidden])').length`))

	// At the width of A4 nothing stands out at the side.
	const paperWidth = 740
	do(t, ctx, emulation.SetEmulatedMedia().WithMedia("print"), emulation.SetDeviceMetricsOverride(paperWidth, 1000, 1, false),
		chromedp.Evaluate(`dispatchEvent(new Event('beforeprint'))`, nil))
	assert.LessOrEqual(t, eval[float64](t, ctx, `document.getElementById('table').getBoundingClientRect().right`), float64(paperWidth))
	for i, text := range pagesOfPDF(t, paper) {
		assert.Greater(t, bytes.Count(text, []byte("Tj"))+bytes.Count(text, []byte("TJ")), 5, "page %d is blank", i+1)
	}
	w.clean(t)
}

// pagesOfPDF returns what each page of a PDF draws, as operators.
func pagesOfPDF(t *testing.T, pdf []byte) (pages [][]byte) {
	t.Helper()
	contents := regexp.MustCompile(`(?s)/Type /Page\b[^>]*?.*?/Contents (\d+) 0 R`)
	for _, m := range contents.FindAllSubmatch(pdf, -1) {
		_, object, ok := bytes.Cut(pdf, []byte("\n"+string(m[1])+" 0 obj"))
		require.True(t, ok)
		_, stream, ok := bytes.Cut(object, []byte("stream\n"))
		require.True(t, ok)
		r, err := zlib.NewReader(bytes.NewReader(stream))
		require.NoError(t, err)
		page, err := io.ReadAll(r)
		require.NoError(t, err)
		pages = append(pages, page)
	}
	require.NotEmpty(t, pages)
	return pages
}

func sorted(list []string) []string { // by the last number
	byNumber := map[int]string{}
	for _, s := range list {
		var n int
		fmt.Sscanf(s, "198.51.0.%d", &n)
		byNumber[n] = s
	}
	list = list[:0]
	for n := range 256 {
		if s, ok := byNumber[n]; ok {
			list = append(list, s)
		}
	}
	return list
}

func addresses(f *beacon.Finding) string {
	var b strings.Builder
	for _, s := range f.Sources {
		b.WriteString(s.Addr.String() + "\n")
	}
	return b.String()
}

// zooms moves the first finding's series by button, key and pointer.
func zooms(t *testing.T, ctx context.Context, fs *beacon.Findings) {
	do(t, ctx, chromedp.Click("#f1 .open"), chromedp.Click("#f2 .open"), chromedp.ScrollIntoView("#f1 .chart"), chromedp.WaitVisible("#f1 .live canvas"))
	span := func() float64 {
		return eval[float64](t, ctx, `(() => { const d = document.querySelector('#f1 .chart').dataset; return d.to - d.from; })()`)
	}
	whole := span()
	assert.InDelta(t, 5*86400, whole, 120, "seconds of the log")
	do(t, ctx, chromedp.Click(`#f1 [data-zoom=in]`))
	assert.InDelta(t, whole/2, span(), 1)
	do(t, ctx, chromedp.Focus("#f1 .live"), chromedp.KeyEvent("+"))
	assert.InDelta(t, whole/4, span(), 1)
	from := eval[float64](t, ctx, `+document.querySelector('#f1 .chart').dataset.from`)
	do(t, ctx, chromedp.KeyEvent(kb.ArrowRight))
	assert.InDelta(t, from+whole/16, eval[float64](t, ctx, `+document.querySelector('#f1 .chart').dataset.from`), 2)
	do(t, ctx, chromedp.KeyEvent("-"))
	assert.InDelta(t, whole/2, span(), 1)
	do(t, ctx, chromedp.KeyEvent("0"))
	assert.InDelta(t, whole, span(), 1)

	box := eval[[]float64](t, ctx, `(() => { const b = document.querySelector('#f1 .u-over').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()`)
	x, y := box[0]+box[2]/4, box[1]+box[3]/2
	do(t, ctx, chromedp.MouseEvent(input.MouseMoved, x, y), chromedp.MouseEvent(input.MousePressed, x, y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.MouseMoved, x+40, y, chromedp.ButtonLeft), chromedp.MouseEvent(input.MouseMoved, x+box[2]/4, y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.MouseReleased, x+box[2]/4, y, chromedp.ButtonLeft))
	assert.InDelta(t, whole/4, span(), whole/50, "dragged over a quarter")
	assert.Contains(t, eval[string](t, ctx, `document.querySelector('#f1 .chart .readout').textContent`), "2020-06-2")
	do(t, ctx, chromedp.Click(`#f1 [data-zoom=reset]`))
	assert.InDelta(t, whole, span(), 1)

	// The map of slots says what lies under the pointer: the corner is the first
	// minute of the log's first hour.
	do(t, ctx, chromedp.ScrollIntoView("#f2 .heat img"))
	corner := eval[[]float64](t, ctx, `(() => { const b = document.querySelector('#f2 .heat img').getBoundingClientRect(); return [b.left + 2, b.bottom - 2]; })()`)
	do(t, ctx, chromedp.MouseEvent(input.MouseMoved, corner[0], corner[1]))
	assert.Eventually(t, func() bool {
		return strings.HasPrefix(eval[string](t, ctx, `document.querySelector('#f2 .heat .readout').textContent`), "slot 0, 2020-06-21 00:00: ")
	}, browserTime, 20*time.Millisecond)
}

// TestPageInEveryDress draws the page narrow and wide, light and dark: the
// series are drawn, and nothing stands out at the side.
func TestPageInEveryDress(t *testing.T) {
	ctx, w := open(t, pageOf(t, reporttest.Sample()))
	do(t, ctx, chromedp.Click("#f1 .open"))
	everyDress(t, ctx, "page", chromedp.ScrollIntoView("#f1 .chart"), chromedp.WaitVisible("#f1 .live canvas"))
	w.clean(t)
}

// everyDress shows a page narrow and wide, light and dark, each once it is ready. With
// BEACON_PICTURES=DIR it keeps what it saw there.
func everyDress(t *testing.T, ctx context.Context, name string, ready ...chromedp.Action) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 400} {
			do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 1000, 1, false))
			do(t, ctx, ready...)
			assert.LessOrEqual(t, eval[int64](t, ctx, `document.documentElement.scrollWidth`), width, "%s %d", scheme, width)
			background := eval[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
			assert.Equal(t, scheme == "light", background == "rgb(255, 255, 255)", background)
			if dir := os.Getenv("BEACON_PICTURES"); dir != "" {
				var picture []byte
				do(t, ctx, chromedp.FullScreenshot(&picture, 100))
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), picture, 0o600))
			}
		}
	}
}

// openTimes is how many times as long as one of one finding a page of 500 may take to open. It
// takes 7 to 9 times as long, on an idle machine and on a busy one.
const openTimes = 30

// TestPageOfFiveHundred opens at once, and only what is near the screen is drawn.
func TestPageOfFiveHundred(t *testing.T) {
	opened := func(findings int) (context.Context, *watched, float64) {
		ctx, w := open(t, pageOf(t, reporttest.Many(findings)))
		return ctx, w, eval[float64](t, ctx, `performance.timing.loadEventEnd - performance.timing.navigationStart`)
	}
	_, _, one := opened(1)
	ctx, w, many := opened(500)
	t.Logf("opened in %.0f and %.0f ms", one, many)
	assert.Less(t, many, openTimes*one)
	drawn := func() int { return eval[int](t, ctx, `document.querySelectorAll('.drawn').length`) }
	assert.Zero(t, drawn())
	do(t, ctx, chromedp.Evaluate(`document.querySelectorAll('.open').forEach((b, i) => { if (i < 200) b.click(); })`, nil))
	do(t, ctx, chromedp.ScrollIntoView("#f150 .chart"), chromedp.WaitVisible("#f150 .live canvas"))
	assert.Less(t, drawn(), 10)
	do(t, ctx, chromedp.ScrollIntoView("#f3 .chart"), chromedp.WaitVisible("#f3 .live canvas"))
	assert.Eventually(t, func() bool { return drawn() < 10 }, browserTime, 20*time.Millisecond)
	assert.False(t, eval[bool](t, ctx, `document.querySelector('#f150 .chart').classList.contains('drawn')`), "what is far was let go")
	w.clean(t)
}
