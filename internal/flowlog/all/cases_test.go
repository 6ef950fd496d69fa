package all

import (
	"os"
	"path/filepath"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// sharedCase returns the path of a case below $BEACON_SHARED/cases.
func sharedCase(t *testing.T, name string) string {
	root := os.Getenv("BEACON_SHARED")
	if root == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	path := filepath.Join(root, "cases", name)
	_, err := os.Stat(path)
	require.NoError(t, err)
	return path
}

// Files that were damaged are errors or have bad records; none loses rows in silence.
func TestDamageCases(t *testing.T) {
	for name, want := range map[string]string{
		"gzip-page-crc.parquet":        "column timestamp: corrupt: the data of a page is damaged",
		"arrow-length-flip.arrow":      "corrupt: a column of the Arrow batch has another length than the batch",
		"arrow-schema-size-flip.arrow": "corrupt: the Arrow stream ends before its batches do",
	} {
		_, _, err := logtest.ReadFlows(sharedCase(t, filepath.Join("damage", name)), flowlog.Options{}, flow.All, 2)
		require.ErrorContains(t, err, want, name)
	}
	for name, bad := range map[string]int64{"merged-line.csv": 1, "pcapng-length-flip.pcapng": 1} {
		_, report, _ := logtest.ReadFlows(sharedCase(t, filepath.Join("damage", name)), flowlog.Options{}, flow.All, 2)
		require.GreaterOrEqual(t, report.Inputs[0].BadRows, bad, name)
	}
}

// Types of columns that were not read once.
func TestFormatCases(t *testing.T) {
	for name, rows := range map[string]int64{"m41_decimal.parquet": 200, "polars-stringview.arrow": 3} {
		flows, report, err := logtest.ReadFlows(sharedCase(t, filepath.Join("formats", name)), flowlog.Options{}, flow.All, 2)
		require.NoError(t, err, name)
		require.EqualValues(t, rows, report.Inputs[0].Rows, name)
		require.NotContains(t, flows, "\t0\t0\t0\t0\t", name)
	}
}

// In a directory a file that is cut off, or is no flow log, costs nothing else.
func TestDirectoryCases(t *testing.T) {
	for name, rows := range map[string]int64{"gz": 112, "truncated-gz": 81, "zeek-intel-in-directory": 30} {
		_, report, err := logtest.ReadFlows(sharedCase(t, filepath.Join("odd", name)), flowlog.Options{}, flow.All, 2)
		require.NoError(t, err, name)
		require.Equal(t, rows, report.Rows(), name)
		told := 0
		for i := range report.Inputs {
			if report.Inputs[i].Damaged() != "" {
				told++
			}
		}
		require.Equal(t, 1, told, name)
	}
}
