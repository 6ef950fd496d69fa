package stored

import "io"

// ReadFull fills p or returns the error that the stream ended with. Unlike io.ReadFull
// it does not replace the stream's error, so that a truncated compressed file can be
// told from one that ended.
func ReadFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = r.Read(p[n:])
		n += k
	}
	if n == len(p) {
		err = nil
	}
	return n, err
}
