package stored

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"beacon/internal/inflate"
)

// Codec is one kind of compression of a whole file, known by its first bytes.
type Codec struct {
	Name  string
	magic string
	open  func(io.Reader) (io.ReadCloser, error)
}

// maxZstdWindow bounds the memory that a zstd frame can ask for.
const maxZstdWindow = 128 << 20

var codecs = []Codec{
	{"gzip", inflate.Magic, func(r io.Reader) (io.ReadCloser, error) { return inflate.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.ReadCloser, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}},
	{"lz4", "\x04\x22\x4d\x18", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }},
	{"bzip2", "BZh", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
}

// isTrailing tells whether a decompressor met the beginning of something else where it
// looked for more of its own.
func isTrailing(err error) bool {
	var structural bzip2.StructuralError
	return err == inflate.ErrTrailing || errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, lz4.ErrInvalidFrame) ||
		errors.As(err, &structural) && strings.Contains(string(structural), "continuation")
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
