package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"

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
