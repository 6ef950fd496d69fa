// Package console is standard output and standard error: what goes to a person is made harmless
// and fits the terminal.
package console

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
)

// Console is standard output or standard error. It is the one place that keeps
// text from outside harmless: what goes to a terminal, and what is written for
// people to read, is escaped here.
type Console struct {
	Screen Screen
	raw    io.Writer

	mu    sync.Mutex
	text  *escape.Writer // escapes what people read
	err   error          // the first that a write gave
	ended atomic.Bool    // the run was interrupted: nothing more is written
}

// New returns the console of a stream, whose width is plain where it is no terminal and COLUMNS
// isn't set.
func New(w io.Writer, plain int) *Console {
	c := &Console{raw: w, Screen: screenOf(w, plain)}
	c.text = escape.NewWriter(w, c.Screen.Color)
	return c
}

// Screen holds what is known about a stream that a person may look at.
type Screen struct {
	Terminal bool
	Color    bool // escape sequences for colours may be written
	Width    int  // columns
	Height   int  // lines; 0 where it is no terminal
}

// screenOf returns what is known about a stream. Its width is COLUMNS if that is set, the
// terminal's, or the same everywhere where it is no terminal. NO_COLOR (no-color.org) is
// honoured.
func screenOf(w io.Writer, plain int) Screen {
	s := Screen{Width: plain}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.Terminal = true
		s.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.Width, s.Height = width, height
		}
	}
	if width, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && width > 0 {
		s.Width = width
	}
	return s
}

// Columns returns the width of the stream now: a terminal's may have changed since it was opened.
func (c *Console) Columns() int {
	f, ok := c.raw.(*os.File)
	if !ok || !c.Screen.Terminal || os.Getenv("COLUMNS") != "" {
		return c.Screen.Width
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width
	}
	return c.Screen.Width
}

// Write writes the data of a machine format: as it is, unless it goes to a
// terminal.
func (c *Console) Write(p []byte) (int, error) {
	if c.Screen.Terminal {
		return c.write(c.text, p)
	}
	return c.write(c.raw, p)
}

func (c *Console) write(w io.Writer, p []byte) (int, error) {
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

// People returns the writer for text that people read: escaped in a pipe too.
func (c *Console) People() io.Writer { return peopleWriter{c} }

type peopleWriter struct{ *Console }

func (p peopleWriter) Write(b []byte) (int, error) { return p.write(p.text, b) }

// Message writes a message: everything in it is escaped, colours too, and
// passwords of URLs are left out.
func (c *Console) Message(format string, args ...any) {
	text := escape.Passwords(escape.Text(fmt.Sprintf(format, args...)))
	_, _ = c.write(c.raw, []byte(strings.TrimSuffix(text, "\n")+"\n"))
}

// End stops everything but the last message of an interrupted run. It doesn't wait for
// a write that is under way: nobody may be reading.
func (c *Console) End() { c.ended.Store(true) }

// Finish writes what is left and returns the first error of the stream.
func (c *Console) Finish() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.text.Flush(); c.err == nil {
		c.err = err
	}
	return c.err
}

// Raw returns the writer for what the program draws on a terminal itself: nothing is escaped.
func (c *Console) Raw() io.Writer { return rawWriter{c} }

type rawWriter struct{ *Console }

func (r rawWriter) Write(p []byte) (int, error) { return r.write(r.raw, p) }

// Flush writes what the escaping of text holds back, the beginning of an unfinished sequence.
func (c *Console) Flush() error { return c.text.Flush() }

// Unwrap returns the stream itself.
func (c *Console) Unwrap() io.Writer { return c.raw }
