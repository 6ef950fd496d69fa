package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/term"

	"beacon/internal/escape"
	"beacon/internal/flowlog"
	"beacon/internal/progress"
	draw "beacon/internal/report/term"
)

// console is standard output or standard error. It is the one place that keeps
// text from outside harmless: what goes to a terminal, and what is written for
// people to read, is escaped here.
type console struct {
	raw    io.Writer
	screen screen

	mu    sync.Mutex
	text  *escape.Writer // escapes what people read
	err   error          // the first that a write gave
	ended atomic.Bool    // the run was interrupted: nothing more is written
}

func newConsole(w io.Writer) *console {
	c := &console{raw: w, screen: screenOf(w)}
	c.text = escape.NewWriter(w, c.screen.color)
	return c
}

// screen is what is known about a stream that a person may look at.
type screen struct {
	terminal bool
	color    bool // escape sequences for colours may be written
	width    int  // columns
	height   int  // lines; 0 where it is no terminal
}

// helpWidth is the width of help texts where they aren't for a terminal.
const helpWidth = 80

// screenOf returns what is known about a stream. Its width is COLUMNS if that is set, the
// terminal's, or the same everywhere where it is no terminal. NO_COLOR (no-color.org) is
// honoured.
func screenOf(w io.Writer) screen {
	if c, ok := w.(interface{ stream() *console }); ok {
		return c.stream().screen
	}
	s := screen{width: draw.PlainWidth}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
		s.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.width, s.height = width, height
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		s.width = width
	}
	return s
}

func (c *console) stream() *console { return c }

// Write writes the data of a machine format: as it is, unless it goes to a
// terminal.
func (c *console) Write(p []byte) (int, error) {
	if c.screen.terminal {
		return c.write(c.text, p)
	}
	return c.write(c.raw, p)
}

func (c *console) write(w io.Writer, p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.Load() {
		return len(p), nil
	}
	n, err := w.Write(p)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// people returns the writer for text that people read: escaped in a pipe too.
func (c *console) people() io.Writer { return peopleWriter{c} }

type peopleWriter struct{ *console }

func (p peopleWriter) Write(b []byte) (int, error) { return p.write(p.text, b) }

// message writes a message: everything in it is escaped, colours too, and
// passwords of URLs are left out.
func (c *console) message(format string, args ...any) {
	text := escape.Passwords(escape.Text(fmt.Sprintf(format, args...)))
	_, _ = c.write(c.raw, []byte(strings.TrimSuffix(text, "\n")+"\n"))
}

// end stops everything but the last message of an interrupted run. It doesn't wait for
// a write that is under way: nobody may be reading.
func (c *console) end() { c.ended.Store(true) }

// finish writes what is left and returns the first error of the stream.
func (c *console) finish() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.text.Flush(); c.err == nil {
		c.err = err
	}
	return c.err
}

// barWriter is where the progress is drawn.
type barWriter struct{ *console }

func (b barWriter) Write(p []byte) (int, error) { return b.write(b.raw, p) }

// progress returns a function that shows how far a reading is, nil where
// standard error is no terminal, and one that clears it away.
func (a *app) progress(what string) (show func(progress.State), clear func()) {
	if a.quiet || !a.stderr.screen.terminal {
		return nil, func() {}
	}
	line := progress.New(barWriter{a.stderr}, what, a.stderr.screen.width)
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
		a.stderr.message(format, args...)
	}
}

// warn warns the analyst.
func (a *app) warn(format string, args ...any) { a.stderr.message("beacon: warning: "+format, args...) }

// hint says what to type about the message before; "" is no hint.
func (a *app) hint(text string) {
	if text != "" {
		a.stderr.message("  hint: %s", text)
	}
}
