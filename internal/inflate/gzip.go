package inflate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

// Magic is what a gzip file begins with.
const Magic = "\x1f\x8b"

var (
	// ErrHeader is a gzip header that is none.
	ErrHeader = errors.New("invalid header")
	// ErrChecksum is a member whose bytes are not those that were compressed.
	ErrChecksum = errors.New("invalid checksum")
	// ErrTrailing is something else than another member behind a member.
	ErrTrailing = errors.New("something else follows")
)

const (
	inputSize = 64 << 10

	// outputSize is the window and what is decompressed before the window is moved to the
	// beginning again: the whole stays in the second-level cache.
	outputSize = windowSize + 224<<10
)

// Reader decompresses a gzip file, the members one after the other.
type Reader struct{ z *stream }

// stream is the state of a Reader.
type stream struct {
	d      decoder
	src    io.Reader
	srcErr error
	buf    []byte // of which d.in is a part
	given  int    // how far d.out was returned
	err    error  // after what is in d.out
	ready  []byte // further members, after what is in d.out
	room   []byte // for ready
	after  bool   // a member has ended, and what follows it wasn't looked at

	sum  uint32 // of the member so far
	size uint32 // of the member so far, modulo 2^32
}

// NewReader reads the header of a gzip file. It buffers what it reads from r.
func NewReader(r io.Reader) (*Reader, error) {
	z := streams.Get().(*stream)
	d := &z.d
	z.src, z.srcErr, z.given, z.err = r, nil, 0, nil
	z.ready, z.after = nil, false
	d.in, d.pos, d.n = nil, 0, 0
	d.reset()
	if err := z.header(); err != nil {
		return nil, err
	}
	return &Reader{z}, nil
}

// streams keeps the tables and buffers of readers that were closed: 400 KB each.
var streams = sync.Pool{New: func() any {
	z := &stream{buf: make([]byte, inputSize)}
	z.d.out = make([]byte, outputSize)
	return z
}}

// Close implements io.Closer.
func (r *Reader) Close() error {
	if r.z != nil {
		r.z.src = nil
		streams.Put(r.z)
		r.z = nil
	}
	return nil
}

// Read implements io.Reader. What could be decompressed before an error is returned
// before the error.
//   - Input that ends within a member is io.ErrUnexpectedEOF.
//   - Whatever else than a member follows a member is ErrTrailing.
//   - An error of the input is returned as it is.
func (r *Reader) Read(p []byte) (int, error) {
	z := r.z
	switch {
	case z == nil:
		return 0, os.ErrClosed
	case len(p) == 0:
		return 0, nil
	}
	for z.given == z.d.n {
		if len(z.ready) > 0 {
			n := copy(p, z.ready)
			z.ready = z.ready[n:]
			return n, nil
		}
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.step()
	}
	n := copy(p, z.d.out[z.given:z.d.n])
	z.given += n
	return n, nil
}

// step decompresses some more. All that is decompressed so far was returned.
func (z *stream) step() error {
	d := &z.d
	if z.after {
		z.after = false
		return z.nextMember()
	}
	if len(d.out)-d.n < windowSize {
		moved := d.n - windowSize
		copy(d.out, d.out[moved:d.n])
		d.n = windowSize
		d.first = max(0, d.first-moved)
		z.given = d.n
	}
	for {
		s := d.run()
		fresh := d.out[z.given:d.n]
		switch {
		case s == done || s == failed || len(fresh) > 0:
			z.sum = crc32.Update(z.sum, crc32.IEEETable, fresh)
			z.size += uint32(len(fresh))
		case z.fill() == nil:
			continue
		default:
			return unexpected(z.srcErr)
		}
		switch s {
		case failed:
			return d.err
		case done:
			return z.endMember()
		}
		return nil
	}
}

// unexpected returns the error of an input that ends where more is needed.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// fill reads more input behind what is left of it.
func (z *stream) fill() error {
	d := &z.d
	left := copy(z.buf, d.in[d.pos:])
	d.pos = 0
	d.in = z.buf[:left]
	const maxEmpty = 100 // as bufio's
	for range maxEmpty {
		if z.srcErr != nil {
			return z.srcErr
		}
		var n int
		n, z.srcErr = z.src.Read(z.buf[left:])
		if n > 0 {
			d.in = z.buf[:left+n]
			return nil
		}
	}
	if z.srcErr == nil {
		z.srcErr = io.ErrNoProgress
	}
	return z.srcErr
}

