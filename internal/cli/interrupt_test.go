//go:build unix

package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signalRuns is how often commands are interrupted in all, half of the times where they wait
// and half of the times anywhere.
var signalRuns = flag.Int("signals", 0, "signals to send to commands; by default one to each that waits and four to each that works")

// interruptLimit is the time in which an interrupted command ends, and secondLimit the time
// after a second signal.
const (
	interruptLimit = time.Second
	secondLimit    = interruptLimit / 5
)

// onTime checks how long a command took to end. On a machine that is busy it may take longer
// than the limit by what starting the command that does least takes at the same time, often.
func onTime(t *testing.T, took, limit time.Duration, name string) {
	const often = 10 // 0.3 s on an idle machine
	if took < limit {
		return
	}
	begin := time.Now()
	assert.NoError(t, start(t, t.TempDir(), "version").Wait(), name)
	busy := time.Since(begin)
	assert.Less(t, took, limit+often*busy, "%s: late, where beacon version takes %s", name, busy)
}

var statuses = map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143}

// endings are the signals that end a command and let it clean up.
var endings = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// waiting are commands that wait, by where. LOG is a log, SERVER the URL of a table of a
// server that accepts and never answers, fifo a FIFO without another end.
var waiting = []struct{ where, command string }{
	{"an idle pipe", "detect -"},
	{"an idle pipe", "inspect -"},
	{"an idle pipe", "inspect --json -"},
	{"an idle pipe", "explain 192.0.2.1 -"},
	{"an idle pipe", "show 192.0.2.1 -"},
	{"an idle pipe", "convert - -o out.csv"},
	{"an idle pipe behind a file", "convert LOG - --sort -o out.parquet"},
	{"a FIFO", "detect fifo"},
	{"a FIFO", "inspect fifo"},
	{"a FIFO", "explain 192.0.2.1 fifo"},
	{"a FIFO", "show 192.0.2.1 fifo"},
	{"a FIFO", "convert fifo -o out.csv"},
	{"a FIFO of a pattern", "detect fif?"},
	{"settings", "detect --config fifo LOG"},
	{"settings", "formats --config fifo"},
	{"settings", "simulate office --config fifo -o out.csv"},
	{"networks", "detect --exclude fifo LOG"},
	{"known services", "detect --known fifo LOG"},
	{"known services", "explain --known fifo 192.0.2.1 LOG"},
	{"names", "detect --names fifo LOG"},
	{"names", "show 192.0.2.1 --names fifo LOG"},
	{"earlier findings", "detect --baseline fifo LOG"},
	{"names", "watch --names fifo LOG"},
	{"threat intelligence", "detect --intel fifo LOG"},
	{"a MaxMind database", "detect --mmdb fifo LOG"},
	{"certificates", "detect --ca-file fifo SERVER?secure=true"},
	{"filters of RITA", "config import fifo"},
	{"earlier findings", "diff fifo LOG"},
	{"earlier findings", "known add fifo --rank 1 --reason x -o out.toml"},
	{"known services in CSV", "known convert fifo"},
	{"a FIFO as output", "detect --internal 120.0.0.0/8 -o fifo LOG"},
	{"a FIFO as output", "detect --internal 120.0.0.0/8 -q --plot fifo.png LOG"},
	{"a FIFO as output", "detect --internal 120.0.0.0/8 -q --report fifo.html LOG"},
	{"a FIFO as output", "convert -o fifo LOG"},
	{"a FIFO as output", "show 80.155.115.153 -o fifo LOG"},
	{"a FIFO as output", "simulate office -o fifo"},
	{"a FIFO as output", "simulate beacons -o fifo"},
	{"an output that nobody reads", "convert LOG -o -"},
	{"an output that nobody reads", "show 0.0.0.0/0 LOG"},
	{"an output that nobody reads", "show 0.0.0.0/0 -f csv LOG"},
	{"an output that nobody reads", "simulate office -o -"},
	{"a FIFO as output", "watch LOG --internal 120.0.0.0/8 --once -o fifo"},
	{"an idle pipe", "watch --once -"},
	{"a server", "detect SERVER"},
	{"a server", "detect --print-sql SERVER"},
	{"a server", "explain 192.0.2.1 SERVER"},
	{"a server", "convert LOG -o SERVER"},
	{"a server", "convert LOG --append -o SERVER"},
}

