package wrap

import (
	"bytes"
	"io"
	"slices"
	"unicode"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// Tables whose columns are aligned by blanks, which become tabs: values and names of columns
// may hold single blanks. A column begins where its dashes do in the ruler below the header, or
// where its name does, two blanks or more behind the one before. A value that is aligned to the
// right, or too long, may begin earlier. Positions are in cells of a screen, of which a Chinese,
// Japanese or Korean character takes two, or in characters: some programs pad by these.
//
// Shape: sqlcmd, SQL*Plus, PowerShell's Format-Table, az -o table; column -t.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "columns below a ruler", Rank: 7, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader { return sniffWidths(head, rulerStarts) }})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "aligned columns", Rank: 9, Weak: true, Last: true, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader { return sniffWidths(head, nameStarts) }})
}

// sniffWidths finds a table whose first two lines are a header and what starts finds the
// columns by.
func sniffWidths(head flowlog.Head, starts func(header, below []byte, measure func(rune) int) []int) func(io.Reader) io.Reader {
	header, rest, ok := bytes.Cut(head[head.Start():], []byte("\n"))
	for ok && len(bytes.TrimSpace(header)) == 0 {
		header, rest, ok = bytes.Cut(rest, []byte("\n"))
	}
	below, _, ok := bytes.Cut(rest, []byte("\n"))
	header, below = bytes.TrimRight(header, " \r"), bytes.TrimRight(below, " \r")
	if !ok || bytes.ContainsAny(header, ",;\t|") {
		return nil
	}
	w := widths{starts: starts(header, below, cellsOf), measure: cellsOf}
	if byCharacters := (widths{starts: starts(header, below, one), measure: one}); !w.fits(header, below) && byCharacters.fits(header, below) {
		w = byCharacters
	}
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
		w := widths{starts: w.starts, measure: w.measure}
		return rewriteLines(r, w.line)
	}
}

// rulerStarts returns where the groups of dashes of a ruler begin, in cells.
func rulerStarts(_, ruler []byte, _ func(rune) int) (starts []int) {
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

// nameStarts returns where the names of a header begin, as measured: words that are two blanks
// or more apart, or one where the word alone names a column and a value begins below it.
func nameStarts(header, below []byte, measure func(rune) int) (starts []int) {
	var values []int // where those below begin
	at, before := 0, ' '
	for _, ch := range string(below) {
		if ch != ' ' && before == ' ' {
			values = append(values, at)
		}
		at, before = at+measure(ch), ch
	}
	begins := func(at int) bool { _, ok := slices.BinarySearch(values, at); return ok }
	blank := 2
	at = 0
	for i, ch := range string(header) {
		if ch == ' ' {
			blank++
		} else {
			if blank >= 2 || blank == 1 && isColumnAt(header[i:]) && begins(at) {
				starts = append(starts, at)
			}
			blank = 0
		}
		at += measure(ch)
	}
	return starts
}

// isColumnAt tells whether the word that a text begins with names a column.
func isColumnAt(text []byte) bool {
	word, _, _ := bytes.Cut(text, []byte(" "))
	return flowlog.IsColumn(string(word))
}

// widths cuts lines into columns.
type widths struct {
	starts  []int          // of the columns, ascending
	measure func(rune) int // how much further a character takes the next one
	at      []int          // starts in a line, in bytes
	out     []byte
}

// fits tells whether something begins in each of these lines where each column does.
func (w *widths) fits(lines ...[]byte) bool {
	for _, line := range lines {
		for _, at := range w.places(line) {
			if at >= len(line) || line[at] == ' ' || at > 0 && line[at-1] != ' ' {
				return false
			}
		}
	}
	return true
}

// line returns a line with tabs between its columns, a blank one as an empty one.
func (w *widths) line(line []byte) []byte {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	w.out = w.out[:0]
	from, places := 0, w.places(line)
	for i := range places {
		to := len(line)
		if i+1 < len(places) {
			for to = places[i+1]; to > from && to < len(line) && line[to-1] != ' '; to-- {
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

// places returns where the columns begin in a line, in bytes.
func (w *widths) places(line []byte) []int {
	w.at = w.at[:0]
	at, cells := 0, 0
	for _, start := range w.starts {
		for cells < start && at < len(line) {
			ch, size := utf8.DecodeRune(line[at:])
			at += size
			cells += w.measure(ch)
		}
		w.at = append(w.at, at)
	}
	return w.at
}

// one measures in characters.
func one(rune) int { return 1 }

// cellsOf returns how many cells of a screen a character takes.
//
// Source: Unicode Standard Annex #11, East Asian Width: the wide and fullwidth characters of
// Chinese, Japanese and Korean. Emoji, which are wide too, are left out.
func cellsOf(ch rune) int {
	switch {
	case ch < 0x1100, 0xff61 <= ch && ch <= 0xffdc:
		return 1
	case 0x3000 <= ch && ch <= 0x33ff && ch != 0x303f, 0xff01 <= ch && ch <= 0xffe6, unicode.In(ch, unicode.Han, unicode.Hangul):
		return 2
	}
	return 1
}
