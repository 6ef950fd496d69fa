package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

// One period has one rounding on the screen, in the picture, on the page and in JSON.
func TestOneVoice(t *testing.T) {
	root := os.Getenv("BEACON_SHARED")
	if root == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "v.svg"), filepath.Join(dir, "v.html"), filepath.Join(dir, "v.ndjson")}
	var stdout, stderr bytes.Buffer
	status := cli.Main([]string{"detect", filepath.Join(root, "cases/outputs/two-voices.csv"), "--rule", "rhythm",
		"--plot", files[0], "--report", files[1], "-f", "ndjson", "-o", files[2]}, strings.NewReader(""), &stdout, &stderr)
	require.Zero(t, status, &stderr)
	texts := map[string]string{"the screen": stderr.String()}
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[filepath.Base(path)] = string(text)
	}
	for name, text := range texts {
		assert.Contains(t, text, "20.5 min", name)
		assert.NotRegexp(t, `\b20\.\d{2,} ?min`, text, name)
	}
}
