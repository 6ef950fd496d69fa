//go:build linux

package cli_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Many flagged destinations with many sources each take no more than --memory and 40 MB,
// and the answer is the same as with plenty. Without going to disk they took 79 MB.
func TestMemoryOfManyFlagged(t *testing.T) {
	dir := loadDir(t)
	const flows, destinations, sources = 600_000, 1500, 300
	r := rand.New(rand.NewPCG(1, 2))
	writeLog(t, filepath.Join(dir, "log.csv"), flows, func(i int) (at, src, dst int) {
		d, s := r.IntN(destinations), r.IntN(sources)
		return i * 86400 / flows, s, d
	})
	want, _ := load(t, dir, "plenty.ndjson", "log.csv", "--memory", "1GiB")
	got, peak := load(t, dir, "little.ndjson", "log.csv", "--memory", "32MiB")
	require.Equal(t, want, got)
	require.Greater(t, strings.Count(got, "\n"), destinations/2)
	require.Less(t, peak, int64(32<<20+40e6))
}

// Where no more is wanted than sources, they take next to nothing: a run on so many
// destinations and sources takes 140 MB where each has its own.
func TestMemoryOfSourcesOnly(t *testing.T) {
	dir := loadDir(t)
	const flows, destinations, sources = 600_000, 1500, 300
	r := rand.New(rand.NewPCG(1, 2))
	writeLog(t, filepath.Join(dir, "log.csv"), flows, func(i int) (at, src, dst int) {
		d, s := r.IntN(destinations), r.IntN(sources)
		return i * 86400 / flows, s, d
	})
	answer, peak := load(t, dir, "flagged.csv", "log.csv", "--workers", "2")
	require.Equal(t, 1+sources, strings.Count(answer, "\n"))
	require.Less(t, peak, int64(60e6))
}

// Destinations that are called once take some 30 bytes each. With the collector left
// alone, so many took 140 to 151 MB.
func TestMemoryOfManyDestinations(t *testing.T) {
	dir := loadDir(t)
	const flows = 3_000_000
	writeLog(t, filepath.Join(dir, "log.csv"), flows, func(i int) (at, src, dst int) { return i * 3600 / flows, i & 255, i })
	_, peak := load(t, dir, "flagged.csv", "log.csv", "--workers", "2")
	require.Less(t, peak, int64(138e6))
}

// Thousands of small files in a folder are the log that they are together, and take 2 kB
// of memory each.
func TestManyFiles(t *testing.T) {
	dir := loadDir(t)
	const files, rows = 10_000, 10
	at := func(i int) (at, src, dst int) { return i * 86400 / (files * rows), i % 50, i * 31 % 40 }
	require.NoError(t, os.Mkdir(filepath.Join(dir, "log"), 0o755))
	for k := range files {
		writeLog(t, filepath.Join(dir, "log", fmt.Sprintf("%05d.csv", k)), rows, func(i int) (int, int, int) { return at(k*rows + i) })
	}
	writeLog(t, filepath.Join(dir, "log.csv"), files*rows, at)
	want, alone := load(t, dir, "one.csv", "log.csv")
	got, peak := load(t, dir, "many.csv", "log")
	require.Equal(t, want, got)
	require.Equal(t, 51, strings.Count(got, "\n"))
	require.Less(t, peak, alone+files*4000)
}

