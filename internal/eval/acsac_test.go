package eval

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/eval/peer"
)

func TestSignalPair(t *testing.T) {
	p, span := signalPair([]float64{1, 0, 2})
	assert.Equal(t, []int64{Epoch, Epoch + 120e9, Epoch + 120e9}, p.Times)
	assert.Equal(t, peer.Span{First: Epoch, Last: Epoch + 180e9 - 1}, span)
}

// Exact signals are found by whoever can find any, and shuffled ones by nobody.
func TestSignalsTable(t *testing.T) {
	exact := make([]float64, 1440)
	for i := 0; i < len(exact); i += acsacPeriod {
		exact[i] = 1
	}
	tables := Signals([]Level{
		{"gauss", 0, [][]float64{exact, exact}, map[string]float64{"BAYWATCH": 1, "RobustPeriod": .5}},
		{"omt", 100, [][]float64{make([]float64, 1440)}, map[string]float64{"BAYWATCH": .3}},
	})
	require.Len(t, tables, 2)
	for _, table := range tables {
		require.Len(t, table.Rows, 1)
		require.Len(t, table.Rows[0], len(table.Head))
	}
	row := tables[0].Rows[0]
	assert.Equal(t, []string{"0", "2", "1", ".50", "-"}, row[:5])
	assert.Equal(t, []string{"1", "0"}, row[8:10], "BAYWATCH core")
	assert.Equal(t, []string{"0", "yes", "0"}, tables[1].Rows[0][5:8], "a signal of nothing")
	assert.Equal(t, []string{"100%: 0 detected, .30 published"}, tables[1].Short)
}

func TestReadLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("millions of numbers, read by one goroutine")
	}
	levels, err := ReadLevels(shared(t, "labelled", "acsac23_signals"))
	require.NoError(t, err)
	best := map[string]map[int]float64{"gauss": {}, "omt": {}, "inst": {}}
	for _, level := range levels {
		require.Len(t, level.Signals, 100, "%s %d", level.Noise, level.Percent)
		for _, signal := range level.Signals {
			require.Len(t, signal, 1440)
		}
		for _, v := range level.Published {
			best[level.Noise][level.Percent] = max(best[level.Noise][level.Percent], v)
		}
	}
	assert.Equal(t, map[int]float64{4: 1, 10: 1, 20: .96, 30: .60, 40: .62, 50: .37}, pick(best["gauss"], 4, 10, 20, 30, 40, 50))
	assert.Equal(t, map[int]float64{5: 1, 10: 1, 50: 1, 80: .99, 90: .74, 95: .50}, pick(best["omt"], 5, 10, 50, 80, 90, 95))
	assert.Equal(t, map[int]float64{20: 1}, pick(best["inst"], 20))
}

func pick(m map[int]float64, keys ...int) map[int]float64 {
	picked := map[int]float64{}
	for _, k := range keys {
		picked[k] = m[k]
	}
	return picked
}

func TestReadLevelsRefuses(t *testing.T) {
	_, err := ReadLevels(t.TempDir())
	assert.ErrorContains(t, err, "gauss_evaluation.csv")
	_, err = readSignals("acsac_test.go")
	assert.Error(t, err)
}
