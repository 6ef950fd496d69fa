package scratch

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// All files together keep the limit, what was closed makes room, and none leaves a trace.
func TestLimitHoldsForAllFiles(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	SetLimit(1000)
	defer SetLimit(0)
	a, err := Create("a")
	require.NoError(t, err)
	b, err := Create("b")
	require.NoError(t, err)
	_, err = a.Write(make([]byte, 600))
	require.NoError(t, err)
	_, err = b.WriteAt(make([]byte, 400), 0)
	require.NoError(t, err)
	_, err = a.WriteAt(make([]byte, 600), 0) // over itself
	require.NoError(t, err)
	_, err = b.Write([]byte{1})
	var full *FullError
	require.True(t, errors.As(err, &full))
	require.NoError(t, a.Close())
	_, err = b.Write([]byte{1})
	require.NoError(t, err)
	p := []byte{9}
	_, err = b.ReadAt(p, 400)
	require.NoError(t, err)
	require.Equal(t, byte(1), p[0])
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, b.Close())
}

// By default half of what is free is taken.
func TestDefaultIsHalfOfWhatIsFree(t *testing.T) {
	SetLimit(0)
	f, err := Create("x")
	require.NoError(t, err)
	defer f.Close()
	if n := free(os.TempDir()); n > 0 {
		require.InEpsilon(t, n/2, space.limit, .2)
	}
	SetLimit(0)
}
