package plot

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/report/reporttest"
)

// TestPlotDrawsSchedules, after the destinations where both rules ran.
func TestPlotDrawsSchedules(t *testing.T) {
	for _, n := range []int{1, 14, 50} {
		fs := reporttest.Keeping(n)
		var svg bytes.Buffer
		require.NoError(t, Write(&svg, "svg", fs, top))
		drawn := 0
		for i := range fs.List {
			if strings.Contains(svg.String(), strings.ReplaceAll(report.ScheduleName(&fs.List[i]), ">", "&gt;")+" ") {
				drawn++
			}
		}
		all := fs.CountOf(beacon.ScopeSchedule, beacon.VerdictBeacon)
		assert.Equal(t, min(all, top), drawn)
		assert.Equal(t, all > top, strings.Contains(svg.String(), fmt.Sprintf("20 beacons and %d more", all-top)))
		assert.NotContains(t, svg.String(), "Calls per minute")
	}
	both := reporttest.Sample()
	both.Query.Rules |= beacon.EveryRhythm
	both.List = append(both.List, reporttest.Keeping(3).List...)
	var svg bytes.Buffer
	require.NoError(t, Write(&svg, "svg", both, top))
	assert.Less(t, strings.Index(svg.String(), "Calls per minute, 4 destinations"), strings.Index(svg.String(), "Schedules, source"))
}
