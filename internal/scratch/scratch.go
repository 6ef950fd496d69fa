// Package scratch makes temporary files that take, all together, no more disk than is
// allowed, and that are gone when the process ends, however it does.
package scratch

import (
	"fmt"
	"os"
	"sync"

	"beacon/internal/words"
)

// freeShare is the part of the free disk that temporary files may take by default: 1 in
// so many.
const freeShare = 2

var space struct {
	mu    sync.Mutex
	limit int64 // 0 is not known yet
	used  int64
}

// SetLimit bounds what all temporary files take together, in bytes. 0 stands for the
// default, half of what is free where they lie when the first one is made.
func SetLimit(bytes int64) {
	space.mu.Lock()
	defer space.mu.Unlock()
	space.limit = bytes
}

// FullError says that temporary files would take more than is allowed.
type FullError struct{ Limit int64 }

func (e *FullError) Error() string {
	return fmt.Sprintf("temporary files would take more than %s (--max-temp)", words.Size(e.Limit))
}

// File is a temporary file. WriteAt is called by one goroutine at a time.
type File struct {
	file *os.File
	size int64
}

// Create makes a temporary file, whose name begins with name.
func Create(name string) (*File, error) {
	space.mu.Lock()
	if space.limit == 0 {
		space.limit = free(os.TempDir()) / freeShare
	}
	space.mu.Unlock()
	f, err := os.CreateTemp("", name+"-*")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // where the system lets it; Close removes it otherwise
	return &File{file: f}, nil
}

// WriteAt writes at a place. It returns a FullError where there is no room for it.
func (f *File) WriteAt(p []byte, off int64) (int, error) {
	if more := off + int64(len(p)) - f.size; more > 0 {
		if err := take(more); err != nil {
			return 0, err
		}
		f.size += more
	}
	return f.file.WriteAt(p, off)
}

// Write writes at the end.
func (f *File) Write(p []byte) (int, error) { return f.WriteAt(p, f.size) }

// ReadAt reads at a place.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.file.ReadAt(p, off) }

// Close removes the file; of a nil file it does nothing.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	give(f.size)
	f.size = 0
	err := f.file.Close()
	os.Remove(f.file.Name())
	return err
}

func take(n int64) error {
	space.mu.Lock()
	defer space.mu.Unlock()
	if space.limit > 0 && space.used+n > space.limit {
		return &FullError{space.limit}
	}
	space.used += n
	return nil
}

func give(n int64) {
	space.mu.Lock()
	defer space.mu.Unlock()
	space.used -= n
}