// TestInterrupted ends every command wherever it waits: soon, with the status of the signal,
// and without a temporary file.
func TestInterrupted(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never answers
	require.NoError(t, err)
	defer silent.Close()
	words := strings.NewReplacer("LOG", sampleLog(t), "SERVER", "clickhouse://"+silent.Addr().String()+"/db/table")
	const atOnce = 8 // they mostly wait
	room := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range max(len(waiting), *signalRuns/2) {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			w, sig := waiting[i%len(waiting)], endings[(i+i/len(waiting))%len(endings)]
			if sig == syscall.SIGHUP && strings.HasPrefix(w.command, "watch") { // it reads files again then
				sig = syscall.SIGTERM
			}
			interruptWaiting(t, w.where+": "+w.command, strings.Fields(words.Replace(w.command)), sig)
		})
	}
	all.Wait()
}

// fifos are the FIFOs that waiting commands find. Some outputs have a certain ending.
var fifos = []string{"fifo", "fifo.html", "fifo.png"}

// maxWait is the longest time that a command is given to come to where it waits.
const maxWait = 8 * time.Second

// interruptWaiting interrupts a command after it has come to where it waits. One that isn't
// so far that it listens for signals is tried again.
func interruptWaiting(t *testing.T, name string, args []string, sig syscall.Signal) {
	dir := t.TempDir()
	for _, fifo := range fifos {
		if err := syscall.Mkfifo(filepath.Join(dir, fifo), 0o600); err != nil {
			t.Error(err)
			return
		}
	}
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		c := start(t, dir, args...)
		time.Sleep(wait)
		begin := time.Now()
		assert.NoError(t, c.Process.Signal(sig), name)
		c.Wait()
		took, code := time.Since(begin), c.ProcessState.ExitCode()
		if code < 0 && wait < maxWait {
			continue
		}
		assert.Equal(t, statuses[sig], code, "%s: %s", name, &c.stderr)
		assert.Equal(t, "beacon: interrupted\n", c.stderr.String(), name)
		left, err := os.ReadDir(dir)
		assert.NoError(t, err)
		assert.Len(t, left, len(fifos), "%s: a temporary file is left", name)
		onTime(t, took, interruptLimit, name)
		return
	}
}

// sampleLog returns the path of the test log.
func sampleLog(t *testing.T) string {
	log, err := filepath.Abs("../../testdata/flows.parquet")
	require.NoError(t, err)
	return log
}

// command is a beacon that runs, with pipes that stay idle as standard input and output.
type command struct {
	*exec.Cmd
	stderr bytes.Buffer
}

// start runs beacon in a folder.
func start(t *testing.T, dir string, args ...string) *command {
	self, err := os.Executable()
	assert.NoError(t, err)
	c := &command{Cmd: exec.Command(self, args...)}
	c.Args[0] = "beacon"
	c.Dir = dir
	c.Env = append(os.Environ(), "BEACON_TEST_MAIN=1", "TMPDIR="+dir, "XDG_CONFIG_HOME="+dir)
	c.Stderr = &c.stderr
	stdin, err := c.StdinPipe()
	assert.NoError(t, err)
	output, stdout, err := os.Pipe()
	assert.NoError(t, err)
	c.Stdout = stdout
	// A test that runs in the background of a shell ignores SIGINT, and its commands would
	// inherit that. What is caught here is at its default in them.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, os.Interrupt, syscall.SIGHUP)
	assert.NoError(t, c.Start())
	stdout.Close()
	// A command that hangs fails its test and doesn't hang it.
	kill := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	t.Cleanup(func() {
		kill.Stop()
		stdin.Close()
		output.Close()
		signal.Stop(caught)
	})
	return c
}

