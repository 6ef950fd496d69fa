package wrap

import (
	"bytes"
	"io"

	"beacon/internal/flowlog"
)

// A table whose cells stand in single quotes, which become double ones.
//
// Shape: what MySQL's INTO OUTFILE and Perl's Text::CSV write when they are told to.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "single quotes", Rank: 7, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		text := head[head.Start():]
		first, rest, ok := bytes.Cut(text, []byte("\n"))
		second, _, _ := bytes.Cut(rest, []byte("\n"))
		separator := singleQuoted(second)
		if !ok || separator == 0 || bytes.IndexByte(first, separator) < 0 { // the header may be bare
			return nil
		}
		return func(r io.Reader) io.Reader {
			q := quotes{separator: separator}
			return rewriteLines(r, q.line)
		}
	}})
}

// singleQuoted returns what separates the cells of a line that begins with a cell in
// single quotes, 0 for other lines.
func singleQuoted(line []byte) byte {
	if len(line) < 3 || line[0] != '\'' {
		return 0
	}
	end := bytes.IndexByte(line[1:], '\'') + 2
	if end < 2 || end >= len(line) || bytes.IndexByte([]byte(",;\t|"), line[end]) < 0 {
		return 0
	}
	return line[end]
}

// quotes changes the quotes of lines.
type quotes struct {
	separator byte
	out       []byte
}

// line returns a line with double quotes around the cells that have single ones. Other cells,
// such as 'tis, stay as they are.
func (q *quotes) line(line []byte) []byte {
	q.out = q.out[:0]
	for {
		cell := bytes.TrimLeft(line, " ") // which may stand between a separator and a quote
		n := 0
		if len(cell) > 0 && cell[0] == '\'' {
			n = q.cell(cell)
		}
		if n > 0 {
			line = cell[n:]
		} else {
			n = q.end(line)
			q.out, line = append(q.out, line[:n]...), line[n:]
		}
		if len(line) == 0 || line[0] != q.separator { // a carriage return may be left
			return append(q.out, line...)
		}
		q.out, line = append(q.out, q.separator), line[1:]
	}
}

// cell appends the cell in single quotes that begins a line, in double quotes. A quote in
// it stands twice, or behind a backslash, or where no cell can end. n is the cell's length,
// 0 where its quote is not closed.
func (q *quotes) cell(line []byte) (n int) {
	before := len(q.out)
	q.out = append(q.out, '"')
	for i := 1; i < len(line); i++ {
		switch ch := line[i]; {
		case (ch == '\'' || ch == '\\') && i+1 < len(line) && line[i+1] == '\'':
			q.out = append(q.out, '\'')
			i++
		case ch == '\'' && q.ends(line[i+1:]):
			q.out = append(q.out, '"')
			return i + 1
		case ch == '"':
			q.out = append(q.out, '"', '"')
		default:
			q.out = append(q.out, ch)
		}
	}
	q.out = q.out[:before]
	return 0
}

// ends tells whether a cell ends before rest.
func (q *quotes) ends(rest []byte) bool {
	return len(rest) == 0 || rest[0] == q.separator || rest[0] == '\r'
}

// end returns the length of the cell that begins a line and has no single quotes around it.
func (q *quotes) end(line []byte) int {
	quoted := false
	for i, ch := range line {
		switch {
		case ch == '"' && (i == 0 || quoted):
			quoted = !quoted
		case ch == '"' && line[i-1] == '"' && line[0] == '"': // twice, in a quoted cell
			quoted = true
		case ch == q.separator && !quoted:
			return i
		}
	}
	return len(line)
}
