package all

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// packedLogs writes packed logs of several kinds and lengths: some are cut off, have bad
// lines or hold no flow.
func packedLogs(t *testing.T, seed uint64) (dir string) {
	r := rand.New(rand.NewPCG(seed, 18))
	dir = t.TempDir()
	for i := range 6 + r.IntN(4) {
		var text bytes.Buffer
		zeek := r.IntN(3) == 0
		text.WriteString(map[bool]string{true: "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\n", false: "timestamp,src_ip,dst_ip,dst_port\n"}[zeek])
		for k := range 1 + r.IntN(3000) {
			line := fmt.Sprintf("%d,10.0.%d.%d,192.0.2.%d,%d\n", 1592697600+k, i, r.IntN(200), r.IntN(200), r.IntN(1000))
			if r.IntN(400) == 0 {
				line = "x" + line
			}
			if zeek {
				line = strings.ReplaceAll(line, ",", "\t")
			}
			text.WriteString(line)
		}
		var packed bytes.Buffer
		if r.IntN(3) == 0 {
			z, err := zstd.NewWriter(&packed)
			require.NoError(t, err)
			z.Write(text.Bytes())
			require.NoError(t, z.Close())
		} else {
			z := gzip.NewWriter(&packed)
			z.Write(text.Bytes())
			require.NoError(t, z.Close())
		}
		log := packed.Bytes()
		if r.IntN(4) == 0 {
			log = log[:len(log)*2/3]
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d", i)), log, 0o600))
	}
	return dir
}

// Packed logs are unpacked at once: flows, their order, counts, bad records and errors are
// those of a reading by one worker.
func TestPackedLogsAbreast(t *testing.T) {
	for seed := range uint64(12) {
		dir := packedLogs(t, seed)
		for _, strict := range []bool{false, true} {
			read := func(workers int) string {
				flows, report, err := logtest.ReadFlows(dir, flowlog.Options{Strict: strict}, flow.All, workers)
				if strict {
					return fmt.Sprint(err)
				}
				require.NoError(t, err)
				told := fmt.Sprintf("%s%s%+v", flows, logtest.Counts(report), report.Bad)
				for i := range report.Inputs {
					told += report.Inputs[i].Damaged()
				}
				return told
			}
			for _, size := range []int{1 << 10, 40 << 10} {
				logtest.WithBlocks(t, size, func() {
					want := read(1)
					for _, workers := range []int{2, 3, 8} {
						require.Equal(t, want, read(workers), "seed %d, blocks of %d, %d workers", seed, size, workers)
					}
				})
			}
		}
	}
}
