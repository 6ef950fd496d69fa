package stored

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// Spool keeps what was read from a pipe in a temporary file, so that it can be
// read again; it reads no further ahead than it is asked.
type Spool struct {
	mu   sync.Mutex
	src  io.Reader
	file *os.File
	n    int64 // bytes in the file
	err  error // why src gave no more
	buf  []byte
}

// NewSpool returns a spool of a pipe.
func NewSpool(src io.Reader) *Spool { return &Spool{src: src} }

// ReadAt reads at a place, and from the pipe as far as is needed for it.
func (s *Spool) ReadAt(p []byte, off int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.n <= off && s.err == nil {
		s.fill()
	}
	if s.n <= off {
		return 0, s.err
	}
	n, err := s.file.ReadAt(p[:min(int64(len(p)), s.n-off)], off)
	if err == io.EOF {
		err = nil
	}
	if n < len(p) && err == nil && s.err != nil {
		err = s.err
	}
	return n, err
}

// fill moves the next piece of the pipe into the file.
func (s *Spool) fill() {
	if s.file == nil {
		f, err := os.CreateTemp("", "beacon-spool-*")
		if err != nil {
			s.err = fmt.Errorf("keeping a pipe for a second reading: %w", err)
			return
		}
		os.Remove(f.Name()) // where the system lets it; Close removes it otherwise
		s.file = f
		s.buf = make([]byte, 1<<20)
	}
	n, err := s.src.Read(s.buf)
	if n > 0 {
		if _, werr := s.file.WriteAt(s.buf[:n], s.n); werr != nil {
			s.err = fmt.Errorf("keeping a pipe for a second reading: %w", werr)
			return
		}
		s.n += int64(n)
	}
	s.err = err
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

// Size returns the bytes that were read of the pipe so far.
func (s *Spool) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Reader returns a reader of the pipe from its beginning.
func (s *Spool) Reader() io.Reader { return &spoolReader{s: s} }

type spoolReader struct {
	s   *Spool
	off int64
}

func (r *spoolReader) Read(p []byte) (int, error) {
	n, err := r.s.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Close lets go of the temporary file.
func (s *Spool) Close() error {
	if s == nil || s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	os.Remove(name)
	return err
}
