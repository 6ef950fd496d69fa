package flowlog

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codec is one kind of compression of a whole file, known by its first bytes.
type codec struct {
	name  string
	magic string
	open  func(io.Reader) (io.ReadCloser, error)
}

// maxLayers is how many compressions may lie over each other: one inside
// another, and no further.
const maxLayers = 2

// maxZstdWindow bounds the memory that a zstd frame can ask for.
const maxZstdWindow = 128 << 20

var codecs = []codec{
	{"gzip", gzipMagic, func(r io.Reader) (io.ReadCloser, error) { return newGzip(r) }},
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

const gzipMagic = "\x1f\x8b"

// gzipMembers reads the members of a gzip file one after the other.
//
// Note: the library's own way of reading several members can't tell a file that is
// followed by zeros or something else (a tape's padding, a signature) from one that is
// cut off within the next member's header.
type gzipMembers struct {
	*gzip.Reader
	buffered *bufio.Reader
}

func newGzip(r io.Reader) (*gzipMembers, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipMembers{z, buffered}, nil
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		n, err := g.Reader.Read(p)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil // the next call finds the end again
			}
			return n, err
		}
		switch next, err := g.buffered.Peek(len(gzipMagic)); {
		case len(next) == 0:
			return 0, err
		case string(next) != gzipMagic:
			return 0, errTrailing
		}
		if err := g.Reset(g.buffered); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		g.Multistream(false)
	}
}

var errTrailing = errors.New("something else follows")

// isTrailing tells whether a decompressor met the beginning of something else where it
// looked for more of its own.
func isTrailing(err error) bool {
	var structural bzip2.StructuralError
	return err == errTrailing || errors.Is(err, zstd.ErrMagicMismatch) || errors.Is(err, lz4.ErrInvalidFrame) ||
		errors.As(err, &structural) && strings.Contains(string(structural), "continuation")
}

func codecOf(head []byte) (codec, bool) {
	for _, c := range codecs {
		if bytes.HasPrefix(head, []byte(c.magic)) {
			return c, true
		}
	}
	return codec{}, false
}
