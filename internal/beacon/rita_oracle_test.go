package beacon

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

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
	source      string
	time, bytes int64
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
		bytes, err := strconv.ParseInt(row[4], 10, 64)
		require.NoError(t, err)
		flows = append(flows, inbound{row[1], int64(math.Round(seconds*1e6)) * 1000, bytes})
	}
}

// RITA's own functions scored these pairs; ours must agree on every one.
func TestRITAAgreesWithItsOracle(t *testing.T) {
	dir := shared(t)
	flows := missingHost(t, dir)
	for _, c := range []struct {
		file     string
		from, to time.Time
	}{
		{file: "missing_host.csv"},
		{"missing_host_1h_2024-04-19_conn.10.csv", hour(2024, 4, 19, 10), hour(2024, 4, 19, 11)},
		{"missing_host_1h_2024-04-20_conn.03.csv", hour(2024, 4, 20, 3), hour(2024, 4, 20, 4)},
		{"missing_host_1h_2024-04-21_conn.20.csv", hour(2024, 4, 21, 20), hour(2024, 4, 21, 21)},
	} {
		t.Run(c.file, func(t *testing.T) {
			times, sizes := map[string][]int64{}, map[string][]int64{}
			first, last := int64(math.MaxInt64), int64(0)
			for _, f := range flows {
				if !c.from.IsZero() && (f.time < c.from.UnixNano() || f.time >= c.to.UnixNano()) {
					continue
				}
				times[f.source] = append(times[f.source], f.time)
				sizes[f.source] = append(sizes[f.source], f.bytes)
				first, last = min(first, f.time), max(last, f.time)
			}
			o, err := os.Open(filepath.Join(dir, "oracle", c.file))
			require.NoError(t, err)
			defer o.Close()
			rows, err := csv.NewReader(o).ReadAll()
			require.NoError(t, err)
			worst, checked := 0.0, 0
			for _, row := range rows[1:] {
				source := row[0]
				s := RITA(times[source], sizes[source], first, last)
				require.True(t, s.Eligible, source)
				require.Equal(t, row[2], strconv.Itoa(len(times[source])), "%s: flows", source)
				for i, got := range []float64{s.Score, s.TS, s.DS, s.Dur, s.Hist} {
					want, err := strconv.ParseFloat(row[4+i], 64)
					require.NoError(t, err)
					worst = math.Max(worst, math.Abs(got-want))
					if math.Abs(got-want) > 0.0011 {
						t.Errorf("%s part %d: %v, want %v", source, i, got, want)
					}
				}
				checked++
			}
			require.NotZero(t, checked)
			t.Logf("%d pairs, largest difference %.4f", checked, worst)
		})
	}
}

func hour(year, month, day, hour int) time.Time {
	return time.Date(year, time.Month(month), day, hour, 0, 0, 0, time.UTC)
}
