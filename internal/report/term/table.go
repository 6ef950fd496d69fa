// Package term draws findings as text for a terminal.
package term

import (
	"bufio"
	"io"
	"strings"

	"beacon/internal/beacon"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// Options is how the findings are drawn.
type Options struct {
	Width int  // columns of the terminal; 0 is PlainWidth
	Color bool // ANSI colours
	ASCII bool // no characters beyond ASCII
	Top   int  // how many findings are listed; 0 is DefaultTop, or fewer so that all takes 60 lines
	All   bool // list every finding, and fold none
}

// PlainWidth is the width where the text isn't for a terminal.
const PlainWidth = 100

// table writes lines of at most a width, but for addresses, which are never cut.
type table struct {
	w      *bufio.Writer
	fs     *beacon.Findings
	o      Options
	width  int
	levels []rune // of a sparkline
}

func newTable(w io.Writer, fs *beacon.Findings, o Options) *table {
	t := &table{w: bufio.NewWriter(w), fs: fs, o: o, width: o.Width, levels: blocks}
	if t.width <= 0 {
		t.width = PlainWidth
	}
	if o.ASCII {
		t.levels = ascii
	}
	return t
}

// inZone returns the head of a column of times, with their zone.
func (t *table) inZone(head string) string {
	return head + " (" + t.fs.Zone.Name(t.fs.Totals.First, t.fs.Totals.Last) + ")"
}

// ANSI escapes.
const (
	faint  = "\x1b[2m"
	bold   = "\x1b[1;31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

// shapeColor returns the colour of a destination's shape, the most suspicious red.
func shapeColor(s shape.Shape) string {
	switch s {
	case shape.Bursts:
		return bold
	case shape.Flat, shape.Sparse, shape.TooShort:
		return yellow
	}
	return ""
}

// line writes a line in a colour, where there are any.
func (t *table) line(color, s string) { t.write(styled{color, s}) }

// note writes a text, broken between words where it is too wide.
func (t *table) note(s string) { t.write(t.paragraph("", s)...) }

// styled is a line with its colour.
type styled struct{ color, text string }

// paragraph breaks a text between words into lines of the table's width.
func (t *table) paragraph(color, s string) (lines []styled) {
	for _, line := range wrapped(s, t.width) {
		lines = append(lines, styled{color, line})
	}
	return lines
}

func (t *table) write(lines ...styled) {
	for _, l := range lines {
		s := strings.TrimRight(words.Plain(l.text), " ")
		if t.o.Color && l.color != "" && s != "" {
			s = l.color + s + reset
		}
		t.w.WriteString(s + "\n")
	}
}
