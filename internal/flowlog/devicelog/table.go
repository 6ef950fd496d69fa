package devicelog

import (
	"bytes"
	"errors"
	"slices"

	"beacon/internal/flowlog"
)

// table is the header of separated text.
type table struct {
	separator byte
	columns   []string // as they stand in the header
	names     []string // normalised
	skip      int64    // bytes up to the first record
	lines     int64    // lines in them
}

// maxPreamble is how many lines of comments may stand before a header.
const maxPreamble = 20

// errMoreColumns is what tshark does to a packet in a tunnel.
var errMoreColumns = errors.New("records have more fields than the header has names: several values in one field")

const tsharkHint = "tshark needs -E occurrence=f for one value a field (=l for the innermost packet's)"

// newTable finds the header of a table: its first line that is no comment, cut into
// the most columns, three or more.
func newTable(head flowlog.Head) (t table, ok bool) {
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
			t.lines++
			continue
		}
		for _, sep := range []byte(",\t;|") {
			if columns := splitRow(nil, bytes.TrimRight(text, "\r"), sep); len(columns) >= 3 && len(columns) > len(t.columns) {
				t.separator, t.columns, t.names = sep, nil, nil
				for _, c := range columns {
					t.columns = append(t.columns, string(c))
					t.names = append(t.names, flowlog.NormalName(string(c)))
				}
			}
		}
		t.skip = int64(min(at+len(line)+1, len(head)))
		t.lines++
		return t, t.columns != nil
	}
	return t, false
}

// splitRow cuts a line into its fields, without quotes.
func splitRow(fields [][]byte, line []byte, separator byte) [][]byte {
	for {
		field, rest, more := w3cQuoted(line, separator)
		fields = append(fields, bytes.TrimSpace(field))
		if !more {
			return fields
		}
		line = rest
	}
}

// w3cQuoted is the next field of a line, and what follows its separator.
func w3cQuoted(p []byte, separator byte) (field, rest []byte, more bool) {
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

// tableReader is a dialect's table.
type tableReader struct {
	*reading
	dialect *dialect
	table   table
	columns []value // less one, by column; 0 for those that are not read
	order   []int   // of the columns, the preferred first
}

func (d *dialect) openTable(in *flowlog.Input, opt *flowlog.Options, r *reading, t table) (flowlog.Reader, error) {
	tr := &tableReader{reading: r, dialect: d, table: t, columns: make([]value, len(t.names))}
	var roles []flowlog.Role
	for _, n := range d.names {
		for i, name := range t.names {
			if name == n.name && tr.columns[i] == 0 {
				tr.columns[i] = n.value + 1
				tr.order = append(tr.order, i)
			}
		}
	}
	for _, v := range tr.columns {
		roles = append(roles, valueRoles[v])
	}
	opt.NoteColumns(t.columns, roles)
	line, _, _ := bytes.Cut(in.Head[min(int(t.skip), len(in.Head)):], []byte("\n"))
	row := splitRow(nil, bytes.TrimRight(line, "\r"), t.separator)
	if d.check != nil && len(row) > 1 {
		if err := d.check(func(name string) []byte { return cell(row, t.names, name) }); err != nil {
			return nil, err
		}
	}
	if len(row) > len(t.names)+1 { // one more may be an empty one at the end
		return nil, &flowlog.InputError{Line: t.lines + 1, Err: errMoreColumns, Hint: tsharkHint}
	}
	if d.joined {
		j := d.newJoiner(r, in, opt)
		return flowlog.ReadSerially(in, t.skip, t.lines, flowlog.WholeLines, func(w *flowlog.Worker, text []byte) error { return tr.parse(w, text, j) }, j.end)
	}
	return flowlog.ReadText(in, t.skip, t.lines, func(w *flowlog.Worker, text []byte) error { return tr.parse(w, text, nil) })
}

func cell(row [][]byte, names []string, name string) []byte {
	if i := slices.Index(names, name); i >= 0 && i < len(row) {
		return row[i]
	}
	return nil
}

// parse reads a block of rows.
func (t *tableReader) parse(w *flowlog.Worker, text []byte, j *joiner) error {
	r := &record{lineReader: &lineReader{reading: t.reading, w: w, stamper: t.stamper}, dialect: t.dialect, join: j}
	var row [][]byte
	r.get = func(name string) []byte { return cell(row, t.table.names, name) }
	return flowlog.EachLine(w, text, func(line []byte) error {
		row = splitRow(row[:0], line, t.table.separator)
		if len(row) > 2 && string(row[0]) == t.table.columns[0] && string(row[1]) == t.table.columns[1] { // the header of a second table
			return nil
		}
		if len(row) < len(t.table.names) {
			if line[0] == '#' {
				return nil
			}
			return w.Bad(line, flowlog.TooFew)
		}
		var v values
		for _, i := range t.order {
			if which := t.columns[i] - 1; null(v.text[which]) {
				v.text[which] = row[i]
			}
		}
		return r.add(line, &v)
	})
}
