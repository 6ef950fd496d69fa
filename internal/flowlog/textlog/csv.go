package textlog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/timeparts"
)

// CSV is a table of text: a record a line, its fields apart by a comma, tab, semicolon, bar
// or blank (in exports of databases also by ^, ~, 0x1f or Hive's 0x01), with a header that
// names the columns or without one.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "csv",
		Needs:   "columns for time, source, destination: by name, or by --map",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "comma-, tab-, semicolon-, bar- or blank-separated text or aligned columns, with a header (English or in ten other languages) or without",
		Example: "timestamp,src_ip,dst_ip,port,bytes",
		Rank:    9,
		Sniff:   isTable,
		Alike:   alikeTable,
		Open:    openCSV,
	})
}

// table is the first line of a separated text.
type table struct {
	separator byte
	first     []string // fields of the first line
	skip      int      // bytes before it: a byte order mark, blank lines
	size      int      // bytes of it, with its end
	lines     int64    // lines before it
	names     bool     // the first line names the columns, see isHeader
}

// sniffTable finds the first line of a table: the first that is neither empty nor a
// comment.
func sniffTable(head flowlog.Head) (t table, ok bool) {
	t.skip = head.Start()
	for {
		line := head[t.skip:]
		t.size = len(line)
		if nl := bytes.IndexByte(line, '\n'); nl >= 0 {
			line, t.size = line[:nl], nl+1
		}
		line = bytes.TrimRight(line, "\r")
		if t.size < len(head)-t.skip && (len(bytes.TrimSpace(line)) == 0 || isPreamble(line)) {
			t.skip += t.size
			t.lines++
			continue
		}
		if names := bytes.TrimLeft(line, "#: "); len(names) < len(line) && len(line) > 0 && line[0] == '#' && t.cut(names) { // names behind a #
			return t, true
		}
		t.first = nil
		return t, t.cut(line)
	}
}

// isPreamble tells whether a line stands before a header: a comment whose words are
// no names of columns, or Excel's word about the separator.
func isPreamble(line []byte) bool {
	if len(line) <= len("sep=,") && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) {
		return true
	}
	if line[0] != '#' {
		return false
	}
	var t table
	if !t.cut(bytes.TrimLeft(line, "#: ")) {
		return true
	}
	_, err := flowlog.MatchNames(t.first, nil)
	return err != nil
}

// cut finds the separator: the one that cuts a line into most fields, three or more.
func (t *table) cut(line []byte) (ok bool) {
	text, ok := headerText(line)
	if !ok {
		return false
	}
	ok = false
	for _, sep := range []byte(",\t;|^~\x01\x1f ") {
		l := cut.Splitter{Separator: sep, Quoted: true}
		if sep == ' ' && ok { // inside cells it is no separator
			break
		}
		if !l.Split(text) || len(l.Fields) < 3 || len(l.Fields) <= len(t.first) {
			continue
		}
		t.separator = sep
		t.first = t.first[:0]
		for _, field := range l.Fields {
			t.first = append(t.first, string(field))
		}
		ok = true
	}
	return ok
}

// headerText is a line as UTF-8: where it is none, of Windows-1252 or Latin-1, whose
// letters have the numbers of Unicode's. ok is false where it is no text of a table.
func headerText(line []byte) (text []byte, ok bool) {
	if len(line) > 0 && (line[0] == '{' || line[0] == '[') || bytes.IndexByte(line, 0) >= 0 {
		return nil, false
	}
	if utf8.Valid(line) {
		return line, true
	}
	if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }) {
		return nil, false
	}
	for _, ch := range line {
		text = utf8.AppendRune(text, rune(ch))
	}
	return text, true
}

// alikeTable returns a test whether a table begins with the header of this one; nil without
// one.
func alikeTable(head flowlog.Head) func(flowlog.Head) bool {
	t, ok := titledTable(head)
	if !ok || !isHeader(t.first) || t.skip+t.size == len(head) {
		return nil
	}
	header := bytes.Clone(head[:t.skip+t.size])
	return func(other flowlog.Head) bool { return bytes.HasPrefix(other, header) }
}

func openCSV(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	found, err := in.Found(opt, func() (any, error) { return findTable(in, opt) })
	if err != nil {
		return nil, err
	}
	t := found.(*csvTable)
	d := t.layout()
	sample := in.Head[min(int(t.start), len(in.Head)):]
	if err := d.setClocks(sample, opt.For(t.columnOf(flowlog.StartTime))); err != nil {
		return nil, err
	}
	d.values.Grouped = d.grouped(sample)
	if d.starts.Date > 0 {
		noted := slices.Clone(d.roles)
		noted[d.starts.Date-1] = flowlog.StartTime
		opt.NoteColumns(t.columns, noted)
	}
	return d.read(in, t.start, t.before)
}

// csvTable is what the first line of a table tells.
type csvTable struct {
	table
	start   int64 // bytes before the records
	before  int64 // lines before them
	columns []string
	roles   []flowlog.Role
	apart   timeparts.Parts
}

// columnOf returns the name of the column with a role, "" if there is none.
func (t *csvTable) columnOf(r flowlog.Role) string {
	if i := slices.Index(t.roles, r); i >= 0 {
		return t.columns[i]
	}
	return ""
}

