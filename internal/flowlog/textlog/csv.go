package textlog

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
)

// CSV is a table of text: a record a line, its fields apart by a comma, tab,
// semicolon, bar or blank, with a header that names the columns or without one.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "csv",
		Needs:   "columns for time, source, destination: by name, or by --map",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "comma-, tab-, semicolon-, bar- or blank-separated text, with a header or without",
		Example: "timestamp,src_ip,dst_ip,port,bytes",
		Rank:    9,
		Sniff:   isTable,
		Header:  tableHeader,
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
	for _, sep := range []byte(",\t;| ") {
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

// tableHeader returns the length of the header of a table, 0 without one.
func tableHeader(head flowlog.Head) int {
	t, ok := titledTable(head)
	if !ok || !isHeader(t.first) || t.skip+t.size == len(head) {
		return 0
	}
	return t.skip + t.size
}

func openCSV(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := titledTable(in.Head)
	if !ok {
		return nil, fmt.Errorf("its first line has no three columns")
	}
	t.names = isHeader(t.first)
	d := &delimited{separator: t.separator, quoted: true, exact: true, values: flowlog.FieldParser{Nulls: []string{"-", "NULL", "null", "NaN", "nan", "None", `\N`}}, headers: true, verdict: func(line []byte) verdict { return t.headerAgain(line) }}
	skip, lines := int64(t.skip), t.lines
	columns := slices.Clone(t.first)
	if t.names {
		skip += int64(t.size)
		lines++
	} else {
		names, err := headerless(readRows(in.Head[min(int(skip), len(in.Head)):], t.separator, opt))
		if err != nil && len(opt.Map) == 0 {
			return nil, err
		}
		for i := range columns {
			if columns[i] = fmt.Sprintf("column %d", i+1); i < len(names) {
				columns[i] = names[i]
			}
		}
	}
	var err error
	if d.roles, err = flowlog.MatchColumns(columns, opt); err != nil {
		return nil, flowlog.Suggest(in, columns, firstRow(d, in.Head[min(int(skip), len(in.Head)):]), err)
	}
	d.date = dateColumn(columns, d.roles)
	if err := d.setClocks(in.Head[min(int(skip), len(in.Head)):], opt); err != nil {
		return nil, err
	}
	if d.date > 0 {
		noted := slices.Clone(d.roles)
		noted[d.date-1] = flowlog.StartTime
		opt.NoteColumns(columns, noted)
	}
	return d.read(in, skip, lines)
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
	if ok && !slices.ContainsFunc(t.first, func(field string) bool { return !strings.Contains(field, "=") }) { // key=value
		return false
	}
	if !ok || t.separator != ' ' || !isHeader(t.first) {
		return ok
	}
	nameless := func(field string) bool { return !strings.ContainsFunc(field, unicode.IsLetter) }
	return slices.ContainsFunc(t.first, flowlog.IsColumn) && !slices.ContainsFunc(t.first, nameless)
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

// dateColumn returns the column, from 1, that holds the dates of the times of day in
// another; 0 for none.
func dateColumn(columns []string, roles []flowlog.Role) int {
	for i, c := range columns {
		switch flowlog.NormalName(c) {
		case "date", "startdate", "dt", "day", "datum", "fecha", "data", "дата", "日期", "日付", "날짜":
			if roles[i] == flowlog.Ignored {
				return i + 1
			}
		}
	}
	return 0
}

// clockSamples is how many records of a log's beginning are looked at to find out
// how it writes its times.
const clockSamples = 2000

// setClocks finds how the log writes its times from the records of its beginning.
func (d *delimited) setClocks(sample []byte, opt *flowlog.Options) (err error) {
	date := d.date
	d.date = 0
	starts, dated := d.timesOf(sample, flowlog.StartTime, date)
	if d.clock, err = flowlog.FindClock(starts, opt); err != nil && len(dated) > 0 {
		c, err2 := flowlog.FindClock(dated, opt)
		if err2 == nil {
			d.clock, d.date, err = c, date, nil
		} else if says(err2) != says(err) { // that the order of day and month is open
			err = err2
		}
	}
	ends, _ := d.timesOf(sample, flowlog.EndTime, 0)
	d.values.End, _ = flowlog.FindClock(ends, opt)
	return err
}

// says returns the hint of an error about times, "" if it has none.
func says(err error) string {
	var refusal *flowlog.InputError
	if errors.As(err, &refusal) {
		return refusal.Hint
	}
	return ""
}

// timesOf returns the times of a role in the records of a sample and, with a column
// of dates, from 1, the times with the date before them.
func (d *delimited) timesOf(sample []byte, r flowlog.Role, date int) (times, dated []string) {
	at := slices.Index(d.roles, r)
	if at < 0 {
		return nil, nil
	}
	if len(sample) > 0 && date == 0 && d.isPlain(sample) {
		return d.plainTimes(sample, at), nil
	}
	l := d.splitter(max(at+1, date))
	var found, foundDated cells
	for line := range bytes.Lines(sample) {
		line = bytes.TrimRight(line, "\r\n")
		if len(found.ends) == clockSamples {
			break
		}
		if len(line) == 0 || !l.Split(line) || len(l.Fields) <= at || d.values.Null(l.Fields[at]) || !d.isRecord(line, l.Fields[at]) {
			continue
		}
		found.add(l.Fields[at])
		if date > 0 && date <= len(l.Fields) {
			foundDated.add(l.Fields[date-1], []byte(" "), l.Fields[at])
		}
	}
	return found.texts(), foundDated.texts()
}

// isPlain tells whether a field of a line is what stands between two separators.
func (d *delimited) isPlain(sample []byte) bool {
	return !d.runs && d.separator != ' ' && !(d.quoted && bytes.IndexByte(sample, '"') >= 0)
}

// plainTimes is timesOf for a sample that is plain.
func (d *delimited) plainTimes(sample []byte, at int) []string {
	var found cells
	for line := range bytes.Lines(sample) {
		if line = bytes.TrimRight(line, "\r\n"); len(found.ends) == clockSamples {
			break
		}
		field := line
		for range at {
			_, field, _ = bytes.Cut(field, []byte{d.separator})
		}
		field, _, _ = bytes.Cut(field, []byte{d.separator})
		if field = bytes.TrimSpace(field); !d.values.Null(field) && d.isRecord(line, field) {
			found.add(field)
		}
	}
	return found.texts()
}

// isRecord tells whether a line of a sample is one with a flow, as its time can be.
func (d *delimited) isRecord(line, time []byte) bool {
	if d.verdict == nil || d.headers && line[0] != '#' && len(time) > 0 && time[0]-'0' <= 9 { // Fast path: no name of a column of times begins with a digit
		return true
	}
	return d.verdict(line) == unreadable
}

// cells collects the texts of a column.
type cells struct {
	text []byte // of all
	ends []int  // of each in it
}

// add adds a text, which is given in pieces.
func (c *cells) add(pieces ...[]byte) {
	for _, p := range pieces {
		c.text = append(c.text, p...)
	}
	c.ends = append(c.ends, len(c.text))
}

func (c *cells) texts() []string {
	if c.ends == nil {
		return nil
	}
	all, from, list := string(c.text), 0, make([]string, len(c.ends))
	for i, end := range c.ends {
		list[i], from = all[from:end], end
	}
	return list
}
