// Package output writes the files of a command: whole or not at all, and never over what it
// reads.
package output

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"beacon/internal/flowlog"
	"beacon/internal/objstore"
)

// Std is the argument that names standard input or output.
const Std = "-"

// IsStdout reports whether an output is standard output.
func IsStdout(path string) bool { return path == "" || path == Std }

// Stream is standard output.
type Stream interface {
	io.Writer
	Flush() error
	Unwrap() io.Writer // returns the stream itself, an *os.File where it is one
}

// Files writes the outputs of one run.
type Files struct {
	Stdin   io.Reader
	Stdout  Stream
	Objects *objstore.Store
	temps   tempFiles
}

// Discard removes the temporary files of a run that was interrupted, and lets it write no more.
func (f *Files) Discard() { f.temps.remove() }

// Write writes a file whole or not at all: to a temporary file beside the
// target, which is synced and then renamed over it. A symlink stays and its
// target is replaced; the new file has the mode of the old one, and its owner
// where that is allowed. A device or FIFO is written directly. A path of "" or -
// is standard output, and a URL an object of a store.
func (f *Files) Write(path string, write func(io.Writer) error) error {
	if IsStdout(path) {
		return cmp.Or(write(f.Stdout), f.Stdout.Flush())
	}
	if objstore.IsURL(path) {
		return f.Objects.Write(path, write)
	}
	err := f.replaceFile(path, write)
	if err == nil || errors.As(err, new(*flowlog.InputError)) { // of what is read, not of the file
		return err
	}
	return fmt.Errorf("writing %s: %w", path, err)
}

func (f *Files) replaceFile(path string, write func(io.Writer) error) (err error) {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(target)
	switch {
	case err == nil && old.IsDir():
		return errors.New("is a directory")
	case err == nil && !old.Mode().IsRegular():
		return writeDirectly(target, write)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Bare(err)
	}
	temp, err := f.temps.create(filepath.Dir(target))
	if err != nil {
		return Bare(err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			f.temps.drop(temp.Name())
		}
	}()
	if err := write(temp); err != nil {
		return err
	}
	if err := inherit(temp, old); err != nil {
		return Bare(err)
	}
	if err := temp.Sync(); err != nil {
		return Bare(err)
	}
	if err := temp.Close(); err != nil {
		return Bare(err)
	}
	return Bare(f.temps.replace(temp.Name(), target))
}

// inherit gives a file the owner and mode of the one that it replaces, or where
// there is none the mode of a new file. The owner stays ours where the system
// doesn't let us give the file away.
func inherit(f *os.File, old fs.FileInfo) error {
	mode := fs.FileMode(0o666) &^ umask()
	if old != nil {
		keepOwner(f, old)
		mode = old.Mode().Perm()
	}
	return f.Chmod(mode)
}

// Bare returns an error of the os package without the name of the file, which
// the message around it gives.
func Bare(err error) error {
	var pathErr *fs.PathError
	var linkErr *os.LinkError
	switch {
	case errors.As(err, &pathErr):
		return pathErr.Err
	case errors.As(err, &linkErr):
		return linkErr.Err
	}
	return err
}

// maxLinks is the number of symlinks that are followed, as many as Linux does.
const maxLinks = 40

// resolve follows symlinks to the file that is to be written, which need not
// exist.
func resolve(path string) (string, error) {
	for range maxLinks {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, or nothing there
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", errors.New("too many levels of symbolic links")
}

func writeDirectly(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return Bare(err)
	}
	if err := write(f); err != nil {
		f.Close()
		return Bare(err)
	}
	return Bare(f.Close())
}
