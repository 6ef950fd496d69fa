//go:build !unix

package watch

import (
	"errors"
	"io/fs"
	"os"
)

// keyOf returns what tells a file from the others of the system: nothing, here.
func keyOf(fs.FileInfo) fileKey { return fileKey{} }

// lock fails: without inodes a file can't be followed through its renaming.
func lock(string) (*os.File, error) {
	return nil, errors.New("beacon watch isn't available on this system")
}
