package stored

import (
	"errors"
	"fmt"
	"io"
)

// DamageError is the error that a reader of an input ends with where the rest of the input is
// damaged or cut off, although the flows before that place are good. The reading goes
// on with the next input, and the report says what is missing; in a strict reading it
// is an error as any other.
type DamageError struct {
	Err   error
	Whole bool // what was read ends where its writer ended it: only something else follows
}

func (e *DamageError) Error() string { return e.Err.Error() }

func (e *DamageError) Unwrap() error { return e.Err }

// Open returns what an input of this compression holds. An error of the decompressor is a
// DamageError; one of r's own stays what it is.
func (c Codec) Open(r io.Reader) (io.ReadCloser, error) {
	below := &lastError{r: r}
	u := &unpacker{codec: c.Name, below: below}
	var err error
	if u.ReadCloser, err = c.open(below); err != nil {
		return nil, u.explain(err)
	}
	return u, nil
}

// unpacker is one layer of compression. It turns the errors of a decompressor into
// DamageErrors, but for those of the file below it.
type unpacker struct {
	io.ReadCloser
	codec string
	below *lastError
	n     int64 // bytes so far
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.n += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, u.explain(err)
}

// Close never fails: what is wrong with the data was told by Read.
func (u *unpacker) Close() error {
	u.ReadCloser.Close()
	return nil
}

func (u *unpacker) explain(err error) error {
	var damage *DamageError
	switch {
	case u.below.err != nil && u.below.err != io.EOF:
		return u.below.err
	case errors.As(err, &damage):
		return err
	case isTrailing(err):
		return &DamageError{Err: fmt.Errorf("what follows its %s data (%d bytes unpacked) is something else, and is not read", u.codec, u.n), Whole: true}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &DamageError{Err: fmt.Errorf("its %s data is cut off after %d bytes (unpacked)", u.codec, u.n)}
	}
	return &DamageError{Err: fmt.Errorf("its %s data is damaged after %d bytes (unpacked)%s", u.codec, u.n, reason(err))}
}

// lastError remembers the error that a stream ended with.
type lastError struct {
	r   io.Reader
	err error
}

func (l *lastError) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if err != nil {
		l.err = err
	}
	return n, err
}
