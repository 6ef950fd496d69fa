package output

import (
	"context"
	"os"
	"sync"
)

// tempFiles are the temporary files of outputs that are being written, and directories.
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
	t.add(f.Name())
	return f, nil
}

// add notes what is to be removed. The caller holds the lock.
func (t *tempFiles) add(path string) {
	if t.paths == nil {
		t.paths = map[string]bool{}
	}
	t.paths[path] = true
}

// TempDir makes a temporary directory, which Discard removes too. name begins its name.
// done removes it.
func (f *Files) TempDir(name string) (dir string, done func(), err error) {
	t := &f.temps
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return "", nil, context.Canceled
	}
	if dir, err = os.MkdirTemp("", name+"-*"); err != nil {
		return "", nil, err
	}
	t.add(dir)
	return dir, func() { t.drop(dir) }, nil
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

// drop removes a temporary file or directory.
func (t *tempFiles) drop(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.paths, path)
	removeAll(path)
}

// removeTries is how often a directory is removed: what the run left behind may still be
// writing to it.
const removeTries = 3

func removeAll(path string) {
	for range removeTries {
		if os.RemoveAll(path) == nil {
			return
		}
	}
}

// remove removes all that are left, when the run is interrupted.
func (t *tempFiles) remove() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	for path := range t.paths {
		removeAll(path)
	}
}
