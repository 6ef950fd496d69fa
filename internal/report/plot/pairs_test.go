package plot

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/reporttest"
)

// TestPlotDrawsEveryPair, after the destinations where both rules ran.
func TestPlotDrawsEveryPair(t *testing.T) {
	for _, n := range []int{1, 14, 203} {
		fs := reporttest.Keeping(n)
		var svg bytes.Buffer
		require.NoError(t, Write(&svg, "svg", fs))
		drawn := 0
		for i := range fs.List {
			if strings.Contains(svg.String(), strings.ReplaceAll(report.ScheduleName(&fs.List[i]), ">", "&gt;")+" ") {
				drawn++
			}
		}
		assert.Equal(t, min(n, maxPanels), drawn)
		assert.Equal(t, n > maxPanels, strings.Contains(svg.String(), "left out: 3 pairs further down the list"))
		assert.NotContains(t, svg.String(), "Calls per minute")
	}
	both := reporttest.Sample()
	both.Query.Rules |= beacon.EveryRhythm
	both.List = append(both.List, reporttest.Keeping(3).List...)
	var svg bytes.Buffer
	require.NoError(t, Write(&svg, "svg", both))
	assert.Less(t, strings.Index(svg.String(), "Calls per minute, 4 destinations"), strings.Index(svg.String(), "Rhythm of each source"))
}
