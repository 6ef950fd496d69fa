package stored

import (
	"fmt"
	"io"

	"beacon/internal/words"
)

// TooLongError says that an input unpacks to more bytes than are allowed.
type TooLongError struct{ Limit int64 }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("it unpacks to more than %s (--max-input)", words.Size(e.Limit))
}

// Limited returns a reader of at most limit bytes, after which a TooLongError follows
// unless it ends there.
func Limited(r io.ReadCloser, limit int64) io.ReadCloser { return &limited{r, limit, limit} }

type limited struct {
	io.ReadCloser
	limit, left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 { // one more tells whether it ends
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		l.left = 0
		return n - 1, &TooLongError{l.limit}
	}
	return n, err
}
