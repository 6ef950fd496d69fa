package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"
)

// ErrTooLong means that the data is longer than the room for it.
var ErrTooLong = errors.New("it is longer than its header says")

// decoders keeps decoders for Decompress: their tables are large.
var decoders = sync.Pool{New: func() any { return new(decoder) }}

// Decompress decompresses all members of a gzip file that is in memory to dst. It returns
// the number of bytes, also those before an error.
func Decompress(dst, src []byte) (int, error) {
	d := decoders.Get().(*decoder)
	defer func() {
		d.in, d.out = nil, nil
		decoders.Put(d)
	}()
	d.out, d.n = dst, 0
	for {
		begin := d.n
		head, err := headerSize(src)
		if err != nil {
			return d.n, err
		}
		d.in, d.pos = src[head:], 0
		d.reset()
		switch d.run() {
		case failed:
			return d.n, d.err
		case moreInput:
			return d.n, io.ErrUnexpectedEOF
		case moreRoom:
			return d.n, ErrTooLong
		}
		src = d.in[d.pos-int(d.nbits/8):]
		if len(src) < trailerSize {
			return d.n, io.ErrUnexpectedEOF
		}
		text := dst[begin:d.n]
		if binary.LittleEndian.Uint32(src) != crc32.ChecksumIEEE(text) || binary.LittleEndian.Uint32(src[4:]) != uint32(len(text)) {
			return d.n, ErrChecksum
		}
		if src = src[trailerSize:]; len(src) == 0 {
			return d.n, nil
		}
	}
}
