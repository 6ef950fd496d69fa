package calls

import (
	"encoding/binary"
	"math/bits"
)

// Calls are packed in chunks: each word of all calls, as far as it differs from that of the
// call before the chunk, in as many bytes as the chunk needs. A page begins with the call that
// its first chunk differs from. The calls of a partition are near each other in time and place,
// so that a chunk takes less than half of what they do.
//
// Note: a row for each call instead of a column for each word took twice as long.
const (
	chunkCalls = 64        // most calls of a chunk: those of all partitions that wait to be packed take 650 KiB
	chunkHead  = 1 + words // calls of the chunk, width of each word
	pageHead   = 8 * words
	overrun    = 8 // bytes past the end of a chunk that are written and read
	chunkMost  = chunkHead + chunkCalls*int(Size) + overrun
)

// Times differ by whole units where a chunk's width has the mark inUnits, otherwise by ns.
const (
	timeUnit = 1000 // ns: few logs are finer than µs
	inUnits  = 0x80
)

// pack appends a chunk to a page that has room for it: all calls but the first, from which they
// differ. An empty page gets its head, and the first call may be any.
func pack(page []byte, calls []Call) []byte {
	base, calls := &calls[0], calls[1:]
	if len(page) == 0 {
		*base = calls[0]
		for _, word := range base.words {
			page = binary.LittleEndian.AppendUint64(page, word)
		}
	}
	n := len(page)
	head := page[n : n+chunkHead]
	head[0] = byte(len(calls))
	n += chunkHead
	var room [chunkCalls]uint64
	differences := room[:len(calls)]
	for k := range words {
		first, differ, mark := base.words[k], uint64(0), byte(0)
		if k == timeWord {
			differ, mark = timesFrom(first, calls, differences)
		} else {
			for i := range differences {
				d := calls[i].words[k] ^ first
				differences[i] = d
				differ |= d
			}
		}
		width := (bits.Len64(differ) + 7) / 8
		head[1+k] = byte(width) | mark
		if width == 0 {
			continue
		}
		column := page[n : n+len(calls)*width+overrun]
		for i, d := range differences {
			binary.LittleEndian.PutUint64(column[i*width:], d)
		}
		n += len(calls) * width
	}
	return page[:n]
}

// timesFrom sets the differences of the times of calls from a first one, with the sign in the
// lowest bit. It returns the bits that are set in any, and inUnits if they are in units.
func timesFrom(first uint64, calls []Call, differences []uint64) (differ uint64, mark byte) {
	mark = inUnits
	for i := range differences {
		d := int64(calls[i].words[timeWord] - first)
		if d%timeUnit != 0 {
			mark = 0
			break
		}
		d /= timeUnit
		differences[i] = uint64(d<<1 ^ d>>63)
		differ |= differences[i]
	}
	if mark == 0 {
		differ = 0
		for i := range differences {
			d := int64(calls[i].words[timeWord] - first)
			differences[i] = uint64(d<<1 ^ d>>63)
			differ |= differences[i]
		}
	}
	return differ, mark
}

// unpack returns the calls of the chunk that a page begins with, in buf after the call from
// which they differ, and the rest of the page. The page ends with overrun bytes that are no
// chunk's. The last call is then the first of buf, as the next chunk has it.
func unpack(page []byte, buf *[1 + chunkCalls]Call) (calls []Call, rest []byte) {
	base, calls := &buf[0], buf[1:1+page[0]]
	rest = page[chunkHead:]
	for k := range words {
		width, first := int(page[1+k]&^inUnits), base.words[k]
		mask := uint64(1)<<(8*width) - 1
		switch {
		case width == 0:
			for i := range calls {
				calls[i].words[k] = first
			}
		case k == timeWord:
			unit := uint64(1)
			if page[1+k]&inUnits != 0 {
				unit = timeUnit
			}
			for i := range calls {
				d := binary.LittleEndian.Uint64(rest[i*width:]) & mask
				calls[i].words[k] = first + (d>>1^-(d&1))*unit
			}
		default:
			for i := range calls {
				calls[i].words[k] = binary.LittleEndian.Uint64(rest[i*width:])&mask ^ first
			}
		}
		rest = rest[len(calls)*width:]
	}
	*base = calls[len(calls)-1]
	return calls, rest
}

// unpackHead returns the call that the first chunk of a page differs from, and the rest of the
// page.
func unpackHead(page []byte) (base Call, rest []byte) {
	for k := range base.words {
		base.words[k] = binary.LittleEndian.Uint64(page[8*k:])
	}
	return base, page[pageHead:]
}
