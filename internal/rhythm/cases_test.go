package rhythm

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readCase reads a case below $BEACON_SHARED/cases: the times of each series, by source,
// destination and port.
func readCase(t *testing.T, name string) map[[3]string][]int64 {
	root := os.Getenv("BEACON_SHARED")
	if root == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	f, err := os.Open(filepath.Join(root, "cases", name))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	series := map[[3]string][]int64{}
	for _, row := range rows[1:] {
		at, err := time.Parse(time.DateTime, row[0])
		if err != nil {
			s, err := strconv.ParseFloat(row[0], 64)
			require.NoError(t, err)
			at = time.UnixMilli(int64(s*1000 + 0.5))
		}
		pair := [3]string(row[1:4])
		series[pair] = append(series[pair], at.UnixNano())
	}
	for _, times := range series {
		slices.Sort(times)
	}
	return series
}

// judgeCase judges the only series of a case.
func judgeCase(t *testing.T, name string) Result {
	series := readCase(t, name)
	require.Len(t, series, 1)
	for _, times := range series {
		return Judge(times, Options{})
	}
	return Result{}
}

func TestCaseTwoStepCycle(t *testing.T) {
	r := judgeCase(t, "rhythm/two_step_cycle.csv")
	assert.Equal(t, TestCycle, r.Test)
	assert.Less(t, r.P, 1e-20)
	assert.Empty(t, r.Against)
	assert.InDelta(t, 23, r.Period.Seconds(), 0.1)
	assert.InDelta(t, 0, r.Miss, 0.02)
	assert.InDelta(t, 0, r.Jitter, 0.01)
	require.Len(t, r.Steps, 2)
	assert.InDelta(t, 9, r.Steps[0].Seconds(), 0.1)
	assert.InDelta(t, 14, r.Steps[1].Seconds(), 0.1)
}

func TestCaseSleepPlusWork(t *testing.T) {
	r := judgeCase(t, "rhythm/sleep_plus_work.csv")
	assert.Less(t, r.P, 1e-20)
	assert.Empty(t, r.Against)
	assert.InDelta(t, 201, r.Period.Seconds(), 1)
	assert.InDelta(t, 61, r.Work.Seconds(), 3)
}

func TestCaseHourlyThenLate(t *testing.T) {
	r := judgeCase(t, "rhythm/hourly_then_late.csv")
	assert.Equal(t, TestSleep, r.Test)
	assert.InDelta(t, 3600, r.Period.Seconds(), 1)
	assert.InDelta(t, 0, r.Miss, 0.01)
}

func TestCaseOneTimerFiveServers(t *testing.T) {
	series := readCase(t, "rhythm/one_timer_five_servers.csv")
	assert.Len(t, series, 5)
	for pair, times := range series {
		r := Judge(times, Options{})
		assert.Less(t, r.P, 1e-10, pair)
		assert.InDelta(t, 300, r.Period.Seconds(), 1, pair)
	}
}

func TestCaseCoarseClock(t *testing.T) {
	for pair, times := range readCase(t, "odd/coarse-clock-5m.csv") {
		assert.Greater(t, Judge(times, Options{Tick: 5 * time.Minute}).P, 0.05, pair)
	}
}
