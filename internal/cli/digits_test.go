package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSameDigits holds the findings of a build for processors with a fused multiply-add,
// made as make build makes it, to those of this test's own build, which has none.
// Without the compiler's flag in the Makefile they differ in the last digits.
func TestSameDigits(t *testing.T) {
	if os.Getenv("BEACON_DIGITS") != "required" {
		t.Skip("make digits runs it: the build takes a minute")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the build of this processor may fuse")
	}
	dir := t.TempDir()
	fused, log := filepath.Join(dir, "beacon"), filepath.Join(dir, "log.csv")
	build := exec.Command("make", "build", "BIN="+fused)
	build.Dir, build.Env = "../..", append(os.Environ(), "GOAMD64=v3")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	if err := exec.Command(fused, "version").Run(); err != nil {
		t.Skip("this processor has no fused multiply-add")
	}
	run := func(args ...string) {
		var stderr bytes.Buffer
		require.Zero(t, Main(args, strings.NewReader(""), &stderr, &stderr), &stderr)
	}
	run("simulate", "beacons", "-q", "-o", log)
	ask := func(name string) []string {
		return []string{"detect", "--rule", "rhythm", log, "-q", "-o", filepath.Join(dir, name+".csv"), "--evidence", filepath.Join(dir, name+".ndjson")}
	}
	run(ask("plain")...)
	out, err = exec.Command(fused, ask("fused")...).CombinedOutput()
	require.NoError(t, err, string(out))
	findings := func(name string) []string {
		text, err := os.ReadFile(filepath.Join(dir, name+".ndjson"))
		require.NoError(t, err)
		return strings.Split(string(text), "\n")[1:] // the first line names the build
	}
	want, got := findings("plain"), findings("fused")
	require.Greater(t, len(want), 10)
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}
