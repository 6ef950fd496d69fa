package stored

import (
	"io/fs"
	"os"
	"syscall"
)

// open opens a file for reading, and tells which it is, and whether it is a regular one.
//
// Fast path: os.Open tries to have a regular file polled, which can't be, and takes seven
// system calls where two do, and os.File.Stat one more. What is no regular file is polled as it
// does.
func open(path string) (f *os.File, id identity, regular bool, err error) {
	fd, err := openDescriptor(path)
	if err != nil {
		return nil, id, false, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		syscall.Close(fd)
		return nil, id, false, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if regular = stat.Mode&syscall.S_IFMT == syscall.S_IFREG; !regular {
		syscall.SetNonblock(fd, true) // what can't be polled stays as it is: os.NewFile tries it
	}
	return os.NewFile(uintptr(fd), path), identity{stat.Dev, stat.Ino, stat.Size, stat.Mtim.Nano()}, regular, nil
}

// openDescriptor is open(2), which a signal may interrupt.
func openDescriptor(path string) (fd int, err error) {
	for {
		fd, err = syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}
