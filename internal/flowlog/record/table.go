package record

import (
	"bytes"
	"errors"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"
)

// errMoreColumns is what tshark does to a packet in a tunnel.
var errMoreColumns = errors.New("records have more fields than the header has names: several values in one field")

const tsharkHint = "tshark needs -E occurrence=f for one value a field (=l for the innermost packet's)"

// tableReader is a dialect's table.
type tableReader struct {
	*Reading
	dialect *Dialect
	table   cut.Table
	columns []Value // less one, by column; 0 for those that are not read
	order   []int   // of the columns, the preferred first
}

func (d *Dialect) openTable(in *flowlog.Input, opt *flowlog.Options, r *Reading, t cut.Table) (flowlog.Reader, error) {
	tr := &tableReader{Reading: r, dialect: d, table: t, columns: make([]Value, len(t.Names))}
	var roles []flowlog.Role
	for _, n := range d.Names {
		for i, name := range t.Names {
			if name == n.name && tr.columns[i] == 0 {
				tr.columns[i] = n.value + 1
				tr.order = append(tr.order, i)
			}
		}
	}
	for _, v := range tr.columns {
		roles = append(roles, ValueRoles[v])
	}
	opt.NoteColumns(t.Columns, roles)
	line, _, _ := bytes.Cut(in.Head[min(int(t.Skip), len(in.Head)):], []byte("\n"))
	row := cut.Row(nil, bytes.TrimRight(line, "\r"), t.Separator)
	if d.Check != nil && len(row) > 1 {
		if err := d.Check(func(name string) []byte { return cell(row, t.Names, name) }); err != nil {
			return nil, err
		}
	}
	if len(row) > len(t.Names)+1 { // one more may be an empty one at the end
		return nil, &flowlog.InputError{Line: t.Lines + 1, Err: errMoreColumns, Hint: tsharkHint}
	}
	if d.Joined {
		j := join.New()
		return cut.ReadSerially(in, t.Skip, t.Lines, flowlog.WholeLines, func(w *flowlog.Worker, text []byte) error { return tr.parse(w, text, j) }, d.end(j, in, opt))
	}
	return flowlog.ReadText(in, t.Skip, t.Lines, func(w *flowlog.Worker, text []byte) error { return tr.parse(w, text, nil) })
}

func cell(row [][]byte, names []string, name string) []byte {
	if i := slices.Index(names, name); i >= 0 && i < len(row) {
		return row[i]
	}
	return nil
}

// parse reads a block of rows.
func (t *tableReader) parse(w *flowlog.Worker, text []byte, j *join.Joiner) error {
	r := &dialectReader{LineReader: &LineReader{Reading: t.Reading, W: w, Stamper: t.stamper, join: j}, dialect: t.dialect}
	var row [][]byte
	r.get = func(name string) []byte { return cell(row, t.table.Names, name) }
	return flowlog.EachLine(w, text, func(line []byte) error {
		row = cut.Row(row[:0], line, t.table.Separator)
		if len(row) > 2 && string(row[0]) == t.table.Columns[0] && string(row[1]) == t.table.Columns[1] { // the header of a second table
			return nil
		}
		if len(row) < len(t.table.Names) {
			if line[0] == '#' {
				return nil
			}
			return w.Bad(line, flowlog.TooFew)
		}
		var v Values
		for _, i := range t.order {
			if which := t.columns[i] - 1; cut.Null(v.Text[which]) {
				v.Text[which] = row[i]
			}
		}
		return r.add(line, &v)
	})
}
