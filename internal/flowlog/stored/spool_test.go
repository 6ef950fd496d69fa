package stored

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// A spool gives what its pipe gave, at any place and however often, whether its blocks
// can be compressed or not.
func TestSpoolIsThePipe(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	data := []byte(strings.Repeat("1577836800,10.0.0.1,192.0.2.1,443\n", 60_000))
	for range 3 * spoolBlockSize {
		data = append(data, byte(r.Uint32()))
	}
	s := NewSpool(iotest.HalfReader(bytes.NewReader(data)))
	defer s.Close()
	for range 300 {
		off, p := r.IntN(len(data)), make([]byte, 1+r.IntN(2*spoolBlockSize))
		want := data[off:min(off+len(p), len(data))]
		n, err := s.ReadAt(p, int64(off))
		if err == nil || n < len(want) {
			require.NoError(t, err)
			k, err := s.ReadAt(p[n:], int64(off+n)) // a pipe gives as much as it has
			for n += k; n < len(want) && err == nil; n += k {
				k, err = s.ReadAt(p[n:], int64(off+n))
			}
		}
		require.True(t, bytes.Equal(want, p[:n]))
	}
	all, err := io.ReadAll(s.Reader())
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, all))
	require.Less(t, s.Stored(), int64(5*spoolBlockSize), "lines are compressed")
}

// The last reading keeps nothing more, and what follows can't be read twice.
func TestLastReadingOfASpoolKeepsNothing(t *testing.T) {
	data := bytes.Repeat([]byte("abcdefg\n"), spoolBlockSize)
	s := NewSpool(bytes.NewReader(data))
	defer s.Close()
	head := make([]byte, 1000)
	_, err := io.ReadFull(s.Reader(), head)
	require.NoError(t, err)
	s.LastReading()
	kept := s.Size()
	all, err := io.ReadAll(s.Reader())
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, all))
	require.Equal(t, kept, s.Size())
	_, err = io.ReadAll(s.Reader())
	require.ErrorContains(t, err, "can't be read twice")
}

// Limited gives all of what ends within the limit, and an error behind it.
func TestLimited(t *testing.T) {
	for _, limit := range []int64{0, 1, 9, 10, 11} {
		got, err := io.ReadAll(Limited(io.NopCloser(iotest.OneByteReader(strings.NewReader("0123456789"))), limit))
		var long *TooLongError
		require.Equal(t, limit < 10, errors.As(err, &long), limit)
		require.Len(t, got, int(min(limit, 10)))
	}
}
