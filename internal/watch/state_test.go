package watch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/earlier"
)

// What is kept may be lost with the disk: it is read anew. A checkpoint of something else is
// refused.
func TestLostState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	b := newBench(t, path)
	b.start()
	b.read()
	require.Len(t, b.answered(), 1)
	require.NoError(t, os.Truncate(b.spoolPath(b.st.Sources[0]), 3))
	b.start()
	require.Len(t, b.notes, 1)
	b.read()
	require.Len(t, b.answered(), 1)
	b.lock.Close()
	require.NoError(t, os.WriteFile(filepath.Join(b.opt.State, checkpoint), []byte("{"), 0o600))
	_, _, err := New(b.opt)
	var broken *StateError
	require.ErrorAs(t, err, &broken)
	b.opt.State, b.opt.Args = t.TempDir(), []string{path + ".not"}
	_, _, err = New(b.opt)
	require.ErrorContains(t, err, "no such file")
}

// A checkpoint of the version before is read; after one of any other the logs are read from
// their beginning, and a note says so.
func TestStateOfOtherVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	for _, c := range []struct {
		version     int
		notes, told int
	}{{1, 1, 0}, {2, 0, 1}, {stateVersion, 0, 1}, {stateVersion + 1, 1, 0}} {
		t.Run(fmt.Sprint(c.version), func(t *testing.T) {
			b := newBench(t, path)
			b.start()
			b.read()
			b.answered()
			b.st.Told, b.told = []earlier.Told{{At: 7}}, true
			require.NoError(t, b.commit())
			at := filepath.Join(b.opt.State, checkpoint)
			text, err := os.ReadFile(at)
			require.NoError(t, err)
			require.NotContains(t, string(text), `"told"`)
			older := strings.Replace(string(text), fmt.Sprintf(`{"version":%d,`, stateVersion), fmt.Sprintf(`{"version":%d,"told":[{"At":7}],`, c.version), 1)
			if c.version != stateVersion {
				require.NotEqual(t, string(text), older)
				require.NoError(t, os.WriteFile(at, []byte(older), 0o600))
				require.NoError(t, os.Remove(filepath.Join(b.opt.State, toldFile)))
			}
			b.start()
			require.Len(t, b.notes, c.notes)
			require.Len(t, b.st.Told, c.told)
			b.read()
			require.Len(t, b.answered(), 1)
			b.start()
			require.Len(t, b.notes, c.notes, "what was read is this version's")
		})
	}
}

// What was told is lost alone where its file is damaged.
func TestLostTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	b := newBench(t, path)
	b.start()
	b.read()
	require.Len(t, b.answered(), 1)
	require.NoError(t, os.WriteFile(filepath.Join(b.opt.State, toldFile), []byte(`{"At":`), 0o600))
	b.start()
	require.Equal(t, []string{"what was told is told again: " + filepath.Join(b.opt.State, toldFile) + " is damaged"}, b.notes)
	read := b.st.Sources[0].Read
	b.read()
	require.Equal(t, read, b.st.Sources[0].Read)
	require.Len(t, b.answered(), 1)
}

// While the disk is full, logs wait: they aren't taken for others, one note says so, and
// once there is room each flow is read once.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	b.start()
	full := filepath.Join(b.opt.State, spools, "00000001-0001")
	require.NoError(t, os.Mkdir(full, 0o700)) // so that the spool can't be written
	path := filepath.Join(dir, "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	for range 3 {
		b.step(&b.polled)
		b.clock = b.clock.Add(time.Second)
	}
	require.Len(t, b.notes, 1)
	require.Contains(t, b.notes[0], "keeping what is read")
	require.Len(t, b.st.Sources, 1)
	require.Equal(t, "what is read can't be kept", b.problem())
	// Nothing of it is kept: another log may take its place.
	require.NoError(t, os.WriteFile(path, []byte("timestamp,dst_ip,src_ip,dst_port\n2026-05-04 10:00:00,192.0.2.1,10.0.0.1,80\n"), 0o600))
	b.step(&b.polled)
	require.NoError(t, os.Remove(full))
	b.clock = b.clock.Add(time.Second)
	b.read()
	require.Len(t, b.answered(), 1)
	require.Equal(t, "timestamp,dst_ip,src_ip,dst_port\n", string(b.st.Sources[0].Header))
	require.Len(t, b.st.Sources, 1)
	require.Len(t, b.notes, 1)
	require.Empty(t, b.problem())

	blocked := filepath.Join(b.opt.State, checkpoint+".new")
	for range 2 {
		b.st.Next++
		require.NoError(t, os.Mkdir(blocked, 0o700))
		b.fault(b.commit())
		b.fault(b.commit())
		require.NoError(t, os.Remove(blocked))
		require.NoError(t, b.commit())
	}
	require.Len(t, b.notes, 5)
	require.Equal(t, b.notes[1:3], b.notes[3:])
	require.Equal(t, "the checkpoint is written again", b.notes[2])
}

// While the disk is full, a pipe waits.
func TestFullDiskPipe(t *testing.T) {
	b := newBench(t, stdinName)
	in, out := io.Pipe()
	b.opt.Stdin = in
	b.start()
	full := filepath.Join(b.opt.State, spools, "00000001-0001")
	require.NoError(t, os.Mkdir(full, 0o700))
	_, err := io.WriteString(out, "timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n")
	require.NoError(t, err)
	for len(b.notes) == 0 {
		_, err := b.drain()
		require.NoError(t, err)
	}
	_, err = io.WriteString(out, "2026-05-04 10:00:01,10.0.0.1,192.0.2.1,80\n")
	require.NoError(t, err)
	require.NoError(t, os.Remove(full))
	require.NoError(t, out.Close())
	for !b.stream.ended || len(b.stream.text) > 0 {
		_, err := b.drain()
		require.NoError(t, err)
	}
	require.Len(t, b.answered(), 2)
	b.stream.text, b.stream.ended = make([]byte, pullText), false
	require.Nil(t, b.blocks())
	b.stream.text = nil
	require.NotNil(t, b.blocks())
}

// The checkpoint is written when something has changed.
func TestIdleCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.csv")
	require.NoError(t, os.WriteFile(path, []byte("timestamp,src_ip,dst_ip,dst_port\n2026-05-04 10:00:00,10.0.0.1,192.0.2.1,80\n"), 0o600))
	b := newBench(t, path)
	b.start()
	written := func() os.FileInfo {
		b.read()
		require.NoError(t, b.commit())
		info, err := os.Stat(filepath.Join(b.opt.State, checkpoint))
		require.NoError(t, err)
		return info
	}
	first := written()
	require.True(t, os.SameFile(first, written()))
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("2026-05-04 10:00:01,10.0.0.1,192.0.2.1,80\n")
	require.NoError(t, errors.Join(err, f.Close()))
	b.clock = b.clock.Add(time.Second)
	require.False(t, os.SameFile(first, written()))
	b.start()
	require.Len(t, b.answered(), 2)
}
