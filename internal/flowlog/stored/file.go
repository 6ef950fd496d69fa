package stored

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
)

// File is a regular file that is read in several passes and by several workers.
// All of them see the file that was there when it was opened first, as long as
// it was then: what is appended later is not read, and a file that was renamed
// over it is not either. The descriptor stays open while there are enough of
// them; a file that has to be opened again must be the same one.
type File struct {
	object Object // of a store; nil for a file of the system, which the rest describes

	path string
	id   identity // when it was opened first
	ends uint64   // checksum of its first and last bytes as stored
	seen []byte   // those bytes, until the input is recognised

	mu   sync.Mutex
	open *os.File
	uses int
	kept bool // open counts among keptFiles

	at atomic.Int64 // where the latest reading ended
}

// What may happen to a file while it is read.
var (
	errReplaced  = errors.New("another file took its place while it was read")
	ErrShrunk    = errors.New("the file grew shorter while it was read")
	errRewritten = errors.New("the file was rewritten while it was read")
)

// keptFiles counts the descriptors that stay open between uses.
var keptFiles atomic.Int64

// Same reports whether the file is the one that info describes.
func (s *File) Same(info fs.FileInfo) bool { return s.object == nil && s.id.is(identityOf(info)) }

// keep returns the number of descriptors that may stay open: a quarter of those
// that the system allows, for passes, outputs and temporary files need some, and
// at most mostKept. A file beyond them is opened again for each use, and an error
// says if it was replaced.
var keep = sync.OnceValue(func() int64 { return min(maxFiles()/4, mostKept) })

// mostKept bounds the memory that descriptors take in the kernel, some 1.5 KB for each (its inode,
// its name and what is open): 25 MB.
//
// Note: with 1,024 instead of the 5,000 that a quarter came to, a log of 10,000 small files
// took 1.1 times the CPU. As much memory was used.
const mostKept = 1 << 14

// Spare returns how many of the given files may be open at once besides those that are kept
// and those that can't do without: fewer where the system allows few.
func Spare(most int) int { return int(max(1, min(int64(most), keep()/4))) }

// Open opens a regular file for the first time. It returns nil and the open
// file where the path names something else.
func Open(path string) (*File, *os.File, error) {
	f, id, regular, err := open(path)
	if err != nil || !regular {
		return nil, f, err
	}
	s := &File{path: path, id: id, open: f, uses: 1}
	s.seen, err = readBeginning(f, id.size)
	if err == nil {
		s.ends, err = checkEnds(f, s.seen, id.size)
	}
	s.release()
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, nil, nil
}

// HeadSize is how many bytes at the beginning of a file tell it from another one: as many
// as its format is found by.
const HeadSize = 64 << 10

// heads holds the room of beginnings that were let go of.
//
// Note: a log may be of many small files. Of 10,000 with 200 rows each, allocating it for each
// took 1.1 times the CPU, of packed ones 1.2 times.
var heads = sync.Pool{New: func() any { return new([HeadSize]byte) }}

// NewHead returns room for the beginning of a file. What it holds means nothing.
func NewHead() []byte { return heads.Get().(*[HeadSize]byte)[:] }

// freedHeads counts the calls of FreeHead.
var freedHeads atomic.Uint64

// FreedHeads returns how often room was let go of: what is remembered of a beginning by where
// it lies holds as long as the number stays the same.
func FreedHeads() uint64 { return freedHeads.Load() }

// FreeHead lets go of the room that NewHead returned. Nothing may refer to it any more.
func FreeHead(head []byte) {
	if cap(head) == HeadSize {
		freedHeads.Add(1)
		heads.Put((*[HeadSize]byte)(head[:HeadSize]))
	}
}

// readBeginning returns the first bytes of a file: fewer where it has shrunk.
func readBeginning(f io.ReaderAt, size int64) ([]byte, error) {
	text := NewHead()[:min(size, HeadSize)]
	n, err := f.ReadAt(text, 0)
	if err == io.EOF {
		err = nil
	}
	return text[:n], err
}

// checkEnds returns a checksum of the first bytes of what is read of a file, which are
// given, and of the last: another log of the same size differs in them.
func checkEnds(f io.ReaderAt, first []byte, size int64) (uint64, error) {
	rest := size - int64(len(first))
	if rest <= 0 { // Fast path
		return xxhash.Sum64(first), nil
	}
	last := make([]byte, min(rest, HeadSize))
	n, err := f.ReadAt(last, size-int64(len(last)))
	if err != nil && err != io.EOF {
		return 0, err
	}
	h := xxhash.New()
	h.Write(first)
	h.Write(last[:n])
	return h.Sum64(), nil
}

