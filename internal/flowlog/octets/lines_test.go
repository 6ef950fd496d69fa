package octets

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// padded is a text with what Lines needs behind it, which is full of ends of lines.
func padded(text []byte) []byte {
	return append(bytes.Clone(text), bytes.Repeat([]byte("\n"), LinePad)...)
}

// linesOracle is Lines, one byte after the other.
func linesOracle(text []byte, start, limit int) (starts []int) {
	starts = []int{start}
	for i := start; i < len(text) && len(starts) <= limit; i++ {
		if text[i] == '\n' || i == len(text)-1 {
			starts = append(starts, i+1)
		}
	}
	if last := len(text) - 1; len(starts) > 1 && starts[len(starts)-1] > last && text[last] != '\n' {
		starts[len(starts)-1]++ // the end of the last line is the padding's
	}
	return starts
}

func checkLines(t *testing.T, text []byte, start, limit int) {
	want := linesOracle(text, start, limit)
	for name, read := range map[string]func([]byte, int, []int) int{"Lines": Lines, "plain": linesPlain} {
		starts := make([]int, limit+1)
		starts[0] = start
		n := read(padded(text), start, starts)
		require.Equal(t, want, starts[:n+1], "%s of %q from %d, %d lines", name, text, start, limit)
		require.Equal(t, make([]int, limit-n), starts[n+1:], "%s wrote behind its lines", name)
	}
}

// Lines of all lengths around the size of a vector, from each place in one.
func TestLines(t *testing.T) {
	for size := range 200 {
		line := append(bytes.Repeat([]byte("x"), size), '\n')
		text := bytes.Repeat(line, 3)
		for _, start := range []int{0, 1, size / 2, size, size + 1, len(text) - 1} {
			for limit := 1; limit < 5; limit++ {
				checkLines(t, text, min(start, len(text)-1), limit)
				checkLines(t, text[:len(text)-1], min(start, max(0, len(text)-2)), limit)
			}
		}
	}
	require.Zero(t, Lines(padded(nil), 0, make([]int, 3)))
	require.Zero(t, Lines(padded([]byte("a\n")), 2, make([]int, 3)))
	require.Zero(t, Lines(padded([]byte("a\n")), 0, make([]int, 1)))
	require.Panics(t, func() { Lines(append([]byte("a"), make([]byte, LinePad)...), 0, make([]int, 3)) })
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a,b\n\nc\r\nlast"), 0, 7)
	f.Add(bytes.Repeat([]byte("0123456789012345678901234567890\n"), 9), 5, 256)
	f.Fuzz(func(t *testing.T, text []byte, start, limit int) {
		if len(text) == 0 || start < 0 || limit < 1 {
			return
		}
		checkLines(t, text, start%len(text), 1+limit%300)
	})
}
