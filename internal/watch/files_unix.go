//go:build unix

package watch

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// keyOf returns what tells a file from the others of the system.
func keyOf(info fs.FileInfo) fileKey {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileKey{uint64(s.Dev), uint64(s.Ino)}
	}
	return fileKey{}
}

// lock keeps a second process away from the state. It returns the file to close in the end:
// the lock ends with the process, however that ends.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	return f, nil
}
