//go:build !linux

package stored

import "os"

// open opens a file for reading, and tells which it is, and whether it is a regular one.
func open(path string) (f *os.File, id identity, regular bool, err error) {
	if f, err = os.Open(path); err != nil {
		return nil, id, false, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, id, false, err
	}
	return f, identityOf(info), info.Mode().IsRegular(), nil
}
