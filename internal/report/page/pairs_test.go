package page

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report/picture"
	"beacon/internal/report/reporttest"
	"beacon/internal/rhythm"
)

// TestPageOfPairs: what the rhythm rule found stands on the page, as text.
func TestPageOfPairs(t *testing.T) {
	fs := reporttest.Sample()
	fs.List = nil
	fs.Query.Rules = beacon.EveryRhythm
	fs.PairTotals.Pairs = 881
	addr := fs.Sources[0]
	timer := func(n beacon.Near, port uint16, s beacon.Schedule) beacon.Finding {
		return beacon.Finding{Scope: beacon.ScopeSchedule, Sources: []beacon.Source{{Addr: addr}}, Destinations: []beacon.Destination{{Host: n.Destination}}, Port: port, Schedule: &s}
	}
	fs.List = []beacon.Finding{
		timer(fs.Near[0], 443, beacon.Schedule{Result: rhythm.Result{Period: time.Minute, Jitter: .2, Miss: .04}, Q: .0001,
			Size: beacon.SizeRegularity{Total: .93, Sent: -1, Received: -1}}),
		timer(fs.Near[1], 123, beacon.Schedule{Result: rhythm.Result{Period: time.Hour}}),
	}
	fs.List[0].Verdict, fs.List[0].Reasons = beacon.VerdictBeacon, []beacon.Reason{{Code: beacon.ReasonExplained, Args: []any{"<b>fits</b>"}}}
	fs.List[1].Verdict, fs.List[1].Explanation = beacon.VerdictExplained, "NTP <i>"
	text := markup(pageOf(t, fs))
	assert.Contains(t, text, "beacon: 1 schedule</h1>")
	assert.Contains(t, text, "881 pairs of source, destination and port were judged")
	assert.Contains(t, text, "sleeps 60 s, jitter 20%, misses 4%")
	assert.Contains(t, text, "&lt;b&gt;fits&lt;/b&gt;")
	assert.Contains(t, text, "NTP &lt;i&gt;</summary>")
	assert.Contains(t, text, "<dt>sizes alike</dt><dd>93%</dd>")
	assert.Equal(t, 1, strings.Count(text, "sizes sent alike"), "of the pair that says so")
	assert.NotContains(t, text, "Nothing was flagged")
	assert.NotContains(t, text, "<figure", "times aren't known")
}

// TestPageOfPairsIsClosedAndSmall: pictures load nothing, need no style of their own,
// and two hundred stay below two megabytes.
func TestPageOfPairsIsClosedAndSmall(t *testing.T) {
	fs := reporttest.Keeping(210)
	text := pageOf(t, fs)
	assert.Less(t, len(text), 2_000_000)
	page := markup(text)
	assert.Equal(t, 2*beacon.MaxPictures, strings.Count(page, "<figure"))
	assert.NotRegexp(t, `\s(on\w+|style|href|src)="[^#]`, page)
	assert.NotRegexp(t, `NaN|Inf|="-?\d+\.\d+%%|="[^"]*-\d+(\.\d)?%`, page, "places lie in the frame")
	cells := regexp.MustCompile(`viewBox="-.5 -.5 (\d+) (\d+)"`).FindAllStringSubmatch(page, -1)
	require.Len(t, cells, 2*beacon.MaxPictures)
}

// TestPicturesFitTheirRoom, and hold every column with a call in the little as well.
func TestPicturesFitTheirRoom(t *testing.T) {
	fs := reporttest.Keeping(5)
	for _, f := range fs.List {
		for _, pic := range picture.Of(f.Schedule, &fs.Totals) {
			for _, room := range []int{1500, 4000, pictureMost} {
				v := newPagePicture(&pic, room)
				size, cells := 0, map[[2]int]bool{}
				for _, path := range v.Shades {
					size += len(path)
					reporttest.WalkPath(t, path, func(x, y int) { cells[[2]int{x, y}] = true })
				}
				assert.LessOrEqual(t, size, room)
				for _, d := range pic.Dots {
					require.True(t, cells[[2]int{pic.Column(d.At, v.Wide), v.High - 1 - picture.Row(d.Y, v.High)}])
				}
			}
		}
	}
}

