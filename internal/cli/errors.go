package cli

import (
	"errors"
	"fmt"
	"syscall"

	"beacon/internal/flowlog"
)

// Exit statuses.
const (
	statusOK      = 0
	statusFailed  = 1
	statusUsage   = 2
	statusFlagged = 3 // with --exit-code: something was flagged
)

// usageError is a command line that can't be understood.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// errFlagged is that --exit-code was asked for and something was flagged.
var errFlagged = errors.New("flagged")

// printError prints an error with its hint and returns the exit status.
func (a *app) printError(err error) int {
	if errors.Is(err, errFlagged) {
		return statusFlagged
	}
	a.stderr.message("beacon: %v", err)
	a.hint(hintOf(err))
	var usage *usageError
	if errors.As(err, &usage) {
		return statusUsage
	}
	return statusFailed
}

func hintOf(err error) string {
	var usage *usageError
	var input *flowlog.InputError
	var hinting interface{ Hint() string }
	switch {
	case errors.As(err, &usage):
		return usage.hint
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "allow the process more open files (ulimit -n), or name fewer inputs at once"
	case errors.As(err, &input) && input.Hint == "": // one may lie inside another
		return hintOf(input.Err)
	case errors.As(err, &input):
		return input.Hint
	case errors.As(err, &hinting):
		return hinting.Hint()
	}
	return ""
}
