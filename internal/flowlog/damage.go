package flowlog

import (
	"context"
	"errors"
	"fmt"

	"beacon/internal/flowlog/stored"
	"beacon/internal/words"
)

// passOver notes that an input, or a part of it, can't be read, if that is no reason
// to end the reading: where the input is damaged only from some place on, or where it
// was found in a directory and not named.
func (r *reading) passOver(input, part int, err error) bool {
	in := &r.inputs[input]
	var damage *stored.DamageError
	switch {
	case r.opt.Strict, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), stored.EndsAll(err):
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
	return fmt.Sprintf("%s: only %s read: %v", in.Input.Name, words.Plural(in.Rows, "flow of it is", "flows of it are"), err)
}
