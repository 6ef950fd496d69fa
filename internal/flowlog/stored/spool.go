package stored

import (
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/s2"

	"beacon/internal/scratch"
)

// Spool keeps what was read from a pipe, compressed, in a temporary file, so that it can
// be read again; it reads no further ahead than it is asked.
type Spool struct {
	mu     sync.Mutex
	src    io.Reader
	file   *scratch.File
	blocks []spoolBlock // of spoolBlockSize bytes each
	end    int64        // of the blocks in the file
	tail   []byte       // what follows the blocks, less than one
	err    error        // why src gave no more
	packed []byte
	cache  [spoolCache]struct {
		block int // 1 + its number
		data  []byte
	}
	last   bool  // no further reading follows
	passed int64 // bytes handed on without being kept
}

// spoolBlock is a block in the file: as it is where its size is spoolBlockSize.
type spoolBlock struct {
	at   int64
	size int
}

// A spool's blocks, and how many of them are kept unpacked: a file in columns is read at
// several places at once.
const (
	spoolBlockSize = 256 << 10
	spoolCache     = 16
)

// NewSpool returns a spool of a pipe.
func NewSpool(src io.Reader) *Spool { return &Spool{src: src} }

// ReadAt reads at a place, and from the pipe as far as is needed for it.
func (s *Spool) ReadAt(p []byte, off int64) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		for s.kept() <= off && s.err == nil && n == 0 {
			s.fill()
		}
		if s.kept() <= off {
			break
		}
		k, err := s.readKept(p[n:], off)
		if err != nil {
			return n, err
		}
		n, off = n+k, off+int64(k)
	}
	if n < len(p) && s.err != nil {
		return n, s.err
	}
	return n, nil
}

// kept returns how many bytes are kept.
func (s *Spool) kept() int64 { return int64(len(s.blocks))*spoolBlockSize + int64(len(s.tail)) }

// readKept reads from the block at a place.
func (s *Spool) readKept(p []byte, off int64) (int, error) {
	k, from := int(off/spoolBlockSize), int(off%spoolBlockSize)
	if k == len(s.blocks) {
		return copy(p, s.tail[from:]), nil
	}
	c := &s.cache[k%spoolCache]
	if c.block != k+1 {
		b := s.blocks[k]
		c.block = 0
		packed := s.packed[:b.size]
		if cap(c.data) == 0 {
			c.data = make([]byte, spoolBlockSize)
		}
		if b.size == spoolBlockSize {
			packed = c.data
		}
		if _, err := s.file.ReadAt(packed, b.at); err != nil {
			return 0, fmt.Errorf("reading again what was kept of a pipe: %w", err)
		}
		if b.size < spoolBlockSize {
			if _, err := s2.Decode(c.data, packed); err != nil {
				return 0, fmt.Errorf("reading again what was kept of a pipe: %w", err)
			}
		}
		c.block = k + 1
	}
	return copy(p, c.data[from:]), nil
}

// fill keeps the next piece of the pipe.
func (s *Spool) fill() {
	if s.tail == nil {
		s.tail = make([]byte, 0, spoolBlockSize)
		s.packed = make([]byte, s2.MaxEncodedLen(spoolBlockSize))
	}
	n, err := s.src.Read(s.tail[len(s.tail):cap(s.tail)])
	s.tail = s.tail[:len(s.tail)+n]
	if len(s.tail) == spoolBlockSize {
		if werr := s.store(); werr != nil {
			s.err = fmt.Errorf("keeping a pipe for a second reading: %w", werr)
			return
		}
	}
	s.err = err
}

// store puts the tail, a whole block, into the file.
func (s *Spool) store() (err error) {
	if s.file == nil {
		if s.file, err = scratch.Create("beacon-spool"); err != nil {
			return err
		}
	}
	packed := s2.Encode(s.packed, s.tail)
	if len(packed) >= spoolBlockSize {
		packed = s.tail
	}
	if _, err := s.file.WriteAt(packed, s.end); err != nil {
		return err
	}
	s.blocks = append(s.blocks, spoolBlock{s.end, len(packed)})
	s.end += int64(len(packed))
	s.tail = s.tail[:0]
	return nil
}

// Drain reads the pipe to its end.
func (s *Spool) Drain() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.err == nil {
		s.fill()
	}
	if s.err != io.EOF {
		return s.err
	}
	return nil
}

// Size returns how many bytes of the pipe are kept.
func (s *Spool) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept()
}

// Read returns how many bytes were read from the pipe.
func (s *Spool) Read() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept() + s.passed
}

// Stored returns how many bytes lie in the temporary file.
func (s *Spool) Stored() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// LastReading says that no reading follows the next one, so that the rest of the pipe
// needn't be kept.
func (s *Spool) LastReading() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = true
}

// Reader returns a reader of the pipe from its beginning.
func (s *Spool) Reader() io.Reader { return &spoolReader{s: s} }

type spoolReader struct {
	s   *Spool
	off int64
}

func (r *spoolReader) Read(p []byte) (int, error) {
	if n, err, ok := r.s.pass(p, r.off); ok {
		r.off += int64(n)
		return n, err
	}
	n, err := r.s.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// pass reads on from the pipe without keeping anything, if that is right at a place.
func (s *Spool) pass(p []byte, off int64) (n int, err error, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last || off < s.kept() {
		return 0, nil, false
	}
	if off != s.kept()+s.passed {
		return 0, fmt.Errorf("a pipe can't be read twice: what follows its first %d bytes wasn't kept", s.kept()), true
	}
	if s.err != nil {
		return 0, s.err, true
	}
	n, s.err = s.src.Read(p)
	s.passed += int64(n)
	return n, s.err, true
}

// Close lets go of the temporary file.
func (s *Spool) Close() error {
	if s == nil {
		return nil
	}
	return s.file.Close()
}
