package cli

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// screen is what is known of a stream that a person may be looking at.
type screen struct {
	terminal bool
	color    bool // escape sequences for colour are welcome
	width    int  // columns
}

// defaultWidth is the width of what is no terminal: wide enough to cut nothing
// that matters, and the same everywhere.
const defaultWidth = 140

// screenOf looks at a stream. NO_COLOR (no-color.org) is honoured.
func screenOf(w io.Writer) screen {
	s := screen{width: defaultWidth}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	s.terminal = true
	s.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		s.width = width
	}
	return s
}

// progress is what shows how far a reading is, on a terminal, and what clears
// it away.
func (a *app) progress(what string) (show func(flows int64), clear func()) {
	if a.quiet || !screenOf(a.stderr).terminal {
		return nil, func() {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("flows"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSpinnerType(14), progressbar.OptionClearOnFinish())
	return func(flows int64) { _ = bar.Set64(flows) }, func() { _ = bar.Finish() }
}
