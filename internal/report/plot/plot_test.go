package plot

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/report/reporttest"
)

func TestPlotDrawsEveryPanel(t *testing.T) {
	for _, n := range []int{0, 1, 14, 201} {
		fs := reporttest.Many(n)
		var svg bytes.Buffer
		require.NoError(t, Write(&svg, "svg", fs))
		for i, f := range fs.List {
			assert.Equal(t, i < maxPanels, strings.Contains(svg.String(), f.Destinations[0].Host.String()+" "), "panel of %s", f.Destinations[0].Host)
		}
		assert.Equal(t, n > maxPanels, strings.Contains(svg.String(), "left out: 1 destination of a less suspicious shape"))

		var picture, again bytes.Buffer
		require.NoError(t, Write(&picture, "png", fs))
		if n < maxPanels {
			require.NoError(t, Write(&again, "png", fs))
			require.Equal(t, picture.Bytes(), again.Bytes())
		}
		img, err := png.Decode(&picture)
		require.NoError(t, err)
		assert.Greater(t, img.Bounds().Dx(), 380)
	}
	require.ErrorContains(t, Write(&bytes.Buffer{}, "gif", reporttest.Sample()), "png or svg")
	require.ErrorIs(t, Write(reporttest.FullDisk{}, "png", reporttest.Sample()), reporttest.ErrFull)
	require.ErrorIs(t, Write(reporttest.FullDisk{}, "svg", reporttest.Sample()), reporttest.ErrFull)
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
		if err := Write(&out, "png", fs); err != nil {
			b.Fatal(err)
		}
	}
}