// findTable finds the columns of a table.
func findTable(in *flowlog.Input, opt *flowlog.Options) (*csvTable, error) {
	first, ok := titledTable(in.Head)
	if !ok {
		return nil, fmt.Errorf("its first line has no three columns")
	}
	t := &csvTable{table: first, start: int64(first.skip), before: first.lines, columns: slices.Clone(first.first)}
	if t.names = isHeader(t.first); t.names {
		t.start += int64(t.size)
		t.before++
	} else {
		names, err := headerless(readRows(in.Head[min(int(t.start), len(in.Head)):], t.separator, opt))
		if err != nil && len(opt.Map) == 0 {
			return nil, err
		}
		for i := range t.columns {
			if t.columns[i] = fmt.Sprintf("column %d", i+1); i < len(names) {
				t.columns[i] = names[i]
			}
		}
	}
	var err error
	if t.roles, err = flowlog.MatchColumns(t.columns, opt); err != nil {
		err = flowlog.Suggest(in, t.columns, firstRow(t.layout(), in.Head[min(int(t.start), len(in.Head)):]), err)
		return nil, suggestEncoding(in, in.Head[:min(int(t.start), len(in.Head))], err)
	}
	t.apart = timeparts.Of(t.columns, t.roles)
	return t, nil
}

// csvNulls are the texts that stand for no value in tables.
var csvNulls = []string{"-", "NULL", "null", "NaN", "nan", "None", `\N`}

// layout returns the layout of a table, without clocks.
func (t *csvTable) layout() *delimited {
	return &delimited{separator: t.separator, quoted: true, exact: true, roles: t.roles, apart: t.apart,
		values: flowlog.FieldParser{Nulls: csvNulls}, headers: true, verdict: t.headerAgain}
}

// headerAgain tells what a line without a flow is, where logs may have been put behind
// each other: nothing if it is the header once more, of whose columns an order of their own
// can't be obeyed by the workers that read on.
func (t *table) headerAgain(line []byte) verdict {
	if len(line) == 0 || line[0] == '#' || isRuled(line) {
		return noRecord
	}
	if t.names && t.hasEnds(line) { // Fast path
		return unreadable
	}
	l := cut.Splitter{Separator: t.separator, Quoted: true}
	if !l.Split(line) {
		return unreadable
	}
	fields := make([]string, len(l.Fields))
	same := len(fields) == len(t.first)
	for i, field := range l.Fields {
		fields[i] = string(field)
		same = same && fields[i] == t.first[i]
	}
	if same {
		return noRecord
	}
	if !t.names || !isHeader(fields) {
		return unreadable
	}
	if _, err := flowlog.MatchNames(fields, nil); err != nil {
		return unreadable
	}
	return otherHeader
}

// hasEnds tells whether two fields of a line without quotes are addresses, so that it is no
// header.
func (t *table) hasEnds(line []byte) bool {
	if bytes.IndexByte(line, '"') >= 0 {
		return false
	}
	addresses := 0
	for addresses < 2 {
		field, rest, more := bytes.Cut(line, []byte{t.separator})
		if isAddress(string(bytes.TrimSpace(field))) {
			addresses++
		}
		if !more {
			break
		}
		line = rest
	}
	return addresses == 2
}

// isTable tells whether a text is a table. Where blanks separate its columns it may
// be anything: then its first line must be a record, or names, each with a letter,
// one of which is known.
func isTable(head flowlog.Head) bool {
	t, ok := titledTable(head)
	if ok && isPairs(head, &t) {
		return false
	}
	if !ok || t.separator != ' ' || !isHeader(t.first) {
		return ok
	}
	nameless := func(field string) bool { return !strings.ContainsFunc(field, unicode.IsLetter) }
	return slices.ContainsFunc(t.first, flowlog.IsColumn) && !slices.ContainsFunc(t.first, nameless)
}

// isPairs tells whether a first line is of key=value: all its fields are, or two of its values
// are addresses and no field is a column's name. Then what seems to separate columns stands in
// the values.
func isPairs(head flowlog.Head, t *table) bool {
	if !slices.ContainsFunc(t.first, func(field string) bool { return !strings.Contains(field, "=") }) {
		return true
	}
	if !isHeader(t.first) || slices.ContainsFunc(t.first, flowlog.IsColumn) {
		return false
	}
	line, _, _ := bytes.Cut(head[t.skip:], []byte("\n"))
	pairs := cut.Pairs{Rest: line, End: " ,", Assign: '='}
	addresses := 0
	for _, val, ok := pairs.Next(); ok && addresses < 2; _, val, ok = pairs.Next() {
		if isAddress(string(val)) {
			addresses++
		}
	}
	return addresses == 2
}

// firstRow is the fields of the first line of a sample.
func firstRow(d *delimited, sample []byte) (row []string) {
	line, _, _ := bytes.Cut(sample, []byte("\n"))
	l := d.splitter(0)
	if line = bytes.TrimRight(line, "\r"); len(line) > 0 && l.Split(line) {
		for _, field := range l.Fields {
			row = append(row, string(field))
		}
	}
	return row
}
