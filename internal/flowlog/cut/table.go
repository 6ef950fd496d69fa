package cut

import (
	"bytes"

	"beacon/internal/flowlog"
)

// Table is the header of separated text.
type Table struct {
	Separator byte
	Columns   []string // as they stand in the header
	Names     []string // normalised
	Skip      int64    // bytes up to the first record
	Lines     int64    // lines in them
}

// maxPreamble is how many lines of comments may stand before a header.
const maxPreamble = 20

// NewTable finds the header of a table: its first line that is no comment, cut into
// the most columns, three or more.
func NewTable(head flowlog.Head) (t Table, ok bool) {
	at := head.Start()
	for range maxPreamble {
		line, rest, _ := bytes.Cut(head[at:], []byte("\n"))
		text := bytes.TrimSpace(line)
		if names, ok := bytes.CutPrefix(text, []byte("#fields\t")); ok { // Zeek's
			text = names
		} else if names, ok := bytes.CutPrefix(text, []byte("#:")); ok { // flow-export's
			text = names
		} else if len(text) == 0 || text[0] == '#' || bytes.HasPrefix(text, []byte("sep=")) {
			if len(rest) == 0 {
				return t, false
			}
			at += len(line) + 1
			t.Lines++
			continue
		}
		for _, sep := range []byte(",\t;|") {
			if columns := Row(nil, bytes.TrimRight(text, "\r"), sep); len(columns) >= 3 && len(columns) > len(t.Columns) {
				t.Separator, t.Columns, t.Names = sep, nil, nil
				for _, c := range columns {
					t.Columns = append(t.Columns, string(c))
					t.Names = append(t.Names, flowlog.NormalName(string(c)))
				}
			}
		}
		t.Skip = int64(min(at+len(line)+1, len(head)))
		t.Lines++
		return t, t.Columns != nil
	}
	return t, false
}

// Row cuts a line into its fields, without quotes.
func Row(fields [][]byte, line []byte, separator byte) [][]byte {
	for {
		field, rest, more := Quoted(line, separator)
		fields = append(fields, bytes.TrimSpace(field))
		if !more {
			return fields
		}
		line = rest
	}
}

// Quoted returns the next field of a line, and what follows its separator.
func Quoted(p []byte, separator byte) (field, rest []byte, more bool) {
	q := bytes.TrimLeft(p, " ")
	if len(q) > 0 && q[0] == '"' {
		for n := 1; n < len(q); n++ {
			if q[n] != '"' {
				continue
			}
			if n+1 < len(q) && q[n+1] == '"' {
				n++
				continue
			}
			field = q[1:n]
			after := bytes.IndexByte(q[n:], separator)
			if after < 0 {
				return field, nil, false
			}
			return field, q[n+after+1:], true
		}
	}
	at := bytes.IndexByte(p, separator)
	if at < 0 {
		return p, nil, false
	}
	return p[:at], p[at+1:], true
}
