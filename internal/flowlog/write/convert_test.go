package write

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// converted is what Convert makes of a log, read again.
func converted(t *testing.T, path string, opt Options) (flows string, raw []byte) {
	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	var out bytes.Buffer
	report, err := Convert(context.Background(), log, opt, &out)
	require.NoError(t, err)
	require.Positive(t, report.Inputs[0].Rows)
	flows, _, err = logtest.ReadFlows(logtest.WriteFile(t, "converted", out.Bytes()), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	return flows, out.Bytes()
}

// shuffledLog is a CSV of n flows, many at the same time, in random order.
func shuffledLog(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString("timestamp,src_ip,dst_ip,src_port,dst_port,protocol,bytes,src_bytes,duration,hostname\n")
	for i := range n {
		dst := fmt.Sprintf("192.0.2.%d", r.IntN(20))
		if i%10 == 0 {
			dst = "2001:db8::7"
		}
		fmt.Fprintf(&b, "%d,10.0.0.%d,%s,%d,443,%d,%d,%d,%d.5,h%d.example\n", logtest.SampleTime+r.IntN(n/10+1), r.IntN(50), dst, i%65536, r.IntN(20), i, i/2, i%9, i%3)
	}
	return b.Bytes()
}

// What is converted holds the flows of the log in its order, or by time in a
// stable order, whatever the memory.
func TestConvert(t *testing.T) {
	flows := 20_000
	if testing.Short() {
		flows = 4000
	}
	text := shuffledLog(flows)
	path := logtest.WriteFile(t, "log.csv", text)
	plain, _, err := logtest.ReadFlows(path, flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	lines := slices.Collect(strings.Lines(plain))
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(a[:19], b[:19]) })
	sorted := strings.Join(lines, "")
	for _, format := range []string{"parquet", "arrow", "csv"} {
		got, raw := converted(t, path, Options{Format: format})
		require.True(t, plain == got, "%s: not the flows of the log", format)
		_, again := converted(t, path, Options{Format: format})
		require.True(t, bytes.Equal(raw, again), "%s: not the same bytes twice", format)
		for _, memory := range []int64{0, 1, int64(flows*3/20) * sortedFlow, int64(flows) * sortedFlow} {
			got, sortedRaw := converted(t, path, Options{Format: format, Sort: true, Memory: memory})
			require.True(t, sorted == got, "%s, %d bytes of memory: not in order", format, memory)
			if memory == 0 {
				raw = sortedRaw
			}
			require.True(t, bytes.Equal(raw, sortedRaw), "%s, %d bytes of memory: other bytes", format, memory)
		}
	}
	got, _ := converted(t, path, Options{Format: "parquet", Columns: flow.Port})
	for line := range strings.Lines(got) {
		require.Equal(t, []string{"0", "443", "0", "0", "0", "0", "\n"}, strings.Split(line, "\t")[3:], "columns that were not asked for")
	}
}

// A log of hosts that are names keeps them, in a column of their own where it has one.
func TestConvertNames(t *testing.T) {
	for text, column := range map[string]bool{
		"timestamp,src_ip,dst_ip\n1592697602,10.0.0.1,www.example.com\n1592697603,pc.example.org,192.0.2.1\n1592697604,10.0.0.1,2001:db8::1\n":                                                        false,
		"timestamp,src_ip,dst_ip,hostname\n1592697602,10.0.0.1,www.example.com,\n1592697603,pc.example.org,192.0.2.1,www.example.com\n1592697604,10.0.0.1,,cdn.example.net\n":                         true,
		"timestamp,src_ip,dst_ip,hostname\n1592697602,10.0.0.1,192.0.2.1,\n":                                                                                                                          true,
		"timestamp,src_ip,dst_ip,hostname\n1592697602,pc.example.org,www.example.com,www.example.com\n1592697602,pc.example.org,www.example.com,192.0.2.7\n1592697602,10.0.0.1,192.0.2.1,192.0.2.1\n": true,
		"timestamp,src_ip,dst_ip\n1592697602,10.0.0.1,192.0.2.1\n":                                                                                                                                    false,
	} {
		path := logtest.WriteFile(t, "log.csv", []byte(text))
		want, _, err := logtest.ReadFlows(path, flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		for _, format := range []string{"parquet", "arrow", "csv", "ndjson"} {
			got, raw := converted(t, path, Options{Format: format})
			require.Equal(t, want, got, "%s of %s", format, text)
			require.Equal(t, column || format == "csv", bytes.Contains(raw, []byte("hostname")), "%s of %s", format, text)
		}
	}
}

// Nothing is left behind, whatever ends the writing.
func TestConvertLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	log, err := flowlog.Open([]string{logtest.WriteFile(t, "log.csv", shuffledLog(5000))}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	opt := Options{Format: "parquet", Sort: true, Memory: 1}
	empty := func() {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	_, err = Convert(context.Background(), log, opt, &bytes.Buffer{})
	require.NoError(t, err)
	empty()
	for _, room := range []int{0, 3, 1000, 20_000} {
		_, err = Convert(context.Background(), log, opt, &smallDisk{room: room})
		require.ErrorIs(t, err, errFull, "room for %d bytes", room)
		empty()
		_, err = Convert(context.Background(), log, Options{Format: "arrow"}, &smallDisk{room: room})
		require.ErrorIs(t, err, errFull, "room for %d bytes", room)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Convert(ctx, log, opt, &bytes.Buffer{})
	require.ErrorIs(t, err, context.Canceled)
	empty()
	_, err = Convert(context.Background(), log, Options{Format: "docx"}, &bytes.Buffer{})
	require.ErrorContains(t, err, `no log can be written as "docx"`)
}

var errFull = fmt.Errorf("no space left")

// smallDisk takes so many bytes and no more.
type smallDisk struct{ room int }

func (d *smallDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room)
	if d.room -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}
