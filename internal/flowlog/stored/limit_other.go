//go:build !unix

package stored

// maxFiles returns the number of files that the process may have open: Windows
// knows no such limit, the C library 512.
func maxFiles() int64 { return 512 }