// Packed inputs are read however few files may be open.
func TestPackedInputsWithFewDescriptors(t *testing.T) {
	dir := loadDir(t)
	const files, rows = 1000, 60
	var names []string
	w := gzip.NewWriter(nil)
	for k := range files {
		name := fmt.Sprintf("%04d.csv.gz", k)
		path := filepath.Join(dir, name)
		writeLog(t, path, rows, func(i int) (at, src, dst int) { return i * 60, k, i % 2 })
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var packed bytes.Buffer
		w.Reset(&packed)
		_, err = w.Write(text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, os.WriteFile(path, packed.Bytes(), 0o600))
		names = append(names, name)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, inputs := range [][]string{names, {"."}} {
		c := exec.Command("sh", append([]string{"-c", `ulimit -n 32; exec "$@"`, "sh", self, "detect", "-q", "--slots", "30"}, inputs...)...)
		c.Dir, c.Env = dir, append(os.Environ(), "BEACON_TEST_MAIN=1", "TMPDIR="+t.TempDir())
		answer, err := c.CombinedOutput()
		require.NoError(t, err, "%.500s", answer)
		require.Equal(t, 1+files, bytes.Count(answer, []byte("\n")), "%.500s", answer)
	}
}

// Runs on one log don't get in each other's way.
func TestManyRunsAtOnce(t *testing.T) {
	dir := loadDir(t)
	const runs, flows = 200, 10_000
	writeLog(t, filepath.Join(dir, "log.csv"), flows, func(i int) (at, src, dst int) { return i * 86400 / flows, i % 20, i % 9 })
	want, _ := load(t, dir, "alone.ndjson", "log.csv", "--workers", "1")
	var all sync.WaitGroup
	answers, errs := make([]string, runs), make([]error, runs)
	for k := range runs {
		all.Go(func() {
			answers[k], _, errs[k] = detectIn(dir, fmt.Sprintf("%d.ndjson", k), "log.csv", "--workers", "1", "--memory", "8MiB")
		})
	}
	all.Wait()
	for k := range runs {
		require.NoError(t, errs[k])
		require.Equal(t, want, answers[k])
	}
	left, err := filepath.Glob(filepath.Join(dir, "beacon-*"))
	require.NoError(t, err)
	require.Empty(t, left, "temporary files")
}

// loadDir returns a folder for a test under load.
func loadDir(t *testing.T) string {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes memory and time of its own")
	}
	return t.TempDir()
}

// writeLog writes a log of so many flows; at is in seconds, and hosts are numbers.
func writeLog(t *testing.T, path string, flows int, flow func(i int) (at, src, dst int)) {
	t.Helper()
	text := []byte("timestamp,src_ip,dst_ip,dst_port,bytes\n")
	for i := range flows {
		at, src, dst := flow(i)
		text = fmt.Appendf(text, "%d,10.0.%d.%d,60.%d.%d.%d,443,%d\n", 1718409600+at, src/256, src%256, dst>>16, dst>>8&255, dst&255, i%1000)
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// load is detectIn for a test that needs its answer.
func load(t *testing.T, dir, out string, args ...string) (answer string, peak int64) {
	t.Helper()
	answer, peak, err := detectIn(dir, out, args...)
	require.NoError(t, err)
	t.Logf("%s: at most %d bytes of memory", out, peak)
	return answer, peak
}

// detectIn runs detect in a folder, where its temporary files lie too. It returns what it wrote
// to a file, and the most memory that it had, in bytes.
func detectIn(dir, out string, args ...string) (answer string, peak int64, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, err
	}
	c := exec.Command(self, append([]string{"detect", "-q", "-o", out}, args...)...)
	c.Dir, c.Env = dir, append(os.Environ(), "BEACON_TEST_MAIN=1", "TMPDIR="+dir)
	var text bytes.Buffer
	c.Stdout, c.Stderr = &text, &text
	if err := c.Start(); err != nil {
		return "", 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for running := true; running; {
		select {
		case err = <-ended:
			running = false
		case <-time.After(5 * time.Millisecond):
			peak = max(peak, peakMemory(c.Process.Pid))
		}
	}
	if err != nil {
		return "", peak, fmt.Errorf("%w: %s", err, &text)
	}
	data, err := os.ReadFile(filepath.Join(dir, out))
	return string(data), peak, err
}

// peakMemory returns the most memory that a process has had so far, in bytes; 0 where it has
// ended. What rusage says counts the memory of the process that started it.
func peakMemory(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	var kib int64
	if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok {
		fmt.Sscan(rest, &kib)
	}
	return kib << 10
}