// readByte takes a byte of the input that is no DEFLATE data.
func (z *stream) readByte() (byte, error) {
	d := &z.d
	if d.nbits >= 8 {
		b := byte(d.bits)
		d.consume(8)
		return b, nil
	}
	for d.pos == len(d.in) {
		if err := z.fill(); err != nil {
			return 0, err
		}
	}
	d.pos++
	return d.in[d.pos-1], nil
}

// endMember checks a member's end.
func (z *stream) endMember() error {
	var trailer [trailerSize]byte
	for i := range trailer {
		b, err := z.readByte()
		if err != nil {
			return unexpected(err)
		}
		trailer[i] = b
	}
	if binary.LittleEndian.Uint32(trailer[:]) != z.sum || binary.LittleEndian.Uint32(trailer[4:]) != z.size {
		return ErrChecksum
	}
	z.takeMembers()
	z.after = true
	return nil
}

// nextMember begins the member that follows another.
func (z *stream) nextMember() error {
	for i := range len(Magic) {
		switch b, err := z.readByte(); {
		case err == io.EOF && i > 0:
			return ErrTrailing
		case err != nil:
			return err
		case b != Magic[i]:
			return ErrTrailing
		}
	}
	return unexpected(z.headerRest())
}

// trailerSize is the length of a member's checksum and size.
const trailerSize = 8

const deflate = 8 // the only method of compression

// Flags of a gzip header (RFC 1952 2.3.1).
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// header reads the header of the first member.
func (z *stream) header() error {
	for i := range len(Magic) {
		b, err := z.readByte()
		switch {
		case err != nil && i > 0:
			return unexpected(err)
		case err != nil:
			return err
		case b != Magic[i]:
			return ErrHeader
		}
	}
	return unexpected(z.headerRest())
}

// headerRest reads what follows the magic of a member's header, and begins its data.
func (z *stream) headerRest() error {
	if err := readHeader(z.readByte); err != nil {
		return err
	}
	z.d.reset()
	z.sum, z.size = 0, 0
	return nil
}

// readHeader reads what follows the magic of a member's header.
func readHeader(readByte func() (byte, error)) error {
	h := &headerReader{readByte: readByte, sum: crc32.ChecksumIEEE([]byte(Magic))}
	method, flags := h.byte(), h.byte()
	h.skip(6) // time, hints, system
	if flags&flagExtra != 0 {
		h.skip(int(h.uint16()))
	}
	if flags&flagName != 0 {
		h.skipString()
	}
	if flags&flagComment != 0 {
		h.skipString()
	}
	if sum := uint16(h.sum); flags&flagHeaderSum != 0 && h.uint16() != sum && h.err == nil {
		return ErrHeader
	}
	switch {
	case h.err != nil:
		return h.err
	case method != deflate:
		return ErrHeader
	}
	return nil
}

// headerSize returns the length of the header that a member in memory begins with.
func headerSize(p []byte) (int, error) {
	switch {
	case len(p) < len(Magic):
		return 0, io.ErrUnexpectedEOF
	case string(p[:len(Magic)]) != Magic:
		return 0, ErrHeader
	}
	r := bytes.NewReader(p[len(Magic):])
	err := readHeader(r.ReadByte)
	return len(p) - r.Len(), unexpected(err)
}

// headerReader reads the fields of a header and sums its bytes. After an error it gives
// zeros.
type headerReader struct {
	readByte func() (byte, error)
	sum      uint32
	err      error
}

func (h *headerReader) byte() byte {
	if h.err != nil {
		return 0
	}
	b, err := h.readByte()
	if err != nil {
		h.err = err
		return 0
	}
	h.sum = crc32.Update(h.sum, crc32.IEEETable, []byte{b})
	return b
}

func (h *headerReader) uint16() uint16 { return uint16(h.byte()) | uint16(h.byte())<<8 }

func (h *headerReader) skip(n int) {
	for range n {
		h.byte()
	}
}

// maxHeaderText is the length of a name or comment with the zero that ends it, as
// compress/gzip bounds it: what is longer is no header.
const maxHeaderText = 512

// skipString skips a text and the zero that ends it.
func (h *headerReader) skipString() {
	for range maxHeaderText {
		if h.byte() == 0 {
			return
		}
	}
	if h.err == nil {
		h.err = ErrHeader
	}
}