// working are commands that work, and the files that they write.
var working = []struct{ command, outputs string }{
	{"detect LOG --internal 120.0.0.0/8 -q --plot p.png --report r.html --evidence e.ndjson -o o.csv", "p.png r.html e.ndjson o.csv"},
	{"detect LOG --internal 120.0.0.0/8 -q --rule every-minute,rhythm --memory 1MiB -o o.json", "o.json"},
	{"convert LOG -q -o o.csv", "o.csv"},
	{"convert LOG -q --sort --memory 1MiB -o o.parquet", "o.parquet"},
	{"simulate office --scale 0.01 --days 1 -o o.csv --truth t.csv", "o.csv t.csv"},
	{"show 80.155.115.153 LOG -q -o o.csv", "o.csv"},
}

// TestInterruptedAtAnyMoment interrupts commands at moments all over their run:
// an output is the old one or the new one, whole.
func TestInterruptedAtAnyMoment(t *testing.T) {
	moments := max(4, *signalRuns/2/len(working))
	if testing.Short() {
		moments = 1
	}
	signals := append(endings, syscall.SIGKILL)
	for _, w := range working {
		args, outputs := strings.Fields(strings.ReplaceAll(w.command, "LOG", sampleLog(t))), strings.Fields(w.outputs)
		whole := t.TempDir()
		begin := time.Now()
		c := start(t, whole, args...)
		require.NoError(t, c.Wait(), &c.stderr)
		length := time.Since(begin)
		for i := range moments {
			interruptWorking(t, args, outputs, whole, signals[i%len(signals)], time.Duration(rand.Int64N(int64(length)+1)))
		}
	}
}

// interruptWorking interrupts a command that replaces its outputs. whole is the folder in
// which they are right.
func interruptWorking(t *testing.T, args, outputs []string, whole string, sig syscall.Signal, after time.Duration) {
	dir, name := t.TempDir(), fmt.Sprint(args, " ", sig, " after ", after)
	for _, output := range outputs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, output), []byte("old\n"), 0o600))
	}
	c := start(t, dir, args...)
	time.Sleep(after)
	begin := time.Now()
	c.Process.Signal(sig)
	c.Wait()
	onTime(t, time.Since(begin), interruptLimit, name)
	fresh := 0
	for _, output := range outputs {
		got, want := read(t, filepath.Join(dir, output)), read(t, filepath.Join(whole, output))
		if got == want {
			fresh++
			continue
		}
		require.Equal(t, "old\n", got, "%s: %s is neither the old one nor the new one", name, output)
	}
	if code := c.ProcessState.ExitCode(); code == 0 {
		require.Equal(t, len(outputs), fresh, name)
	} else if sig != syscall.SIGKILL && code > 0 { // below 0 it came before beacon listened
		require.Equal(t, statuses[sig], code, "%s: %s", name, &c.stderr)
	}
	if sig != syscall.SIGKILL {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, left, len(outputs), "%s: a temporary file is left: %s", name, left)
	}
}

// TestSecondInterrupt ends a command at once that ignores the first for a while.
func TestSecondInterrupt(t *testing.T) {
	for _, args := range []string{"detect -", "watch --once -", "simulate office -o -", "simulate office -o o.csv"} {
		for wait := 500 * time.Millisecond; ; wait *= 2 {
			dir := t.TempDir()
			c := start(t, dir, strings.Fields(args)...)
			time.Sleep(wait)
			require.NoError(t, c.Process.Signal(syscall.SIGINT)) // of two that are pending, the lower number comes first
			time.Sleep(20 * time.Millisecond)
			begin := time.Now()
			c.Process.Signal(syscall.SIGTERM)
			c.Wait()
			took, code := time.Since(begin), c.ProcessState.ExitCode()
			if code < 0 && wait < maxWait { // it didn't listen yet
				continue
			}
			onTime(t, took, secondLimit, args)
			require.Equal(t, 130, code, "the first signal gives the status: %s", &c.stderr)
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left, args)
			break
		}
	}
}
