package all

import (
	"os"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// decoded is the formats whose libraries panic on a corrupt file; the reading
// recovers from that.
var decoded = map[string]bool{"parquet": true, "arrow": true}

// FuzzRead reads any bytes as any format, the one that they look like or
// another: no panic, and the same flows, counts and error whatever the blocks
// and workers.
func FuzzRead(f *testing.F) {
	for i, format := range flowlog.Formats() {
		for _, path := range logtest.Samples(f, format.Name) {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(text, uint8(0))
			f.Add(text, uint8(i+1))
		}
	}
	for i := range flowlog.Formats() { // a brace too many that is a block of its own
		f.Add([]byte(`{"a":{"b":1}}}`+"\n"+`{"a":{"bcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz":2}}`+"\n"), uint8(i+1))
	}
	f.Fuzz(func(t *testing.T, text []byte, force uint8) {
		var opt flowlog.Options
		list := flowlog.Formats()
		if n := int(force) % (len(list) + 1); n > 0 {
			opt.Format = list[n-1].Name
		}
		path := logtest.WriteFile(t, "log", text)
		read := func(workers int) string {
			got := logtest.SampleTextOf(path, opt, flow.All, workers)
			if !decoded[opt.Format] && opt.Format != "" {
				require.False(t, strings.Contains(got, "not what it seems"), got)
			}
			if at := strings.Index(got, "error: "); at >= 0 { // what was read before it is up to the workers
				got, _, _ = strings.Cut(got[at:], "\n")
			}
			return got
		}
		want := read(1)
		logtest.WithBlocks(t, 40, func() {
			require.Equal(t, want, read(1))
			require.Equal(t, want, read(3))
		})
	})
}
