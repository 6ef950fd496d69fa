//go:build unix

package cli_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// interruptLimit is the time in which an interrupted command ends. The tests
// allow more than the second that is promised, for a machine that is busy.
const interruptLimit = 3 * time.Second

var statuses = map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143}

// TestInterrupted ends commands wherever they wait.
func TestInterrupted(t *testing.T) {
	log, err := filepath.Abs("../../testdata/flows.parquet")
	require.NoError(t, err)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	require.NoError(t, err)
	defer silent.Close()
	cases := map[string]string{
		"an idle pipe":          "detect -",
		"inspect of a pipe":     "inspect -",
		"convert of a pipe":     "convert - -o out.csv",
		"a FIFO":                "detect fifo",
		"a FIFO for settings":   "detect --config fifo " + log,
		"a FIFO of networks":    "detect --exclude fifo " + log,
		"a FIFO of services":    "detect --known fifo " + log,
		"a FIFO of names":       "detect --names fifo " + log,
		"a FIFO as output":      "convert -o fifo " + log,
		"a server that hangs":   "detect clickhouse://" + silent.Addr().String() + "/db/table",
		"loading into a server": "convert " + log + " -o clickhouse://" + silent.Addr().String() + "/db/table",
		"a simulation":          "simulate office -o out.csv",
		"sorting":               "convert " + strings.Repeat(log+" ", 20) + "--sort --memory 1MiB -o out.parquet",
	}
	var all sync.WaitGroup // they mostly wait: all at once
	for i, name := range slices.Sorted(maps.Keys(cases)) {
		signals := slices.Collect(maps.Keys(statuses))
		if name != "an idle pipe" {
			signals = signals[i%len(signals):][:1]
		}
		for _, sig := range signals {
			dir := t.TempDir()
			require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
			cmd, stderr := start(t, dir, strings.Fields(cases[name])...)
			all.Go(func() {
				time.Sleep(time.Second) // for all to come to where they wait
				begin := time.Now()
				assert.NoError(t, cmd.Process.Signal(sig), name)
				cmd.Wait()
				assert.Less(t, time.Since(begin), interruptLimit, name)
				assert.Equal(t, statuses[sig], cmd.ProcessState.ExitCode(), "%s: %s", name, stderr)
				assert.Equal(t, "beacon: interrupted\n", stderr.String(), name)
				left, err := os.ReadDir(dir)
				assert.NoError(t, err)
				assert.Len(t, left, 1, "%s: a temporary file is left", name)
			})
		}
	}
	all.Wait()
}

// start runs beacon in a folder, with a pipe that stays idle as standard input.
func start(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "beacon"
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BEACON_TEST_MAIN=1", "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { stdin.Close() })
	// A test that runs in the background of a shell ignores SIGINT, and its commands would
	// inherit that. What is caught here is at its default in them.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(caught) })
	require.NoError(t, cmd.Start())
	// A command that hangs fails its test and doesn't hang it.
	kill := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	t.Cleanup(func() { kill.Stop() })
	return cmd, &stderr
}

// TestInterruptedAtAnyMoment interrupts commands at moments all over their run:
// an output is the old one or the new one, whole.
func TestInterruptedAtAnyMoment(t *testing.T) {
	log, err := filepath.Abs("../../testdata/flows.parquet")
	require.NoError(t, err)
	outputs := []string{"o.csv", "p.png", "r.html", "e.ndjson"}
	args := []string{"detect", log, "--internal", "120.0.0.0/8", "-q", "--plot", "p.png", "--report", "r.html", "--evidence", "e.ndjson", "-o", "o.csv"}
	whole := t.TempDir()
	begin := time.Now()
	cmd, stderr := start(t, whole, args...)
	require.NoError(t, cmd.Wait(), stderr)
	length := time.Since(begin)
	const moments = 16
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}
	for i := range moments {
		dir := t.TempDir()
		for _, name := range outputs {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("old\n"), 0o600))
		}
		cmd, stderr := start(t, dir, args...)
		time.Sleep(length * time.Duration(i) / moments)
		signal := signals[i%len(signals)]
		cmd.Process.Signal(signal)
		cmd.Wait()
		fresh := 0
		for _, name := range outputs {
			got, want := read(t, filepath.Join(dir, name)), read(t, filepath.Join(whole, name))
			if got == want {
				fresh++
				continue
			}
			require.Equal(t, "old\n", got, "%s is neither the old one nor the new one", name)
		}
		if code := cmd.ProcessState.ExitCode(); code == 0 {
			require.Equal(t, len(outputs), fresh)
		} else if signal != syscall.SIGKILL && code > 0 { // below 0 it came before beacon listened
			require.Equal(t, statuses[signal], code, stderr)
		}
		if signal != syscall.SIGKILL {
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, left, len(outputs), fmt.Sprint("a temporary file is left: ", left))
		}
	}
}

// TestSecondInterrupt ends a command at once that ignores the first for a while.
func TestSecondInterrupt(t *testing.T) {
	dir := t.TempDir()
	cmd, stderr := start(t, dir, "detect", "-")
	time.Sleep(300 * time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	time.Sleep(20 * time.Millisecond)
	begin := time.Now()
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	require.Less(t, time.Since(begin), interruptLimit/5)
	require.Equal(t, 143, cmd.ProcessState.ExitCode(), "the first signal gives the status: %s", stderr)
}
