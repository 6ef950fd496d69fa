package stored

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// Object tells what an object store holds under a key. Its bytes are the same in every
// reading: an object that was replaced or removed in between is an error. Its methods
// may be called at the same time.
type Object interface {
	Size() int64
	Head() ([]byte, error)              // the first bytes, as many as a format is found by
	Range(from, to int64) io.ReadCloser // the bytes from, to-1; requested when they are read
	io.ReaderAt                         // for the few places that are read out of order
}

// LostError says why a store doesn't give what it listed: the others may be lost with it.
type LostError struct{ Text string }

func (e *LostError) Error() string { return e.Text }

// EndsAll reports whether an error is no reason to go on with other files without this one:
// too many are open, or a store doesn't give it.
func EndsAll(err error) bool {
	var lost *LostError
	return TooManyFiles(err) || errors.As(err, &lost)
}

// OfObject returns an object as a file.
func OfObject(o Object) (*File, error) {
	head, err := o.Head()
	if err != nil {
		return nil, err
	}
	return &File{object: o, seen: head}, nil
}

// Remote reports whether the file is an object of a store, of which each request takes
// a while.
func (s *File) Remote() bool { return s != nil && s.object != nil }

// Stream begins a reading of the file from its beginning to its end.
func (s *File) Stream() (io.ReadCloser, error) {
	if s.object == nil {
		return s.Begin()
	}
	seen := s.seen
	rest := s.object.Range(int64(len(seen)), s.Size())
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(seen), rest), rest}, nil
}

// sections are the parts of an object that are read in order.
type sections struct {
	object Object
	places chan struct{} // of requests at the same time
	mu     sync.Mutex
	open   []io.Closer
}

// Section returns a reader of a part of a file that is going to be read in order. For an
// object that is one request.
func Section(file io.ReaderAt, from, size int64) io.ReaderAt {
	h, ok := file.(*Handle)
	if !ok || h.sections == nil {
		return file
	}
	s := &section{ReaderAt: h.object, next: from, rest: h.object.Range(from, from+size)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = append(h.open, s.rest)
	return s
}

func (s *sections) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.open {
		errs = append(errs, c.Close())
	}
	s.open = nil
	return errors.Join(errs...)
}

// section reads ahead of its place, one reader at a time.
type section struct {
	io.ReaderAt
	next int64
	rest io.ReadCloser
}

// ReadAt implements io.ReaderAt.
func (s *section) ReadAt(p []byte, at int64) (int, error) {
	if at != s.next {
		return s.ReaderAt.ReadAt(p, at)
	}
	n, err := io.ReadFull(s.rest, p)
	s.next += int64(n)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}
