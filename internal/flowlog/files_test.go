package flowlog

import (
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where the beginning of a file can't be read, the files before it are closed as well.
func TestFilesAreClosedAfterAnError(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection closes them too
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv.gz")
	require.NoError(t, os.WriteFile(good, []byte("timestamp,src_ip,dst_ip\n"), 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("\x1f\x8b\x08"), 0o600))
	_, err := Files([]string{good, bad}, nil)
	require.ErrorContains(t, err, "b.csv.gz")
	requireNoneOpen(t, dir)

	_, err = Open([]string{good, bad, good}, nil, Options{}) // those behind it, which are looked at ahead, too
	require.Error(t, err)
	requireNoneOpen(t, dir)
}

// panics is what a decoder may be like on a corrupt file.
type panics struct{}

func (panics) Read([]byte) (int, error) { panic("out of range") }

// A panic while an input is looked at is an error of that input.
func TestPanicInABeginning(t *testing.T) {
	_, err := Open([]string{"-"}, panics{}, Options{})
	require.EqualError(t, err, "standard input: corrupt, or not what it seems: out of range")
}

func requireNoneOpen(t *testing.T, dir string) {
	list, _ := os.ReadDir("/proc/self/fd")
	for _, f := range list {
		to, _ := os.Readlink("/proc/self/fd/" + f.Name())
		require.NotEqual(t, dir, filepath.Dir(to))
	}
}

func TestDamaged(t *testing.T) {
	in := InputReport{Input: &Input{Name: "a.gz"}, Rows: 1, Damage: io.ErrUnexpectedEOF}
	require.Equal(t, "a.gz: only 1 flow of it is read: unexpected EOF", in.Damaged())
	in.Rows = 2000
	require.Equal(t, "a.gz: only 2,000 flows of it are read: unexpected EOF", in.Damaged())
}
