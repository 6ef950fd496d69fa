package flowlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"beacon/internal/flow"
	"beacon/internal/flowlog/stored"
)

// Input is one file of a log, or standard input.
type Input struct {
	Name        string  // as the analyst named it
	Format      *Format // found by content
	Compression string  // "gzip", "gzip in zstd"..., "" for none
	Head        Head    // the beginning, decompressed: while the format is found and opened
	Beginning   uint64  // checksum of the head
	Marked      bool    // Options.Marks said so, or something stands around the records
	Size        int64   // bytes as stored, -1 for a pipe

	path        string        // "" for standard input
	object      stored.Object // of a store, nil for what the system has
	whole       bool          // Head is all of the input
	kind        *kind         // nil before it is recognised
	names       bool          // its records are of requests or queries, not of connections
	listed      bool          // found in a directory, not named
	regular     bool          // a file of the system, as far as a look at its name tells
	longHead    bool          // Head has up to MaxLine bytes
	layers      []stored.Codec
	maxUnpacked int64         // Options.MaxInput
	wraps       []wrapped     // inside the layers, the outermost first
	file        *stored.File  // nil for a pipe
	pipe        *stored.Spool // standard input, or what a decompressed input was unpacked to
}

// maxLayers is how many compressions may lie over each other: one inside
// another, and no further.
const maxLayers = 2

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

// Files returns the files that paths, directories and patterns name, and the objects that
// URLs name, to be read by Stream: their format is not looked for. store may be nil. The
// caller closes each.
func Files(args []string, store stored.Store) (inputs []*Input, err error) {
	for _, arg := range args {
		found, _, err := expandArg(arg, &Options{Store: store})
		inputs = append(inputs, found...)
		for i := 0; i < len(found) && err == nil; i++ {
			err = found[i].probe()
		}
		if err != nil {
			for _, in := range inputs {
				in.Close()
			}
			return nil, err
		}
	}
	return inputs, nil
}

// Close closes the file, or removes what was kept of a pipe.
func (in *Input) Close() error { return errors.Join(in.file.Close(), in.pipe.Close()) }

// probe looks at the beginning of the input: compression and head.
func (in *Input) probe() (err error) {
	defer func() {
		if err != nil {
			err = in.Place(err)
		}
	}()
	defer guard(&err)
	if in.path != "" {
		if err := in.open(); err != nil {
			return WithoutPath(err)
		}
	}
	for {
		head, err := in.readHead()
		if err != nil {
			return err
		}
		c, ok := stored.CodecOf(head)
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
		names[len(names)-1-i] = c.Name
	}
	in.Compression = strings.Join(names, " in ")
	return nil
}

// forget drops the head: there may be many inputs. free says that nothing refers to it any
// more.
func (in *Input) forget(free bool) {
	packed, whole := len(in.layers)+len(in.wraps) > 0, false
	if in.Beginning, whole = in.file.Checksum(); !whole || in.pipe != nil || packed { // Slow path
		in.Beginning = xxhash.Sum64(in.Head)
	}
	if free && in.file != nil && packed { // otherwise it is the file's
		stored.FreeHead(in.Head)
	}
	in.Head, in.whole = nil, false
	in.file.Forget(free)
}

// openReader begins a reading of the input. Its file stays open until the reader is
// closed.
func (in *Input) openReader(opt *Options) (r Reader, err error) {
	defer guard(&err)
	var held io.Closer = io.NopCloser(nil)
	if in.file != nil {
		if held, err = in.file.Begin(); err != nil {
			return nil, WithoutPath(err)
		}
	}
	opened := false
	defer func() {
		if !opened {
			held.Close()
		}
	}()
	if in.Head == nil {
		if in.Head, err = in.readHead(); err != nil {
			return nil, err
		}
		defer in.forget(false)
	}
	open := in.Format.Open
	if opt.hosts {
		open = in.Format.Hosts
	}
	if r, err = open(in, opt); err != nil {
		return nil, err
	}
	opened = true
	if isDetached(r) {
		return r, held.Close()
	}
	return &openedReader{r, held}, nil
}

// openedReader is a reader whose file is held open.
type openedReader struct {
	Reader
	held io.Closer
}

// isDetached tells whether a reader and its parts have all that they need in memory.
func isDetached(r Reader) bool {
	d, ok := r.(interface{ detached() bool })
	return ok && d.detached()
}

