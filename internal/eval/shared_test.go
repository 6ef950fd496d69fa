package eval

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// shared is the directory of the labelled data joined with elem. It skips the test
// where BEACON_SHARED is unset, and fails it where the data is missing there.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	root := os.Getenv("BEACON_SHARED")
	if root == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	_, err := os.Stat(path)
	require.NoError(t, err)
	return path
}