const shownPairs = `Array.from(document.querySelectorAll('#pairs tbody')).filter(r => !r.hidden).map(r => r.rows[0].cells[1].textContent)`

// TestPairsInTheBrowser opens a pair by key, sorts, filters and points.
func TestPairsInTheBrowser(t *testing.T) {
	fs := reporttest.Keeping(15)
	for i := range fs.List {
		if i%3 == 0 {
			fs.List[i].Verdict, fs.List[i].Explanation = beacon.VerdictExplained, "NTP: a clock"
		}
	}
	ctx, w := open(t, pageOf(t, fs))
	shown := func() []string { return eval[[]string](t, ctx, shownPairs) }
	t.Run("opens", func(t *testing.T) {
		do(t, ctx, chromedp.Focus("#pairs summary"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#pairs details[open] .frame"))
		box := eval[[]float64](t, ctx, `(() => { const b = document.querySelector('#pairs .frame').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()`)
		require.Greater(t, box[2], 300.)
		for _, path := range eval[[]float64](t, ctx, `Array.from(document.querySelectorAll('#pairs details[open] .cells')).map(c => c.getBBox().width)`) {
			assert.Greater(t, path, 0.)
		}
		// In the middle of the log, at the height of the scale's middle.
		do(t, ctx, chromedp.MouseEvent(input.MouseMoved, box[0]+box[2]/2, box[1]+box[3]/2))
		assert.Eventually(t, func() bool {
			return regexp.MustCompile(`^2020-06-2\d \d\d:\d\d:\d\d, [\d.]+ (s|min|h)$`).MatchString(eval[string](t, ctx, `document.querySelector('#pairs .readout').textContent`))
		}, browserTime, 20*time.Millisecond)
	})
	t.Run("sorts", func(t *testing.T) {
		by := func(column string) []string {
			do(t, ctx, chromedp.Click(`#pairs button[data-key="`+column+`"]`))
			return shown()
		}
		up := by("destination")
		require.Len(t, up, len(fs.List))
		assert.Equal(t, []string{"203.0.0.0", "203.0.0.1", "203.0.0.2"}, up[:3], "addresses as numbers")
		assert.Equal(t, up[0], by("destination")[len(up)-1])
		by("period")
		periods := eval[[]float64](t, ctx, `Array.from(document.querySelectorAll('#pairs tbody')).map(r => +r.rows[0].cells[5].dataset.v)`)
		assert.IsNonDecreasing(t, periods)
		assert.Equal(t, 1, eval[int](t, ctx, `document.querySelectorAll('#pairs tbody details[open]').length`), "stays open")
	})
	t.Run("filters", func(t *testing.T) {
		do(t, ctx, chromedp.Click(`.rhythm input[value=beacon]`))
		assert.Len(t, shown(), 5)
		one := &fs.List[3]
		do(t, ctx, chromedp.SendKeys("#pair-filter", fmt.Sprint("ntp ", one.Destinations[0].Host, " ", one.Port)))
		assert.Equal(t, []string{one.Destinations[0].Host.String()}, shown())
		do(t, ctx, chromedp.Evaluate(`document.getElementById("pair-filter").value = ""`, nil), chromedp.SendKeys("#pair-filter", " "), chromedp.Click(`.rhythm input[value=beacon]`))
		assert.Equal(t, "15 of 15 shown", eval[string](t, ctx, `document.getElementById('pairs-shown').textContent`))
	})
	everyDress(t, ctx, "pairs", chromedp.WaitVisible("#pairs details[open] .frame"))
	assert.LessOrEqual(t, eval[float64](t, ctx, `document.querySelector('#pairs details[open] .pictures').getBoundingClientRect().right`), 400., "no wider than the page")
	w.clean(t)
}
