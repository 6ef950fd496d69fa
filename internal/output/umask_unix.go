//go:build unix

package output

import (
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// umask returns the process's file creation mask. It can be read only by setting
// it, so it is read once.
var umask = sync.OnceValue(func() fs.FileMode {
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	return fs.FileMode(mask)
})

// keepOwner gives a file the owner and the group of another, or the group alone,
// as far as the system allows.
func keepOwner(f *os.File, of fs.FileInfo) {
	want, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	now, err := f.Stat()
	if have, ok := now.Sys().(*syscall.Stat_t); err == nil && ok && have.Uid == want.Uid && have.Gid == want.Gid {
		return
	}
	if f.Chown(int(want.Uid), int(want.Gid)) != nil {
		_ = f.Chown(-1, int(want.Gid)) // the owner may give a file to a group that it is in
	}
}

// mayCreate returns why this process can't create files in a directory, as far as the system
// tells beforehand.
func mayCreate(dir string) error {
	const writeAndSearch = 2 | 1 // W_OK and X_OK of access(2)
	return syscall.Access(dir, writeAndSearch)
}
