//go:build unix

package stored

import (
	"io/fs"
	"syscall"
)

// identity is which file it is, its size and when it was written last.
//
// Note: all that the system says of a file took 20 MB for 100,000 files.
type identity struct {
	device, number uint64
	size           int64
	written        int64 // ns since the Unix epoch
}

func identityOf(info fs.FileInfo) identity {
	id := identity{size: info.Size(), written: info.ModTime().UnixNano()}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		id.device, id.number = uint64(s.Dev), uint64(s.Ino)
	}
	return id
}

// is reports whether the other is that of the same file, which may have changed.
func (id *identity) is(other identity) bool {
	return other.device == id.device && other.number == id.number
}
