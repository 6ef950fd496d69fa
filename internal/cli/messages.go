package cli

import (
	"context"
	"io"

	"beacon/internal/console"
	"beacon/internal/flowlog"
	"beacon/internal/progress"
	"beacon/internal/report/term"
)

// helpWidth is the width in columns of help texts where they aren't for a terminal.
const helpWidth = 80

// progress returns a function that shows how far a reading is, nil where
// standard error is no terminal, and one that clears it away.
func (a *app) progress(what string) (show func(progress.State), clear func()) {
	if a.quiet || !a.stderr.Screen.Terminal {
		return nil, func() {}
	}
	line := progress.New(a.stderr.Raw(), what, a.stderr.Columns)
	return line.Show, line.Clear
}

// logProgress is progress for the reading of a log.
func (a *app) logProgress(what string) (show func(flowlog.Progress), clear func()) {
	state, clear := a.progress(what)
	if state == nil {
		return nil, clear
	}
	return func(p flowlog.Progress) { state(progress.State{Flows: p.Flows, Done: p.Done, Total: p.Total}) }, clear
}

// note tells the analyst something, unless the run is quiet.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		a.stderr.Message(format, args...)
	}
}

// warn warns the analyst.
func (a *app) warn(format string, args ...any) { a.stderr.Message("beacon: warning: "+format, args...) }

// hint says what to type about the message before; "" is no hint.
func (a *app) hint(text string) {
	if text != "" {
		a.stderr.Message("  hint: %s", text)
	}
}

// draw draws to a stream for people, through a pager where it is long.
func draw(ctx context.Context, c *console.Console, o term.Options, draws func(io.Writer, term.Options) error) error {
	o.Width, o.Color = c.Screen.Width, c.Screen.Color
	return c.Page(ctx, func(w io.Writer) error { return draws(w, o) })
}
