package page

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/reason"
	"beacon/internal/report/picture"
	"beacon/internal/report/reporttest"
	"beacon/internal/rhythm"
	"beacon/internal/words"
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
	fs.List[0].Verdict, fs.List[0].Reasons = beacon.VerdictBeacon, []reason.Reason{{Code: reason.Explained, Args: []any{"<b>fits</b>"}}}
	fs.List[1].Verdict, fs.List[1].Explanation = beacon.VerdictExplained, "NTP <i>"
	text := withoutCode(pageOf(t, fs))
	assert.Contains(t, text, "beacon: 1 schedule</h1>")
	assert.Contains(t, text, "881 pairs of source, destination and port were judged")
	assert.Contains(t, text, "sleeps 60 s, jitter 20%, misses 4%")
	assert.Contains(t, text, "&lt;b&gt;fits&lt;/b&gt;")
	assert.Contains(t, text, `<span class="name">NTP &lt;i&gt;</span>`)
	assert.Contains(t, text, "<dt>sizes alike</dt><dd>93%</dd>")
	assert.Equal(t, 1, strings.Count(text, "sizes sent alike"), "of the pair that says so")
	assert.NotContains(t, text, "Nothing was flagged")
	assert.NotContains(t, text, "<figure class=\"picture\"", "times aren't known")
}

// TestPageOfPairsIsClosedAndSmall: pictures load nothing, need no style of their own,
// and two hundred stay below two megabytes.
func TestPageOfPairsIsClosedAndSmall(t *testing.T) {
	fs := reporttest.Keeping(210)
	text := pageOf(t, fs)
	assert.Less(t, len(text), 2_000_000)
	page := withoutCode(text)
	assert.Equal(t, 2*beacon.MaxPictures, strings.Count(page, "<figure class=\"picture\""))
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
				v := newPagePicture(&pic, room, words.Zone{})
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
