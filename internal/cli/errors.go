package cli

import (
	"errors"
	"syscall"

	"beacon/internal/console"
	"beacon/internal/flowlog"
	"beacon/internal/settings"
	"beacon/internal/tomlfile"
	"beacon/internal/usage"
)

// Exit statuses.
const (
	statusOK      = 0
	statusFailed  = 1
	statusUsage   = 2
	statusFlagged = 3 // with --exit-code: something was flagged
)

// wrongTOML returns a mistake in a TOML file as wrong usage.
func wrongTOML(err error) error {
	var wrong *tomlfile.Error
	if errors.As(err, &wrong) {
		return usage.Errorf(wrong.Remedy, "%w", err)
	}
	return err
}

// errFlagged is that --exit-code was asked for and something was flagged.
var errFlagged = errors.New("flagged")

// printError prints an error with its hint and returns the exit status.
func (a *app) printError(err error) int {
	if errors.Is(err, errFlagged) {
		return statusFlagged
	}
	var wrong *usage.Error
	if !errors.As(err, &wrong) {
		a.stderr.Message("beacon: %v", console.FirstOf(err))
		a.hint(hintOf(err))
		return statusFailed
	}
	origin := ""
	if from := a.origins[wrong.Flag()]; from != "" && from != settings.CommandLine {
		origin = from + ": "
	}
	a.stderr.Message("beacon: %s%v", origin, err)
	a.hint(hintOf(err))
	return statusUsage
}

func hintOf(err error) string {
	var wrong *usage.Error
	var input *flowlog.InputError
	var hinting interface{ Hint() string }
	switch {
	case errors.As(err, &wrong):
		return wrong.Hint
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
