package flowlog

import (
	"bytes"
	"fmt"
	"io"
	"testing"

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
