package wrap

import (
	"bytes"
	"io"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// Tables whose columns are aligned by blanks, which become tabs: values and names of columns
// may hold single blanks. A column begins where its dashes do in the ruler below the header, or
// where its name does, two blanks or more behind the one before. A value that is aligned to the
// right, or too long, may begin earlier.
//
// Shape: sqlcmd, SQL*Plus, PowerShell's Format-Table, az -o table; column -t.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "columns below a ruler", Rank: 7, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader { return sniffWidths(head, rulerStarts) }})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "aligned columns", Rank: 9, Weak: true, Last: true, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader { return sniffWidths(head, nameStarts) }})
}

// sniffWidths finds a table whose first two lines are a header and what starts finds the
// columns by.
func sniffWidths(head flowlog.Head, starts func(header, below []byte) []int) func(io.Reader) io.Reader {
	header, rest, ok := bytes.Cut(head[head.Start():], []byte("\n"))
	for ok && len(bytes.TrimSpace(header)) == 0 {
		header, rest, ok = bytes.Cut(rest, []byte("\n"))
	}
	below, _, ok := bytes.Cut(rest, []byte("\n"))
	header, below = bytes.TrimRight(header, " \r"), bytes.TrimRight(below, " \r")
	if !ok || bytes.ContainsAny(header, ",;\t|") {
		return nil
	}
	w := widths{starts: starts(header, below)}
	if len(w.starts) < 3 {
		return nil
	}
	var names []string
	for cell := range bytes.SplitSeq(w.line(header), []byte("\t")) {
		names = append(names, string(cell))
	}
	if _, err := flowlog.MatchNames(names, nil); err != nil {
		return nil
	}
	return func(r io.Reader) io.Reader {
		w := widths{starts: w.starts}
		return rewriteLines(r, w.line)
	}
}

// rulerStarts returns where the groups of dashes of a ruler begin, in characters.
func rulerStarts(_, ruler []byte) (starts []int) {
	if len(bytes.Trim(ruler, "- ")) > 0 {
		return nil
	}
	for i, ch := range ruler {
		if ch == '-' && (i == 0 || ruler[i-1] == ' ') {
			starts = append(starts, i)
		}
	}
	return starts
}

// nameStarts returns where the names of a header begin that are two blanks or more apart, in
// characters.
func nameStarts(header, _ []byte) (starts []int) {
	blank := 2
	for i, ch := range bytes.Runes(header) {
		if ch == ' ' {
			blank++
			continue
		}
		if blank >= 2 {
			starts = append(starts, i)
		}
		blank = 0
	}
	return starts
}

// widths cuts lines into columns.
type widths struct {
	starts []int // of the columns, in characters, ascending
	at     []int // starts in a line, in bytes
	out    []byte
}

// line returns a line with tabs between its columns, a blank one as an empty one.
func (w *widths) line(line []byte) []byte {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	w.at = w.at[:0]
	for _, start := range w.starts {
		w.at = append(w.at, byteAt(line, start))
	}
	w.out = w.out[:0]
	from := 0
	for i := range w.at {
		to := len(line)
		if i+1 < len(w.at) {
			for to = w.at[i+1]; to > from && to < len(line) && line[to-1] != ' '; to-- {
			}
		}
		if i > 0 {
			w.out = append(w.out, '\t')
		}
		w.out = append(w.out, bytes.TrimSpace(line[from:to])...)
		from = to
	}
	return w.out
}

// byteAt returns the position of the n-th character of a line, from 0, in bytes.
func byteAt(line []byte, n int) (at int) {
	if n >= len(line) {
		return len(line)
	}
	for ; n > 0 && at < len(line); n-- {
		_, size := utf8.DecodeRune(line[at:])
		at += size
	}
	return at
}
