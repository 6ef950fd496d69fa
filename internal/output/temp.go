package output

import (
	"context"
	"os"
	"sync"
)

// tempFiles are the temporary files of outputs that are being written.
type tempFiles struct {
	mu    sync.Mutex
	paths map[string]bool
	ended bool
}

// create makes a temporary file in a directory. Its name is short, so that an
// output may have a name of any legal length.
func (t *tempFiles) create(dir string) (*os.File, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return nil, context.Canceled
	}
	f, err := os.CreateTemp(dir, ".beacon-*")
	if err != nil {
		return nil, err
	}
	if t.paths == nil {
		t.paths = map[string]bool{}
	}
	t.paths[f.Name()] = true
	return f, nil
}

// replace moves a temporary file to its target, unless the run has ended.
func (t *tempFiles) replace(path, target string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return context.Canceled
	}
	delete(t.paths, path)
	return os.Rename(path, target)
}

// drop removes a temporary file.
func (t *tempFiles) drop(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.paths, path)
	os.Remove(path)
}

// remove removes all that are left, when the run is interrupted.
func (t *tempFiles) remove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	for path := range t.paths {
		os.Remove(path)
	}
}
