//go:build linux

package cli_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Many flagged destinations with many sources each take no more than --memory and 40 MB,
// and the answer is the same as with plenty. Without going to disk they took 79 MB.
func TestMemoryOfManyFlagged(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes memory of its own")
	}
	dir := t.TempDir()
	const flows, destinations, sources = 600_000, 1500, 300
	f, err := os.Create(filepath.Join(dir, "log.csv"))
	require.NoError(t, err)
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "timestamp,src_ip,dst_ip,dst_port,bytes")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range flows {
		d, s := r.IntN(destinations), r.IntN(sources)
		fmt.Fprintf(w, "%d,10.0.%d.%d,60.0.%d.%d,443,%d\n", 1718409600+i*86400/flows, s/256, s%256, d/256, d%256, r.IntN(1000))
	}
	require.NoError(t, w.Flush())
	require.NoError(t, f.Close())
	run := func(memory, out string) (answer string, peak int64) {
		self, err := os.Executable()
		require.NoError(t, err)
		c := exec.Command(self, "detect", "-q", "log.csv", "--memory", memory, "-o", out)
		c.Dir, c.Env = dir, append(os.Environ(), "BEACON_TEST_MAIN=1", "TMPDIR="+dir)
		var text bytes.Buffer
		c.Stdout, c.Stderr = &text, &text
		require.NoError(t, c.Start())
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
		require.NoError(t, err, "%s", &text)
		require.Positive(t, peak)
		data, err := os.ReadFile(filepath.Join(dir, out))
		require.NoError(t, err)
		return string(data), peak
	}
	want, _ := run("1GiB", "plenty.csv")
	got, peak := run("32MiB", "little.csv")
	require.Equal(t, want, got)
	require.Less(t, peak, int64(32<<20+40e6))
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
