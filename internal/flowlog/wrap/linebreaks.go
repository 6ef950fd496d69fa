package wrap

import (
	"bufio"
	"bytes"
	"io"

	"beacon/internal/flowlog"
)

// Line breaks in quoted cells of a table: readers take a record for a line, so they
// become blanks.
//
// Shape: RFC 4180, section 2, rule 6.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "line breaks in cells", Rank: 8, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		separator := brokenTable(head[head.Start():])
		if separator == 0 {
			return nil
		}
		return func(r io.Reader) io.Reader {
			return &lineBreaks{r: bufio.NewReaderSize(r, 1<<16), cells: cells{separator: separator, start: true}}
		}
	}})
}

// cells follows a table byte by byte.
type cells struct {
	separator byte
	start     bool // of a cell
	quoted    bool // within quotes
	closing   bool // behind a quote that may end the cell
}

// next takes a byte, and tells whether it lies within quotes.
func (c *cells) next(ch byte) bool {
	switch {
	case c.quoted && ch == '"':
		c.quoted, c.closing = false, true
	case c.quoted:
	case c.closing && ch == '"': // a quote inside
		c.quoted, c.closing = true, false
	case c.start && ch == '"':
		c.quoted = true
	default:
		c.closing = false
	}
	c.start = !c.quoted && !c.closing && (ch == c.separator || ch == '\n')
	return c.quoted
}

// brokenTable returns the separator of a table whose beginning has a cell with a line
// break in it: a record of as many cells as the header has. 0 for any other text.
func brokenTable(text []byte) byte {
	header, rest, ok := bytes.Cut(text, []byte("\n"))
	if !ok || len(header) == 0 || header[0] == '{' || header[0] == '[' {
		return 0
	}
	for _, separator := range []byte(",\t;|") {
		columns := countCells(header, separator)
		if columns < 3 {
			continue
		}
		c := cells{separator: separator, start: true}
		n, broken := 1, false
		for _, ch := range rest {
			inside := c.next(ch)
			switch {
			case inside && ch == '\n':
				broken = true
			case inside:
			case ch == separator:
				n++
			case ch == '\n':
				if broken {
					if n == columns {
						return separator
					}
					return 0
				}
				n = 1
			}
		}
	}
	return 0
}

func countCells(line []byte, separator byte) int {
	c := cells{separator: separator, start: true}
	n := 1
	for _, ch := range line {
		if !c.next(ch) && ch == separator {
			n++
		}
	}
	return n
}

// lineBreaks reads a table with its line breaks inside quotes as blanks.
type lineBreaks struct {
	r     *bufio.Reader
	cells cells
}

func (l *lineBreaks) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, ch := range p[:n] {
		if l.cells.next(ch) && (ch == '\n' || ch == '\r') {
			p[i] = ' '
		}
	}
	return n, err
}
