package report

import (
	"bytes"
	"image/png"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
)

// many is the sample over and over, n findings with addresses of their own.
func many(n int) *beacon.Findings {
	fs := sample()
	list := fs.List
	fs.List = nil
	for i := range n {
		f := list[i%len(list)]
		f.Destination = netip.AddrFrom4([4]byte{198, 51, byte(i / 250), byte(i % 250)})
		fs.List = append(fs.List, f)
	}
	beacon.SortFindings(fs.List)
	return fs
}

func TestPlotDrawsEveryPanel(t *testing.T) {
	for _, n := range []int{0, 1, 14, 201} {
		fs := many(n)
		var svg bytes.Buffer
		require.NoError(t, Plot(&svg, "svg", fs))
		for i, f := range fs.List {
			assert.Equal(t, i < maxPanels, strings.Contains(svg.String(), f.Destination.String()+" "), "panel of %s", f.Destination)
		}
		assert.Equal(t, n > maxPanels, strings.Contains(svg.String(), "left out: 1 destination of a less suspicious shape"))

		var picture, again bytes.Buffer
		require.NoError(t, Plot(&picture, "png", fs))
		if n < maxPanels {
			require.NoError(t, Plot(&again, "png", fs))
			require.Equal(t, picture.Bytes(), again.Bytes())
		}
		img, err := png.Decode(&picture)
		require.NoError(t, err)
		assert.Greater(t, img.Bounds().Dx(), 380)
	}
	require.ErrorContains(t, Plot(&bytes.Buffer{}, "gif", sample()), "png or svg")
	require.ErrorIs(t, Plot(fullDisk{}, "png", sample()), errFull)
	require.ErrorIs(t, Plot(fullDisk{}, "svg", sample()), errFull)
}

func TestPlotFormat(t *testing.T) {
	got, err := PlotFormat("a/b.PNG")
	require.NoError(t, err)
	assert.Equal(t, "png", got)
	_, err = PlotFormat("b.gif")
	require.ErrorContains(t, err, "b.gif")
}

// TestTicksAreFewAndRound over logs of seconds to years.
func TestTicksAreFewAndRound(t *testing.T) {
	for length := int64(1e9); length < 20*365*86400e9; length = length*3/2 + 7 {
		ticks := timeTicks{noon, noon + length, maxTicks}.Ticks(0, 0)
		require.LessOrEqual(t, len(ticks), maxTicks+1)
		for _, tick := range ticks {
			require.GreaterOrEqual(t, tick.Value, 0.)
			require.LessOrEqual(t, tick.Value, float64(length))
		}
	}
}

func BenchmarkPlot14(b *testing.B) {
	fs := many(14)
	for b.Loop() {
		var out bytes.Buffer
		if err := Plot(&out, "png", fs); err != nil {
			b.Fatal(err)
		}
	}
}