func (r *openedReader) Close() error { return errors.Join(r.Reader.Close(), r.held.Close()) }

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
	if in.object != nil {
		var err error
		in.file, err = stored.OfObject(in.object)
		in.Size = in.object.Size()
		return err
	}
	file, other, err := stored.Open(in.path)
	switch {
	case err != nil:
		return err
	case file != nil:
		in.file, in.Size = file, file.Size()
	default:
		in.Size, in.pipe = -1, stored.NewSpool(other)
	}
	return nil
}

// piped reports whether the input is a pipe, whose size is not known.
func (in *Input) piped() bool { return in.file == nil && in.pipe != nil }

// Same reports whether the input is the file that info describes.
func (in *Input) Same(info fs.FileInfo) bool {
	return in.file != nil && in.file.Same(info)
}

func (in *Input) readHead() (Head, error) {
	in.whole = false
	if in.file != nil && in.pipe == nil && len(in.layers)+len(in.wraps) == 0 && !in.longHead { // Fast path
		head, err := in.file.Beginning()
		in.whole = err == nil && int64(len(head)) == in.Size
		return head, WithoutPath(err)
	}
	r, err := in.Stream()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head := stored.NewHead()
	if in.longHead {
		head = make([]byte, MaxLine)
	}
	n, err := stored.ReadFull(r, head)
	if err != nil && n == 0 && !errors.Is(err, io.EOF) {
		return nil, err
	}
	in.whole = err == io.EOF
	return head[:n], nil
}

// lengthenHead reads a longer head where the first record of JSON may not fit into it.
func (in *Input) lengthenHead() (longer bool, err error) {
	if text := bytes.TrimLeft(in.Head[in.Head.Start():], " \t\r\n"); in.longHead || in.whole || len(in.Head) < HeadSize || len(text) > 0 && text[0] != '{' && text[0] != '[' {
		return false, nil
	}
	in.longHead = true
	in.Head, err = in.readHead()
	return true, err
}

// raw returns the input as stored, from its beginning.
func (in *Input) raw() (io.ReadCloser, error) {
	if in.pipe != nil {
		return io.NopCloser(in.pipe.Reader()), nil
	}
	return in.file.Stream()
}

// Stream returns the input from its beginning, decompressed.
func (in *Input) Stream() (io.ReadCloser, error) {
	if in.whole && in.pipe == nil { // Fast path: a small file is not unpacked twice
		return &wholeText{*bytes.NewReader(in.Head), in.Head, in.frees()}, nil
	}
	raw, err := in.raw()
	if err != nil {
		return nil, WithoutPath(err)
	}
	r := &stacked{Reader: raw, closers: []io.Closer{raw}}
	for _, c := range in.layers {
		layer, err := c.Open(r.Reader)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.Reader = layer
		r.closers = append(r.closers, layer)
	}
	if in.maxUnpacked > 0 && len(in.layers) > 0 {
		r.Reader = stored.Limited(io.NopCloser(r.Reader), in.maxUnpacked)
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

// wholeText is the stream of an input that is in memory.
type wholeText struct {
	bytes.Reader
	text  []byte
	frees bool // see Input.frees
}

func (*wholeText) Close() error { return nil }

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

// Random returns the input, decompressed, for reading at any place, and its size in
// bytes. What is no plain file is unpacked to a temporary one first.
func (in *Input) Random() (io.ReaderAt, int64, io.Closer, error) {
	if in.pipe == nil && len(in.layers)+len(in.wraps) == 0 {
		h, err := in.file.Begin()
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
		unpacked := stored.NewSpool(r)
		if err := unpacked.Drain(); err != nil {
			return nil, 0, nil, err
		}
		in.pipe.Close()
		in.pipe, in.layers, in.wraps = unpacked, nil, nil
	}
	if err := in.pipe.Drain(); err != nil {
		return nil, 0, nil, err
	}
	return in.pipe, in.pipe.Size(), io.NopCloser(nil), nil
}

// Plain tells whether the input is uncompressed bytes that workers may read parts of at once,
// and its size.
func (in *Input) Plain() (size int64, ok bool) {
	if in.pipe != nil || len(in.layers)+len(in.wraps) > 0 {
		return 0, false
	}
	return in.file.Size(), true
}

// Remote tells whether the input is an object of a store, of which each request takes a while.
func (in *Input) Remote() bool { return in.file.Remote() }
