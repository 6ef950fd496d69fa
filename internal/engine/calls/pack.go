package calls

import (
	"encoding/binary"
	"math/bits"
)

// Calls are packed in chunks: the words of the first call, then each word of all calls, as far as
// it differs from the first, in as many bytes as the chunk needs. The calls of a partition are
// near each other in time and place, so that a chunk takes about half of what they do.
//
// Note: a row for each call instead of a column for each word took twice as long.
const (
	chunkCalls = 64          // most calls of a chunk: those of all partitions that wait to be packed take 640 KiB
	chunkHead  = 1 + 9*words // calls of the chunk, bytes of each word, words of the first call
	overrun    = 8           // bytes past the end of a chunk that are written and read
	chunkMost  = chunkHead + chunkCalls*int(Size) + overrun
)

// pack appends a chunk of 1 to chunkCalls calls to a page that has room for it.
func pack(page []byte, calls []Call) []byte {
	n := len(page)
	head := page[n : n+chunkHead]
	head[0] = byte(len(calls))
	n += chunkHead
	for k := range words {
		first, differ := calls[0].words[k], uint64(0)
		for i := range calls {
			differ |= calls[i].words[k] ^ first
		}
		width := (bits.Len64(differ) + 7) / 8
		head[1+k] = byte(width)
		binary.LittleEndian.PutUint64(head[1+words+8*k:], first)
		if width == 0 {
			continue
		}
		column := page[n : n+len(calls)*width+overrun]
		for i := range calls {
			binary.LittleEndian.PutUint64(column[i*width:], calls[i].words[k]^first)
		}
		n += len(calls) * width
	}
	return page[:n]
}

// unpack returns the calls of the chunk that a page begins with, in buf, and the rest of the
// page. The page ends with overrun bytes that are no chunk's.
func unpack(page []byte, buf *[chunkCalls]Call) (calls []Call, rest []byte) {
	calls = buf[:page[0]]
	rest = page[chunkHead:]
	for k := range words {
		width, first := int(page[1+k]), binary.LittleEndian.Uint64(page[1+words+8*k:])
		if width == 0 {
			for i := range calls {
				calls[i].words[k] = first
			}
			continue
		}
		mask := uint64(1)<<(8*width) - 1
		for i := range calls {
			calls[i].words[k] = binary.LittleEndian.Uint64(rest[i*width:])&mask ^ first
		}
		rest = rest[len(calls)*width:]
	}
	return calls, rest
}
