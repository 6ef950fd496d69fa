//go:build !unix

package stored

import (
	"io/fs"
	"os"
)

// identity is which file it is, its size and when it was written last.
type identity struct {
	info    fs.FileInfo
	size    int64
	written int64 // ns since the Unix epoch
}

func identityOf(info fs.FileInfo) identity {
	return identity{info, info.Size(), info.ModTime().UnixNano()}
}

// is reports whether the other is that of the same file, which may have changed.
func (id *identity) is(other identity) bool { return os.SameFile(id.info, other.info) }
