package flowlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"beacon/internal/flow"
)

// Input is one file of a log, or standard input.
type Input struct {
	Name        string  // as the analyst named it
	Format      *Format // found by content
	Compression string  // "gzip", "gzip in zstd"..., "" for none
	Head        Head    // the beginning, decompressed: while the format is found and opened
	Beginning   uint64  // checksum of the head
	Size        int64   // bytes as stored, -1 for a pipe

	path   string // "" for standard input
	names  bool   // its records are of requests or queries, not of connections
	listed bool   // found in a directory, not named
	layers []codec
	wraps  []wrapped // inside the layers, the outermost first
	file   *file     // nil for a pipe
	pipe   *spool    // standard input, or what a decompressed input was unpacked to
}

// ErrEmpty is an input without a byte in it.
var ErrEmpty = errors.New("the file is empty")

// WithoutPath returns an error of the os package without the name of the file,
// which the message around it gives.
func WithoutPath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// Files returns the files that paths, directories and patterns name, to be read
// by Stream: their format is not looked for. The caller closes each.
func Files(args []string) ([]*Input, error) {
	var inputs []*Input
	for _, arg := range args {
		found, err := expandPath(arg)
		if err != nil {
			return nil, err
		}
		for _, path := range found.paths {
			in := &Input{Name: path, path: path}
			if err := in.probe(); err != nil {
				return nil, err
			}
			inputs = append(inputs, in)
		}
	}
	return inputs, nil
}

// Close closes the file, or removes what was kept of a pipe.
func (in *Input) Close() error { return errors.Join(in.file.close(), in.pipe.Close()) }

// probe looks at the beginning of the input: compression and head.
func (in *Input) probe() error {
	if in.path != "" {
		if err := in.open(); err != nil {
			return &InputError{Input: in.Name, Err: WithoutPath(err)}
		}
	}
	for {
		head, err := in.readHead()
		if err != nil {
			return &InputError{Input: in.Name, Err: err}
		}
		c, ok := codecOf(head)
		if !ok {
			in.Head = head
			break
		}
		if len(in.layers) == maxLayers {
			return &InputError{Input: in.Name, Err: fmt.Errorf("compressed more than %d times over", maxLayers), Hint: "unpack it first"}
		}
		in.layers = append(in.layers, c)
	}
	if len(in.Head) == 0 {
		return &InputError{Input: in.Name, Err: ErrEmpty}
	}
	names := make([]string, len(in.layers))
	for i, c := range in.layers {
		names[len(names)-1-i] = c.name
	}
	in.Compression = strings.Join(names, " in ")
	return nil
}

// forget drops the head: there may be many inputs.
func (in *Input) forget() {
	in.Beginning = xxhash.Sum64(in.Head)
	in.Head = nil
}

// openReader begins a reading of the input.
func (in *Input) openReader(opt *Options) (r Reader, err error) {
	defer guard(&err)
	head, err := in.readHead()
	if err != nil {
		return nil, err
	}
	in.Head = head
	defer in.forget()
	return in.Format.Open(in, opt)
}

// try says whether the input can be opened as what it seems to be.
func (in *Input) try(opt Options) error {
	opt.Columns = flow.Base
	r, err := in.openReader(&opt)
	if err != nil {
		return in.Place(err)
	}
	return r.Close()
}

// Place returns an error that names the input, unless err does already.
func (in *Input) Place(err error) error {
	var placed *InputError
	if !errors.As(err, &placed) {
		return &InputError{Input: in.Name, Err: err}
	}
	if placed.Input == "" {
		named := *placed
		named.Input = in.Name
		return &named
	}
	return err
}

// open opens the path for the first time. What is no regular file is read as a
// pipe.
func (in *Input) open() error {
	file, other, err := newFile(in.path)
	switch {
	case err != nil:
		return err
	case file != nil:
		in.file, in.Size = file, file.size()
	default:
		in.Size, in.pipe = -1, newSpool(other)
	}
	return nil
}

// Same reports whether the input is the file that info describes.
func (in *Input) Same(info fs.FileInfo) bool {
	return in.file != nil && os.SameFile(in.file.info, info)
}

func (in *Input) readHead() (Head, error) {
	r, err := in.Stream()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := make([]byte, HeadSize)
	n, err := io.ReadFull(r, head)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

// raw is the input as stored, from its beginning.
func (in *Input) raw() (io.ReadCloser, error) {
	if in.pipe != nil {
		return io.NopCloser(in.pipe.reader()), nil
	}
	h, err := in.file.handle()
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Stream is the input from its beginning, decompressed.
func (in *Input) Stream() (io.ReadCloser, error) {
	raw, err := in.raw()
	if err != nil {
		return nil, WithoutPath(err)
	}
	r := &stacked{Reader: raw, closers: []io.Closer{raw}}
	for _, c := range in.layers {
		below := &lastError{r: r.Reader}
		layer, err := c.open(below)
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("reading %s: %w", c.name, err)
		}
		layer = &unpacker{ReadCloser: layer, codec: c.name, below: below}
		r.Reader = layer
		r.closers = append(r.closers, layer)
	}
	for _, w := range in.wraps {
		inner := w.open(r.Reader)
		r.Reader = inner
		if c, ok := inner.(io.Closer); ok {
			r.closers = append(r.closers, c)
		}
	}
	return r, nil
}

// stacked is a reader on top of others that it closes.
type stacked struct {
	io.Reader
	closers []io.Closer
}

func (s *stacked) Close() error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Random is the input, decompressed, for reading at any place, and its size in
// bytes. What is no plain file is unpacked to a temporary one first.
func (in *Input) Random() (io.ReaderAt, int64, io.Closer, error) {
	if in.pipe == nil && len(in.layers)+len(in.wraps) == 0 {
		h, err := in.file.handle()
		if err != nil {
			return nil, 0, nil, WithoutPath(err)
		}
		return h, h.Size(), h, nil
	}
	if len(in.layers)+len(in.wraps) > 0 { // unpack once, for every later reading too
		r, err := in.Stream()
		if err != nil {
			return nil, 0, nil, err
		}
		defer r.Close()
		unpacked := newSpool(r)
		if err := unpacked.drain(); err != nil {
			return nil, 0, nil, err
		}
		in.pipe.Close()
		in.pipe, in.layers, in.wraps = unpacked, nil, nil
	}
	if err := in.pipe.drain(); err != nil {
		return nil, 0, nil, err
	}
	return in.pipe, in.pipe.size(), io.NopCloser(nil), nil
}

// Plain tells whether the input is a file of uncompressed bytes that workers may
// read parts of at once, and its size.
func (in *Input) Plain() (size int64, ok bool) {
	if in.pipe != nil || len(in.layers)+len(in.wraps) > 0 {
		return 0, false
	}
	return in.file.size(), true
}

// spool keeps what was read from a pipe in a temporary file, so that it can be
// read again; it reads no further ahead than it is asked.
type spool struct {
	mu   sync.Mutex
	src  io.Reader
	file *os.File
	n    int64 // bytes in the file
	err  error // why src gave no more
	buf  []byte
}

func newSpool(src io.Reader) *spool { return &spool{src: src} }

// ReadAt reads at a place, and from the pipe as far as is needed for it.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
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
func (s *spool) fill() {
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

func (s *spool) drain() error {
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

func (s *spool) size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// reader is the pipe from its beginning.
func (s *spool) reader() io.Reader { return &spoolReader{s: s} }

type spoolReader struct {
	s   *spool
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
func (s *spool) Close() error {
	if s == nil || s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	os.Remove(name)
	return err
}
