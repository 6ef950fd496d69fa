package stored

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"beacon/internal/inflate"
	"beacon/internal/words"
)

// Codec is one kind of compression of a whole file, known by its first bytes.
type Codec struct {
	Name  string
	magic string
	ratio int64 // at most this many bytes come of one; 0 where more may
	open  func(io.Reader) (io.ReadCloser, error)
}

// Most returns the largest number of bytes that n bytes unpack to, 0 where that isn't known.
func (c Codec) Most(n int64) int64 { return c.ratio * n }

// How much one byte unpacks to at most: in DEFLATE, two codes of one bit are a match of 258
// bytes (RFC 1951 3.2.5); a zstd block of at most 128 KiB takes 4 bytes or more (RFC 8878
// 3.1.1.2); in LZ4 each byte of a match's length adds 255 to it (LZ4 block format).
const (
	mostGzip = 1032
	mostZstd = 1 << 15
	mostLZ4  = 255
)

// maxZstdWindow bounds the memory that a zstd frame can ask for.
const maxZstdWindow = 128 << 20

var codecs = []Codec{
	{"gzip", inflate.Magic, mostGzip, func(r io.Reader) (io.ReadCloser, error) { return inflate.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", mostZstd, func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}},
	{"lz4", "\x04\x22\x4d\x18", mostLZ4, func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }},
	{"bzip2", "BZh", 0, func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
}

// isTrailing tells whether a decompressor met the beginning of something else where it
// looked for more of its own.
func isTrailing(err error) bool {
	var structural bzip2.StructuralError
	return err == inflate.ErrTrailing || errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, lz4.ErrInvalidFrame) ||
		errors.As(err, &structural) && strings.Contains(string(structural), "continuation")
}

// reason says why data can't be unpacked, where that is more than that it is damaged.
func reason(err error) string {
	switch {
	case errors.Is(err, inflate.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, lz4.ErrInvalidFrameChecksum), errors.Is(err, lz4.ErrInvalidBlockChecksum), errors.Is(err, lz4.ErrInvalidHeaderChecksum):
		return ": its checksum is wrong"
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Sprintf(": it needs a window of more than %s", words.Size(maxZstdWindow))
	}
	return ""
}

// CodecOf returns the compression of a file by its beginning; false if it is none.
func CodecOf(head []byte) (Codec, bool) {
	for _, c := range codecs {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return c, true
		}
	}
	return Codec{}, false
}
