package write_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/write"
)

const zeekHead = "#separator \\x09\n#path\tconn\n#open\t%s\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tconn_state\n"

// shown writes the logs into a folder and shows what a selection matches.
func shown(t *testing.T, selection, format string, logs ...string) string {
	t.Helper()
	var paths []string
	for i, text := range logs {
		path := filepath.Join(t.TempDir(), fmt.Sprint("log", i))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		paths = append(paths, path)
	}
	log, err := flowlog.Open(paths, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	s, err := write.ParseSelection(selection)
	require.NoError(t, err)
	var out bytes.Buffer
	_, _, err = write.Show(t.Context(), log, s, format, &out)
	require.NoError(t, err)
	return out.String()
}

// Whatever the size of the blocks, the lines of the picked flows are those that a plain
// search finds.
func TestShowKeepsTheLinesOfItsOwnFormat(t *testing.T) {
	defer func(size int) { flowlog.BlockSize = size }(flowlog.BlockSize)
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{200, 1000, 1 << 20} {
		flowlog.BlockSize = size
		for _, share := range []float64{0, .01, .5, 1} {
			csv, zeek, json := "ts,src_ip,dst_ip,note\n", fmt.Sprintf(zeekHead, "2020-06-21"), ""
			wantCSV, wantZeek, wantJSON := csv, zeek, ""
			for i := range 300 {
				dst := "203.0.113.9"
				if r.Float64() < share {
					dst = "203.0.113.7"
				}
				at := 1592740800 + i
				c := fmt.Sprintf("%d,10.0.0.5,%s,\"%s, %d\"\r\n", at, dst, strings.Repeat("x", r.IntN(90)), i)
				z := fmt.Sprintf("%d.5\tC%d\t10.0.0.5\t5000\t%s\t443\ttcp\tssl\tSF\n", at, i, dst)
				j := fmt.Sprintf("{\"uid\":\"C%d\",\"ts\":%d.5,\"id.orig_h\":\"10.0.0.5\",\"id.resp_h\":%q,\"conn_state\":\"SF\"}\n", i, at, dst)
				csv, zeek, json = csv+c, zeek+z, json+j
				if i == 150 { // as in logs that were put one behind the other
					zeek += "#close\t2020-06-22\n" + fmt.Sprintf(zeekHead, "2020-06-22")
				}
				if dst == "203.0.113.7" {
					wantCSV, wantZeek, wantJSON = wantCSV+c, wantZeek+z, wantJSON+j
				}
			}
			require.Equal(t, wantCSV, shown(t, "203.0.113.7", "csv", csv))
			require.Equal(t, wantJSON, shown(t, "203.0.113.7", "ndjson", json))
			require.Equal(t, wantJSON, shown(t, "10.0.0.5,203.0.113.7", "zeek-json", json))
			if share > 0 {
				open := regexp.MustCompile("#open.*\n") // of the log that the first line is of
				require.Equal(t, open.ReplaceAllString(wantZeek, ""), open.ReplaceAllString(shown(t, "203.0.113.7", "zeek", zeek), ""))
			}
		}
	}
}

func TestShowHasOneHeader(t *testing.T) {
	line := "1592740800.5\tC1\t10.0.0.5\t5000\t203.0.113.7\t443\ttcp\tssl\tSF\n"
	one, two := fmt.Sprintf(zeekHead, "2020-06-21"), fmt.Sprintf(zeekHead, "2020-06-22")
	assert.Equal(t, one+line+line, shown(t, "203.0.113.7", "zeek", one+line+"#close\t2020-06-22\n", two+line))
	other := strings.Replace(two, "\tconn_state\n", "\tlocal_orig\n", 1)
	assert.Equal(t, one+line+other+line, shown(t, "203.0.113.7", "zeek", one+line, other+line), "other columns are said")
	assert.Equal(t, one, shown(t, "192.0.2.1", "zeek", one+line), "nothing is found")
	assert.Contains(t, shown(t, "203.0.113.7", "csv", one+line), "timestamp,src_ip", "another format has the columns that all have")
}
