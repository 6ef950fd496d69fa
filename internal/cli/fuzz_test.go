package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fuzzFile writes a fuzzed file.
func fuzzFile(t *testing.T, text []byte) string {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// FuzzConfig runs a command with any text as its settings: it succeeds or is wrong
// usage, or fails; it doesn't panic.
func FuzzConfig(f *testing.F) {
	f.Add([]byte("internal = \"10.0.0.0/8\"\nworkers = 2\n"))
	f.Add([]byte("internal = [\"10.0.0.0/8\", \"::/0\"]\n[a]\nb = 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		require.Contains(t, []int{statusOK, statusFailed, statusUsage}, Main([]string{"version", "--config", fuzzFile(t, text)}, nil, io.Discard, io.Discard))
	})
}

// FuzzTime reads any text as a time of --from: one that is read is read the same when
// it is written out.
func FuzzTime(f *testing.F) {
	for _, text := range []string{"2020-06-21", "2020-06-21 08:30", "2020-06-21T08:30:00+02:00", "1592728200", "1592728200.5", "-1", "1e9"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ns, err := parseTime("--from", text, time.UTC)
		if err != nil || ns < 0 {
			return
		}
		again, err := parseTime("--from", time.Unix(0, ns).UTC().Format(time.RFC3339Nano), time.UTC)
		require.NoError(t, err, text)
		require.Equal(t, ns, again, text)
	})
}
