//go:build unix

package stored

import "syscall"

// maxFiles returns the number of files that the process may have open.
func maxFiles() int64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return assumedFiles
	}
	return int64(min(uint64(limit.Cur), 1<<20))
}

// assumedFiles is the limit where the system doesn't tell: the least that POSIX
// lets a system allow is 20, and all allow this many.
const assumedFiles = 256
