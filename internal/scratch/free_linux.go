package scratch

import "syscall"

// free returns the bytes that are free in a folder, 0 where the system doesn't tell.
func free(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize)
}
