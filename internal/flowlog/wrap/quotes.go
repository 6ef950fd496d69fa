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

// line is a line with double quotes around the cells that have single ones. A quote in a
// cell is written twice.
func (q *quotes) line(line []byte) []byte {
	q.out = q.out[:0]
	start, quoted := true, false
	for i := 0; i < len(line); i++ {
		ch := line[i]
		switch {
		case start && ch == '\'':
			quoted = true
			q.out = append(q.out, '"')
		case quoted && ch == '\'' && i+1 < len(line) && line[i+1] == '\'':
			q.out = append(q.out, '\'')
			i++
		case quoted && ch == '\'':
			quoted = false
			q.out = append(q.out, '"')
		case quoted && ch == '"':
			q.out = append(q.out, '"', '"')
		default:
			q.out = append(q.out, ch)
		}
		start = !quoted && ch == q.separator
	}
	return q.out
}
