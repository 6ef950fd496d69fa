package flowlog

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// DamageError is what a reader of an input ends with where the rest of the input is
// damaged or cut off, although the flows before that place are good. The reading goes
// on with the next input, and the report says what is missing; in a strict reading it
// is an error as any other.
type DamageError struct {
	Err   error
	Whole bool // what was read ends where its writer ended it: only something else follows
}

func (e *DamageError) Error() string { return e.Err.Error() }

func (e *DamageError) Unwrap() error { return e.Err }

// passOver notes that an input, or a part of it, can't be read, if that is no reason
// to end the reading: where the input is damaged only from some place on, or where it
// was found in a directory and not named.
func (r *reading) passOver(input, part int, err error) bool {
	in := &r.inputs[input]
	var damage *DamageError
	switch {
	case r.opt.Strict, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), tooManyFiles(err):
		return false
	case !in.Input.listed && !errors.As(err, &damage):
		return false
	}
	if in.Damage == nil || part < in.damagedPart {
		in.Damage, in.damagedPart = err, part
	}
	return true
}

// Damaged says for people what of the input could not be read; "" where all of it was.
func (in *InputReport) Damaged() string {
	var placed *InputError
	err := in.Damage
	switch {
	case err == nil:
		return ""
	case errors.As(err, &placed):
		err = placed.Err
	}
	if in.Rows == 0 {
		return fmt.Sprintf("%s: nothing of it is read: %v", in.Input.Name, err)
	}
	return fmt.Sprintf("%s: only %d flows of it are read: %v", in.Input.Name, in.Rows, err)
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
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &DamageError{Err: fmt.Errorf("its %s data is cut off after %d bytes (unpacked)", u.codec, u.n)}
	}
	return &DamageError{Err: fmt.Errorf("its %s data is damaged after %d bytes (unpacked): %w", u.codec, u.n, err)}
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
