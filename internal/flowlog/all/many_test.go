package all

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// Files that begin with the same header are recognised once; each is still read for
// what stands in it: other forms of times, other lines, none at all.
func TestManyFiles(t *testing.T) {
	const header = "timestamp,src_ip,dst_ip,dst_port\n"
	bodies := []string{
		"1592697600,10.0.0.1,192.0.2.7,443\n", "2020-06-21 00:00:01,10.0.0.1,192.0.2.7,443\n", "1592697602000,10.0.0.1,192.0.2.7,443\n",
		"21/Jun/2020:00:00:03 +0000,10.0.0.1,192.0.2.7,443\n",
	}
	dir := t.TempDir()
	const files = 60
	for i := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.csv", i)), []byte(header+bodies[i%len(bodies)]), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-no-rows.csv"), []byte(header), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-no-times.csv"), []byte(header+"a,b,c,d\ne,f,g,h\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00-zeros.csv"), make([]byte, 999), 0o600))
	var first string
	for _, workers := range []int{1, 4} {
		got, report, err := logtest.ReadFlows(dir, flowlog.Options{}, flow.All, workers)
		require.NoError(t, err)
		if workers == 1 {
			first = got
		}
		require.Equal(t, first, got)
		require.Equal(t, files, strings.Count(got, "\n"))
		require.Equal(t, files, strings.Count(got, "159269760"))
		told := 0
		for i := range report.Inputs {
			if in := &report.Inputs[i]; strings.Contains(in.Input.Name, "no-times") {
				require.Positive(t, int(in.BadRows)+len(in.Damaged()))
				told++
			}
		}
		require.LessOrEqual(t, told, 1) // it may be passed over already when the log is opened
	}
}

// Small inputs are read from memory, several at once: the flows, the counts and the first
// bad records are those of a reading that cuts each into many blocks.
func TestSmallFiles(t *testing.T) {
	read := func(blockSize, workers int) string {
		defer func(size int) { flowlog.BlockSize = size }(flowlog.BlockSize)
		flowlog.BlockSize = blockSize
		flows, report, err := logtest.ReadFlows("../testdata", flowlog.Options{}, flow.All, workers)
		require.NoError(t, err)
		require.Greater(t, len(report.Inputs), 100)
		for i := range report.Inputs {
			in := &report.Inputs[i]
			flows += fmt.Sprintln(in.Input.Name, in.Input.Format.Name, in.Rows, in.Other, in.BadRows, in.Reasons, in.Unknown, in.Notes, in.Damaged())
		}
		return flows + fmt.Sprint(report.Bad, report.Doubts)
	}
	whole := read(1<<20, 1)
	require.Equal(t, whole, read(1<<20, 4))
	require.Equal(t, whole, read(1000, 4))
}
