package cli_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/cli"
)

var update = flag.Bool("update", false, "write the goldens anew")

// Each folder of testdata/cases is one log and one question: args holds the
// arguments of beacon detect (lines with # aside), want.csv what it writes, and
// want.err lines that stand on the screen; "exit N" there is the status.
func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("../../testdata/cases/*")
	require.NoError(t, err)
	require.Greater(t, len(dirs), 30)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { runCase(t, dir) })
	}
}

func runCase(t *testing.T, dir string) {
	t.Chdir(dir)
	args := []string{"detect"}
	for line := range strings.Lines(read(t, "args")) {
		if !strings.HasPrefix(line, "#") {
			args = append(args, fields(line)...)
		}
	}
	var stdout, stderr bytes.Buffer
	status := cli.Main(args, strings.NewReader(""), &stdout, &stderr)
	if *update {
		require.NoError(t, os.WriteFile("want.csv", stdout.Bytes(), 0o600))
	}
	require.Equal(t, read(t, "want.csv"), stdout.String(), "standard error: %s", &stderr)
	wantStatus := 0
	if _, err := os.Stat("want.err"); err == nil {
		for line := range strings.Lines(read(t, "want.err")) {
			line = strings.TrimSpace(line)
			if n, ok := strings.CutPrefix(line, "exit "); ok {
				wantStatus, err = strconv.Atoi(n)
				require.NoError(t, err)
				continue
			}
			require.Contains(t, stderr.String(), line)
		}
	} else {
		require.NotContains(t, stderr.String(), "warning")
	}
	require.Equal(t, wantStatus, status, "standard error: %s", &stderr)
}

// fields splits a command line at blanks outside of double quotes.
func fields(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 && len(words) > 0 {
			words[len(words)-1] += part
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
