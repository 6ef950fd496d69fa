package console

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"beacon/internal/escape"
)

// Page writes a text for people. If the stream is a terminal and the text is longer than it
// is high, the text goes through $PAGER, or less, as git's does; PAGER=cat or an empty one
// turns that off. A pager that can't be started is done without.
func (c *Console) Page(ctx context.Context, draw func(io.Writer) error) error {
	pager := pagerCommand()
	if !c.Screen.Terminal || pager == "" {
		return draw(c.People())
	}
	var text bytes.Buffer
	escaped := escape.NewWriter(&text, c.Screen.Color)
	if err := cmp.Or(draw(escaped), escaped.Flush()); err != nil {
		return err
	}
	if bytes.Count(text.Bytes(), []byte("\n")) >= c.Screen.Height && runPager(ctx, pager, text.Bytes(), c.raw) {
		return nil
	}
	_, err := c.People().Write(text.Bytes())
	return err
}

// pagerCommand returns the shell command of the pager, or nothing where none is wanted.
func pagerCommand() string {
	pager, set := os.LookupEnv("PAGER")
	if !set {
		pager = "less"
	}
	if pager = strings.TrimSpace(pager); pager == "cat" {
		return ""
	}
	return pager
}

// runPager shows a text with a pager. It returns false if the pager couldn't be started,
// so that nothing was shown. A pager that still runs when the context ends is told to end,
// so that it leaves the terminal as it was.
func runPager(ctx context.Context, pager string, text []byte, w io.Writer) bool {
	cmd := exec.CommandContext(ctx, "sh", "-c", pager)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), w, w
	cmd.Env = os.Environ()
	for _, option := range []string{"LESS=FRX", "LV=-c"} { // as git sets them
		name, _, _ := strings.Cut(option, "=")
		if _, set := os.LookupEnv(name); !set {
			cmd.Env = append(cmd.Env, option)
		}
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return true
	}
	const notFound, notExecutable = 127, 126 // of the shell
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode() != notFound && exit.ExitCode() != notExecutable
	}
	return err == nil
}
