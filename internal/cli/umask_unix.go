//go:build unix

package cli

import (
	"io/fs"
	"sync"
	"syscall"
)

// umask is the process's file creation mask. Reading it means setting it, so it
// is read once.
var umask = sync.OnceValue(func() fs.FileMode {
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	return fs.FileMode(mask)
})
