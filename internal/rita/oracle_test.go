package rita

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// shared returns the folder of reference material, or skips where there is none.
func shared(t *testing.T) string {
	dir := os.Getenv("BEACON_SHARED")
	if dir == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	return dir
}

type inbound struct {
	source string
	time   int64
}

// missingHost reads the flows from outside to the server of RITA's log missing_host.
func missingHost(t *testing.T, dir string) []inbound {
	f, err := os.Open(filepath.Join(dir, "labelled", "rita_missing_host", "flows.csv.gz"))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	r := csv.NewReader(z)
	_, err = r.Read()
	require.NoError(t, err)
	var flows []inbound
	for {
		row, err := r.Read()
		if err == io.EOF {
			return flows
		}
		require.NoError(t, err)
		if row[2] != "64.225.56.201" {
			continue
		}
		seconds, err := strconv.ParseFloat(row[0], 64)
		require.NoError(t, err)
		flows = append(flows, inbound{row[1], int64(math.Round(seconds*1e6)) * 1000})
	}
}

// RITA's own functions scored these pairs. Three of the four parts must agree on every
// pair whose flows we have all of; sizes it takes from a column that the labelled log
// doesn't carry, so its DS stands in for ours in the score.
func TestRITAAgreesWithItsOracle(t *testing.T) {
	dir := shared(t)
	times := map[string][]int64{}
	first, last := int64(math.MaxInt64), int64(0)
	for _, f := range missingHost(t, dir) {
		times[f.source] = append(times[f.source], f.time)
		first, last = min(first, f.time), max(last, f.time)
	}
	o, err := os.Open(filepath.Join(dir, "oracle", "missing_host.csv"))
	require.NoError(t, err)
	defer o.Close()
	rows, err := csv.NewReader(o).ReadAll()
	require.NoError(t, err)
	compared := 0
	for _, row := range rows[1:] {
		want := make([]float64, len(row))
		for i, cell := range row[2:9] {
			want[i+2], err = strconv.ParseFloat(cell, 64)
			require.NoError(t, err)
		}
		day, _ := since(firstHour(last), times[row[0]], nil)
		if len(day) != int(want[2]) {
			continue // the log was cut by the end of a connection, this one by its start
		}
		compared++
		s := Compute(times[row[0]], nil, first, last)
		require.True(t, s.Eligible, row[0])
		require.Equal(t, want[5], s.TS, "%s: ts", row[0])
		require.Equal(t, want[7], s.Dur, "%s: dur", row[0])
		require.Equal(t, want[8], s.Hist, "%s: hist", row[0])
		require.InDelta(t, want[4], 0.25*(s.TS+want[6]+s.Dur+s.Hist), 0.00051, "%s: score", row[0])
	}
	require.Greater(t, compared, 850)
}
