//go:build unix

package flowlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
)

// flowlogEpoch is a time of a file before any change.
var flowlogEpoch = time.Unix(1577836800, 0)

// csvOf is a log of more than one block, all of it calls to one address.
func csvOf(dst string) string {
	var b strings.Builder
	b.WriteString("timestamp,src_ip,dst_ip\n")
	for i := range 40000 {
		fmt.Fprintf(&b, "%d,10.0.0.1,%s\n", 1577836800+i, dst)
	}
	return b.String()
}

// destinations is a sink that counts flows by destination.
type destinations struct {
	hosts *flow.Hosts
	n     map[string]int
}

func (destinations) Begin(int) {}

func (d destinations) Batch(b *flow.Batch) error {
	for _, dst := range b.Dst {
		d.n[d.hosts.Addr(dst).String()]++
	}
	return nil
}

func readOnce(t *testing.T, log *flowlog.Log) map[string]int {
	hosts := flow.NewHosts(nil)
	d := destinations{hosts, map[string]int{}}
	_, err := log.Read(t.Context(), flowlog.Pass{Workers: 1, Hosts: hosts, Sink: func() flowlog.Sink { return d }})
	require.NoError(t, err)
	return d.n
}

// TestFileChangesBetweenPasses changes a file in every way that a rotation may,
// and holds the second pass to the first.
func TestFileChangesBetweenPasses(t *testing.T) {
	first, second := csvOf("192.0.2.1"), csvOf("192.0.2.2")
	for name, c := range map[string]struct {
		change     func(t *testing.T, path string)
		warns, err string
	}{
		"not at all": {change: func(*testing.T, string) {}},
		"renamed over": {change: func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path+".new", []byte(second), 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		}},
		"removed": {change: func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }},
		"renamed away and begun anew": {change: func(t *testing.T, path string) {
			require.NoError(t, os.Rename(path, path+".1"))
			require.NoError(t, os.WriteFile(path, []byte(second), 0o600))
		}},
		"appended to": {warns: "the file grew while it was read", change: func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(second)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.csv")
			require.NoError(t, os.WriteFile(path, []byte(first), 0o600))
			log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
			require.NoError(t, err)
			defer log.Close()
			want := map[string]int{"192.0.2.1": 40000}
			require.Equal(t, want, readOnce(t, log))
			c.change(t, path)
			require.Equal(t, want, readOnce(t, log))
			warnings, err := log.Check()
			require.NoError(t, err)
			if c.warns == "" {
				require.Empty(t, warnings)
				return
			}
			require.Len(t, warnings, 1)
			require.Contains(t, warnings[0], path+": "+c.warns)
		})
	}
	for name, c := range map[string]struct{ content, err string }{
		"cut short":                    {first[:1000], "the file grew shorter while it was read"},
		"copied away and truncated":    {"", "the file grew shorter while it was read"},
		"truncated and grown again":    {second + second, "the file was rewritten while it was read"},
		"rewritten with as many bytes": {second, "the file was rewritten while it was read"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.csv")
			require.NoError(t, os.WriteFile(path, []byte(first), 0o600))
			require.NoError(t, os.Chtimes(path, flowlogEpoch, flowlogEpoch))
			log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
			require.NoError(t, err)
			defer log.Close()
			require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600)) // in place
			_, err = log.Check()
			require.EqualError(t, err, path+": "+c.err)
		})
	}
}

// TestDirectoryOfOddFiles passes over what is no file, by name.
func TestDirectoryOfOddFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log.csv"), []byte(csvOf("192.0.2.1")), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo.csv"), 0o600))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero.csv")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "broken.csv")))
	closed := filepath.Join(dir, "closed")
	require.NoError(t, os.Mkdir(closed, 0))
	defer os.Chmod(closed, 0o700)
	log, err := flowlog.Open([]string{dir}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	require.Len(t, log.Inputs, 1)
	var skipped []string
	for _, err := range log.Skipped {
		skipped = append(skipped, err.Error())
	}
	want := []string{
		filepath.Join(dir, "broken.csv") + ": no such file or directory",
		filepath.Join(dir, "fifo.csv") + ": it is a FIFO, not a file",
		filepath.Join(dir, "zero.csv") + ": it is a device, not a file",
	}
	if os.Getuid() != 0 { // root may read everything
		want = append(want[:1:1], append([]string{closed + ": permission denied"}, want[1:]...)...)
	}
	require.Equal(t, want, skipped)
}

// A log that is rewritten behind its first bytes, with as many as before, is told from
// one that was only touched.
func TestFileRewrittenAtItsEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	text := []byte(csvOf("192.0.2.1"))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	require.NoError(t, os.Chtimes(path, flowlogEpoch, flowlogEpoch))
	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	require.NoError(t, os.WriteFile(path, text, 0o600))
	warnings, err := log.Check()
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], "the file was written to while it was read")
	text[len(text)-2] = '7'
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err = log.Check()
	require.EqualError(t, err, path+": the file was rewritten while it was read")
}
