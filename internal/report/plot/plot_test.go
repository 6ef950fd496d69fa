package plot

import (
	"bytes"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"beacon/internal/beacon"
	"beacon/internal/report/reporttest"
)

// top is how many findings the tests draw at the most.
const top = 20

func TestPlotDrawsTheFirst(t *testing.T) {
	for _, n := range []int{0, 1, 14, 25} {
		fs := reporttest.Many(n)
		var svg bytes.Buffer
		require.NoError(t, Write(&svg, "svg", fs, top))
		for i, f := range fs.List {
			assert.Equal(t, i < top, strings.Contains(svg.String(), f.Destinations[0].Host.String()+" "), "panel of %s", f.Destinations[0].Host)
		}
		assert.Equal(t, n > top, strings.Contains(svg.String(), "20 destinations and 5 more"))

		var picture, again bytes.Buffer
		require.NoError(t, Write(&picture, "png", fs, top))
		require.NoError(t, Write(&again, "png", fs, top))
		require.Equal(t, picture.Bytes(), again.Bytes())
		img, err := png.Decode(&picture)
		require.NoError(t, err)
		assert.Greater(t, img.Bounds().Dx(), 380)
	}
	require.ErrorContains(t, Write(&bytes.Buffer{}, "gif", reporttest.Sample(), top), "png or svg")
	require.ErrorIs(t, Write(reporttest.FullDisk{}, "png", reporttest.Sample(), top), reporttest.ErrFull)
	require.ErrorIs(t, Write(reporttest.FullDisk{}, "svg", reporttest.Sample(), top), reporttest.ErrFull)
}

// What is no beacon is not drawn, however high its number; an empty picture says why.
func TestPlotLeavesOutWhatIsNoBeacon(t *testing.T) {
	fs := reporttest.Many(4)
	fs.List[0].Verdict = beacon.VerdictExplained
	drawn := func() string {
		var svg bytes.Buffer
		require.NoError(t, Write(&svg, "svg", fs, 2))
		return svg.String()
	}
	got := drawn()
	assert.NotContains(t, got, fs.List[0].Destinations[0].Host.String()+" ")
	assert.Contains(t, got, "2 destinations and 1 more")
	fs.List[1].Scope, fs.List[2].Scope, fs.List[3].Scope = "other", "other", beacon.ScopeDestination
	assert.Contains(t, drawn(), "none of 1 destination,")
	for i := range fs.List {
		fs.List[i].Scope = beacon.ScopeDestination
		fs.List[i].Verdict = beacon.VerdictExplained
	}
	assert.Contains(t, drawn(), "no finding has the verdict beacon (4 explained)")
	fs.List = nil
	assert.Contains(t, drawn(), "no destination was called in 60 slots")
	fs.Query.Rules = beacon.EveryRhythm
	assert.Contains(t, drawn(), "no source calls on a schedule")
	fs.Totals.Flows = 0
	assert.Contains(t, drawn(), "no flow was read")
}

// However many are asked for, a picture has no more than maxPanels.
func TestPlotHasABound(t *testing.T) {
	var svg bytes.Buffer
	require.NoError(t, Write(&svg, "svg", reporttest.Many(maxPanels+1), math.MaxInt))
	assert.Contains(t, svg.String(), "200 destinations and 1 more")
}

// A letter that the fonts of a PNG don't have is a question mark, not nothing.
func TestLettersWithoutGlyph(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.3 > xn--mgbh0fb.example   مثال.example": "10.0.0.3 > xn--mgbh0fb.example   ????.example",
		"本社": "??", "Größe ±2% … −61 s": "Größe ±2% … −61 s", "пример": "пример", "": "",
	} {
		require.Equal(t, want, drawable(text))
	}
	for format, want := range map[vg.CanvasSizer]bool{vgimg.New(10, 10): true, vgsvg.New(10, 10): false} {
		whole := draw.New(format)
		require.Equal(t, want, isPixels(whole))
		require.Equal(t, want, isPixels(draw.Crop(draw.Crop(whole, 1, 0, 0, 0), 0, 0, 1, 0)))
	}
}

// Titles are whole, and no line is wider than its panel.
func TestTitlesAreWrapped(t *testing.T) {
	style := draw.TextStyle{Font: plotFont(9, true), Handler: textHandler()}
	for _, text := range []string{"short", strings.Repeat("several words ", 30), strings.Repeat("x", 300), "a " + strings.Repeat("y", 200) + " b"} {
		lines := wrapped(text, pairWide)
		for _, line := range lines {
			assert.LessOrEqual(t, style.Width(line), vg.Length(pairWide))
		}
		assert.Equal(t, strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(strings.Join(lines, ""), " ", ""))
	}
}

func TestPlotFormat(t *testing.T) {
	got, err := FormatOf("a/b.PNG")
	require.NoError(t, err)
	assert.Equal(t, "png", got)
	_, err = FormatOf("b.gif")
	require.ErrorContains(t, err, "b.gif")
}

func BenchmarkPlot14(b *testing.B) {
	fs := reporttest.Many(14)
	for b.Loop() {
		var out bytes.Buffer
		if err := Write(&out, "png", fs, top); err != nil {
			b.Fatal(err)
		}
	}
}
