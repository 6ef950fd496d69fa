package flowlog

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A stream is cut at the same places each time, whatever buffers were used before: what a
// second reading passes over was counted by the parts of the first.
func TestStreamIsCutAlike(t *testing.T) {
	var text bytes.Buffer
	for i := range 10 * BlockSize / 32 {
		fmt.Fprintf(&text, "%d,%x\n", i, i*i*i)
	}
	cut := func() (sizes []int) {
		b := NewStreamBlocks(io.NopCloser(bytes.NewReader(text.Bytes())), 3, 1, WholeLines, nil)
		for {
			part, err := b.Next()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			block := part.(*StreamBlock)
			sizes = append(sizes, len(block.Text))
			reuse(block.buf)
		}
		require.NoError(t, b.Close())
		return sizes
	}
	first := cut()
	require.Greater(t, len(first), 4)
	for extra := range 20 {
		for range cap(freeBlocks) {
			reuse(make([]byte, BlockSize+extra*BlockSize/16))
		}
		require.Equal(t, first, cut(), extra)
	}
}

// readPlaces is a file that notes how the places that it is read at lie to those of its bytes.
type readPlaces struct {
	io.ReaderAt
	lie map[uintptr]bool
}

func (f readPlaces) ReadAt(p []byte, off int64) (int, error) {
	f.lie[(uintptr(unsafe.Pointer(unsafe.SliceData(p)))-uintptr(off))%readAlign] = true
	return f.ReaderAt.ReadAt(p, off)
}

// A block lies in memory as it does in the file, and is what it is in the file.
func TestBlocksLieAligned(t *testing.T) {
	text := strings.Repeat("a line of a log\n", 100) + strings.Repeat("x", 3*readAlign)
	for start := range 2 * readAlign {
		blocks := &fileBlocks{size: int64(len(text)), start: int64(start)}
		for begin := start; begin < len(text); begin += 300 {
			file := readPlaces{strings.NewReader(text), map[uintptr]bool{}}
			from := max(begin-1, start)
			end := min(begin+300, len(text))
			w := new(Worker)
			got, err := (&fileBlock{blocks, int64(begin), int64(end)}).load(w, file, int64(from))
			require.NoError(t, err)
			require.Equal(t, text[from:][:len(got)], string(got))
			require.GreaterOrEqual(t, cap(got)-len(got), BlockPad)
			require.Equal(t, map[uintptr]bool{uintptr(unsafe.Pointer(unsafe.SliceData(w.block))) % readAlign: true}, file.lie)
			if rest := strings.IndexByte(text[end-1:], '\n'); rest >= 0 {
				require.Equal(t, end+rest-from, len(got))
			}
		}
	}
}
