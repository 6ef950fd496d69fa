package stored

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// List returns the files below a directory in name order. Hidden ones are left out. FIFOs,
// sockets, devices and what can't be read are given to skip, with the reason. An error is a
// [fs.PathError] or a [LakeError].
func List(dir string, skip func(path string, err error)) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		hidden := path != dir && strings.HasPrefix(filepath.Base(path), ".")
		switch {
		case err != nil && (path == dir || TooManyFiles(err)):
			var in *fs.PathError
			if errors.As(err, &in) {
				err = in.Err
			}
			return &fs.PathError{Op: "list", Path: path, Err: err}
		case err != nil:
			skip(path, err) // WalkDir goes on behind a folder that can't be read
			return nil
		}
		below := path
		if d.IsDir() {
			below += "/"
		}
		if lake := LakeOf(below); lake != nil {
			return lake
		}
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir():
			return nil
		}
		mode := d.Type()
		if mode&fs.ModeSymlink != 0 {
			info, err := os.Stat(path)
			if err != nil {
				skip(path, err)
				return nil
			}
			mode = info.Mode()
		}
		if mode.IsRegular() {
			paths = append(paths, path)
		} else {
			skip(path, errors.New("it is "+KindOf(mode)+", not a file"))
		}
		return nil
	})
	return paths, err
}

// KindOf names what is no regular file.
func KindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a link to a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// TooManyFiles reports whether the process or the system has too many files open,
// which is no fault of the file at hand.
func TooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
