package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/manual"
)

// fromHelp returns what stands indented in the help of watch from a line on, up to the next
// line that isn't, with other paths.
func fromHelp(t *testing.T, first string, paths ...string) string {
	t.Helper()
	_, text, ok := strings.Cut(manual.Watch, "\n  "+first+"\n")
	require.True(t, ok, "%s isn't in the help", first)
	text = regexp.MustCompile(`\n\S(?s:.*)`).ReplaceAllString("  "+first+"\n"+text, "\n")
	text = regexp.MustCompile(`(?m)^  `).ReplaceAllString(text, "")
	return strings.NewReplacer(paths...).Replace(text)
}

// beaconCommand writes a program beacon into a folder: the test binary.
func beaconCommand(t *testing.T, dir string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "beacon"), []byte("#!/bin/sh\nBEACON_TEST_MAIN=1 exec '"+self+"' \"$@\"\n"), 0o700))
}

func TestWatchUnit(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd here")
	}
	dir := t.TempDir()
	beaconCommand(t, dir)
	unit := filepath.Join(dir, "beacon.service")
	require.NoError(t, os.WriteFile(unit, []byte(fromHelp(t, "[Unit]", "/usr/local/bin/beacon", filepath.Join(dir, "beacon"))), 0o600))
	out, err := exec.Command(verify, "verify", unit).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, string(out))
}

// The script for cron tells of each beacon once.
func TestWatchCron(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh here")
	}
	dir := t.TempDir()
	beaconCommand(t, dir)
	logs, state := filepath.Join(dir, "logs"), filepath.Join(dir, "state")
	require.NoError(t, os.Mkdir(logs, 0o700))
	require.NoError(t, os.Mkdir(state, 0o700))
	script := filepath.Join(dir, "cron")
	require.NoError(t, os.WriteFile(script, []byte(fromHelp(t, "#!/bin/sh", "/var/log/zeek", logs, "/var/lib/beacon", state)), 0o700))
	cron := func() string {
		cmd := exec.Command(script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+state)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	calls := func(name, destination string, period int) {
		text := "timestamp,src_ip,dst_ip,dst_port\n"
		for i := range 86400 / period {
			at := time.Unix(1709510407+int64(i*period+i*7%5), 0).UTC() // a jitter of a few seconds
			text += at.Format(time.DateTime) + ",10.0.0.5," + destination + ",443\n"
		}
		require.NoError(t, os.WriteFile(filepath.Join(logs, name), []byte(text), 0o600))
	}
	calls("a.csv", "198.51.100.7", 600)
	require.Contains(t, cron(), "198.51.100.7")
	require.Empty(t, cron())
	calls("b.csv", "198.51.100.8", 900)
	out := cron()
	require.Contains(t, out, "198.51.100.8")
	require.NotContains(t, out, "198.51.100.7")
	require.Empty(t, cron())
}
