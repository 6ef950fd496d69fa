package all

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// damaged returns what a reading says of its first input's damage.
func damaged(report *flowlog.Report) string {
	if report == nil {
		return ""
	}
	return report.Inputs[0].Damaged()
}

// A compressed log that is cut off or damaged is read up to there, by whole lines, and
// the report says so; a strict reading fails.
func TestCompressionCut(t *testing.T) {
	for _, codec := range []string{"gzip", "zstd", "lz4", "bzip2"} {
		text := longText()
		if codec == "bzip2" {
			text = []byte(bzippedText)
		}
		want, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", text), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		packed := pack(t, codec, text)
		some := 0
		for n := 8; n < len(packed); n += max(1, len(packed)/13) {
			path := logtest.WriteFile(t, "log", packed[:n])
			got, report, err := logtest.ReadFlows(path, flowlog.Options{Format: "csv"}, flow.All, 2)
			require.True(t, strings.HasPrefix(want, got), "%s, %d of %d bytes", codec, n, len(packed))
			require.True(t, err != nil || strings.Contains(damaged(report), codec+" data is cut off after"), "%s, %d of %d bytes: %s", codec, n, len(packed), damaged(report))
			if err == nil {
				some++
			}
			_, _, err = logtest.ReadFlows(path, flowlog.Options{Format: "csv", Strict: true}, flow.All, 2)
			require.Error(t, err)
		}
		// What bzip2 and lz4 packed here is one block, of which nothing can be read.
		require.True(t, some > 5 || codec == "bzip2" || codec == "lz4", "%s: %d", codec, some)
		for at := 12; at < len(packed); at += max(1, len(packed)/11) { // checksums are held
			bad := bytes.Clone(packed)
			bad[at] ^= 0x10
			got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", bad), flowlog.Options{Format: "csv"}, flow.All, 2)
			require.True(t, err != nil || damaged(report) != "" || got == want, "%s, byte %d", codec, at)
		}
	}
}

// What follows the last member is noted and costs no flow; the end of the text needs
// no line feed.
func TestCompressionTrailing(t *testing.T) {
	for _, codec := range []string{"gzip", "zstd", "lz4", "bzip2"} {
		text := bytes.TrimRight(longText(), "\n")
		if codec == "bzip2" {
			text = []byte(bzippedText)
		}
		want, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log.csv", text), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		for _, tail := range []string{strings.Repeat("\x00", 512), "trailing garbage", "\x00"} {
			packed := append(pack(t, codec, text), tail...)
			got, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", packed), flowlog.Options{}, flow.All, 2)
			require.NoError(t, err)
			require.NotEmpty(t, damaged(report), "%s, %d bytes", codec, len(tail))
			if len(tail) > 1 || codec == "gzip" { // fewer bytes can be the beginning of a frame that is cut off
				require.Equal(t, want, got, "%s, %d bytes", codec, len(tail))
				require.Contains(t, damaged(report), "is something else, and is not read", codec)
			}
		}
	}
}

// One file of a directory never ends the run: what can be read of it is, and the
// report names it.
func TestDirectoryDamage(t *testing.T) {
	parquet, err := os.ReadFile("../testdata/parquet/office.parquet")
	require.NoError(t, err)
	middle := bytes.Clone(parquet)
	for i := len(middle) / 5; i < len(middle)/4; i++ {
		middle[i] ^= 0x55
	}
	arrow, err := os.ReadFile("../testdata/arrow/file.arrow")
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"cut.csv.gz":      pack(t, "gzip", longText())[:5000],
		"empty.csv":       nil,
		"cut.csv.zst":     pack(t, "zstd", longText())[:1000],
		"page.parquet":    middle,
		"cut.parquet":     parquet[:len(parquet)/2],
		"cut.parquet.gz":  logtest.Zip(t, parquet)[:len(parquet)/3],
		"cut.arrow":       arrow[:len(arrow)-40],
		"intel.dat":       []byte("#fields\tindicator\tindicator_type\tmeta.source\n192.0.2.7\tIntel::ADDR\tus\n"),
		"table.csv":       []byte("timestamp,src_ip,dst_ip\n" + strings.Repeat("a,b,c\n", 50)),
		"text":            []byte("hello\n"),
		"zeros":           make([]byte, 4096),
		"capture.pcap.gz": pack(t, "gzip", pcapOf(t))[:60],
	} {
		for _, order := range []string{"a-", "z-"} {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "m.csv"), []byte(bzippedText), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(dir, order+name), content, 0o600))
			var first string
			for _, workers := range []int{1, 3} {
				flows, report, err := logtest.ReadFlows(dir, flowlog.Options{}, flow.All, workers)
				require.NoError(t, err, name)
				require.Contains(t, flows, "\t192.0.2.7\t", name)
				told := ""
				for i := range report.Inputs {
					told += report.Inputs[i].Damaged()
				}
				if len(report.Inputs) > 1 {
					require.Contains(t, told, name)
				}
				if workers == 1 {
					first = flows + told
				}
				require.Equal(t, first, flows+told, name)
			}
		}
	}
}

func pcapOf(t *testing.T) []byte {
	for _, path := range logtest.Samples(t, "pcap") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		return text
	}
	return nil
}