// Beginning returns the first bytes of the file as stored, as many as a format is found
// by. They are read once until Forget.
func (s *File) Beginning() ([]byte, error) {
	if s.seen != nil {
		return s.seen, nil
	}
	if s.object != nil {
		head, err := s.object.Head()
		return append(NewHead()[:0], head...), err // the object may keep its own
	}
	f, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer s.release()
	return readBeginning(f, s.Size())
}

// Checksum returns the checksum of a small file of the system: Beginning returns all of it.
// whole is false for any other.
func (s *File) Checksum() (sum uint64, whole bool) {
	if s == nil || s.object != nil || s.Size() > HeadSize {
		return 0, false
	}
	return s.ends, true
}

// Forget lets go of what Beginning returned: there may be many files. free says that nothing
// refers to it any more.
func (s *File) Forget(free bool) {
	if s == nil {
		return
	}
	if free && s.object == nil { // an object keeps its own
		FreeHead(s.seen)
	}
	s.seen = nil
}

// Size returns the bytes that are read of the file.
func (s *File) Size() int64 {
	if s.object != nil {
		return s.object.Size()
	}
	return s.id.size
}

// acquire returns the file's descriptor; release gives it back.
func (s *File) acquire() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		f, id, _, err := open(s.path)
		if err != nil {
			return nil, err
		}
		if !s.id.is(id) {
			f.Close()
			return nil, errReplaced
		}
		s.open = f
	}
	s.uses++
	return s.open, nil
}

func (s *File) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses--
	if s.uses > 0 || s.kept {
		return
	}
	if keptFiles.Add(1) <= keep() {
		s.kept = true
		return
	}
	keptFiles.Add(-1)
	s.open.Close()
	s.open = nil
}

// Close closes the descriptor if it is kept.
func (s *File) Close() error {
	if s == nil || s.object != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	if s.kept {
		s.kept = false
		keptFiles.Add(-1)
	}
	err := s.open.Close()
	s.open = nil
	return err
}

// Handle is one use of a file, from its beginning to the end that it had when it
// was opened first.
type Handle struct {
	*io.SectionReader
	*sections // of an object; nil for a file of the system
	release   func()
}

// Begin begins a use of the file.
func (s *File) Begin() (*Handle, error) {
	if s.object != nil {
		return &Handle{io.NewSectionReader(noted{s.object, &s.at}, 0, s.Size()), &sections{object: s.object, places: make(chan struct{}, mostAtATime)}, func() {}}, nil
	}
	f, err := s.acquire()
	if err != nil {
		return nil, err
	}
	return &Handle{io.NewSectionReader(noted{f, &s.at}, 0, s.Size()), nil, sync.OnceFunc(s.release)}, nil
}

// noted notes where the latest reading of a file ended.
type noted struct {
	io.ReaderAt
	at *atomic.Int64
}

func (n noted) ReadAt(p []byte, off int64) (int, error) {
	k, err := n.ReaderAt.ReadAt(p, off)
	n.at.Store(off + int64(k))
	return k, err
}

// At returns the place in the file where the latest reading of it ended, in bytes.
func (s *File) At() int64 { return s.at.Load() }

// Close implements io.Closer.
func (h *Handle) Close() error {
	h.release()
	if h.sections != nil {
		return h.close()
	}
	return nil
}

// Check looks at the file after a pass. It returns an error where the file is no
// longer what was read, and a warning where it has only grown or was touched.
func (s *File) Check() (warning string, err error) {
	if s.object != nil {
		return "", nil // each reading has checked that it is the same
	}
	if s.unchanged() { // Fast path
		return "", nil
	}
	f, err := s.acquire()
	if err != nil {
		return "", err
	}
	defer s.release()
	now, err := f.Stat()
	if err != nil {
		return "", err
	}
	if now.Size() < s.Size() {
		return "", ErrShrunk
	}
	if now.Size() == s.Size() && now.ModTime().UnixNano() == s.id.written {
		return "", nil
	}
	first, err := readBeginning(f, s.Size())
	if err != nil {
		return "", err
	}
	if ends, err := checkEnds(f, first, s.Size()); err != nil || ends != s.ends {
		return "", errors.Join(err, errRewritten)
	}
	if now.Size() > s.Size() {
		return fmt.Sprintf("the file grew while it was read: its first %d bytes were read, %d came later", s.Size(), now.Size()-s.Size()), nil
	}
	return fmt.Sprintf("the file was written to while it was read, at %s: what was read may be a mixture", now.ModTime().UTC().Format(time.DateTime)), nil
}

// unchanged tells whether the path still names the file, as it was when it was opened first.
func (s *File) unchanged() bool {
	now, err := os.Stat(s.path)
	if err != nil {
		return false
	}
	id := identityOf(now)
	return s.id.is(id) && s.id.size == id.size && s.id.written == id.written
}
