package wrap

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// Tables in boxes of lines, whose columns become separated by tabs. The names stand in the
// first row or in the upper border; further rows above the first inner border hold the types of
// columns.
//
// Shape: sqlite3 -box, DuckDB, ClickHouse (Pretty, PrettyCompact), nushell, polars.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "a box", Rank: 7, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		text := bytes.TrimLeft(head[head.Start():], " \t\r\n")
		if first, rest, _ := bytes.Cut(text, []byte("\n")); bytes.HasPrefix(first, []byte("shape: (")) { // polars
			text = rest
		}
		if border, _ := utf8.DecodeRune(text); !strings.ContainsRune(corners, border) {
			return nil
		}
		return func(r io.Reader) io.Reader {
			var b box
			return rewriteLines(r, b.line)
		}
	}})
}

// corners begin the upper border of a box, bars separate cells, and joints are where a border
// meets a bar.
const (
	corners = "┌┏╭╔"
	bars    = "│┃║┆"
	joints  = "┬┳╦"
)

// isFrame tells whether a character is one that boxes are drawn with.
//
// Source: Unicode, block Box Drawing.
func isFrame(ch rune) bool { return ch >= 0x2500 && ch <= 0x257f }

// box rewrites the lines of tables in boxes.
type box struct {
	begun bool // the first border was read
	named bool // the names of the columns are known
	below bool // an inner border stood below them
	out   []byte
}

// line returns the cells of a line with tabs between them, nothing for a border; a line
// outside of the box stays as it is.
func (b *box) line(line []byte) []byte {
	text := bytes.TrimSpace(line)
	first, _ := utf8.DecodeRune(text)
	bar := bytes.IndexAny(text, bars)
	switch {
	case bar < 0 && isFrame(first):
		return b.border(text, first)
	case bar < 0 && !b.begun:
		return nil // a title
	case bar < 0:
		return line
	}
	if b.named && !b.below {
		return nil // types
	}
	row := b.cells(text[bar:], bars)
	if !b.named && len(row) > 0 {
		b.named = true
	}
	return row
}

// border returns the names of columns that stand in a border, nothing where it has none.
func (b *box) border(text []byte, first rune) []byte {
	b.begun = true
	if strings.ContainsRune(corners, first) { // another box of the same table may follow
		b.named, b.below = false, false
	} else {
		b.below = true
	}
	names := b.cells(text, joints)
	if len(names) > 0 {
		b.named, b.below = true, true
	}
	return names
}

// cells returns the texts between separators with tabs between them, without the frame around
// each; nothing where there are fewer than two, or all are empty.
func (b *box) cells(text []byte, separators string) []byte {
	b.out = b.out[:0]
	text = bytes.TrimFunc(text, func(r rune) bool { return r == ' ' || isFrame(r) && !strings.ContainsRune(separators, r) })
	if separators == bars {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
		if last, size := utf8.DecodeLastRune(text); strings.ContainsRune(bars, last) {
			text = text[:len(text)-size]
		}
	}
	n, empty := 0, true
	for {
		at := bytes.IndexAny(text, separators)
		cell := text
		if at >= 0 {
			cell = text[:at]
		}
		cell = bytes.TrimFunc(cell, func(r rune) bool { return r == ' ' || isFrame(r) })
		empty = empty && len(cell) == 0
		if n++; n > 1 {
			b.out = append(b.out, '\t')
		}
		b.out = append(b.out, cell...)
		if at < 0 {
			break
		}
		_, size := utf8.DecodeRune(text[at:])
		text = text[at+size:]
	}
	if n < 2 || empty {
		return nil
	}
	return b.out
}
