package textlog

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"beacon/internal/flowlog"
)

// CSV is a table of text: a record a line, its fields apart by a comma, tab,
// semicolon, bar or blank, with a header that names the columns or without one.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "csv",
		Doc:     "comma-, tab-, semicolon-, bar- or blank-separated text, with a header or without",
		Example: "timestamp,src_ip,dst_ip,port,bytes",
		Rank:    9,
		Sniff:   func(head flowlog.Head) bool { _, ok := sniffTable(head); return ok },
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
}

// sniffTable finds the separator: the one that cuts the first line into most
// fields, three or more.
func sniffTable(head flowlog.Head) (t table, ok bool) {
	if bytes.HasPrefix(head, flowlog.ByteOrderMark) {
		t.skip = len(flowlog.ByteOrderMark)
	}
	for t.skip < len(head) && (head[t.skip] == '\n' || head[t.skip] == '\r') {
		if head[t.skip] == '\n' {
			t.lines++
		}
		t.skip++
	}
	line := head[t.skip:]
	t.size = len(line)
	if nl := bytes.IndexByte(line, '\n'); nl >= 0 {
		line, t.size = line[:nl], nl+1
	}
	line = bytes.TrimRight(line, "\r")
	if bytes.IndexByte(line, 0) >= 0 || !utf8.Valid(line) || len(line) > 0 && (line[0] == '{' || line[0] == '[') {
		return t, false
	}
	for _, sep := range []byte(",\t;| ") {
		l := flowlog.Splitter{Separator: sep, Quoted: true}
		if sep == ' ' && ok { // inside cells it is no separator
			break
		}
		if !l.Split(line) || len(l.Fields) < 3 || len(l.Fields) <= len(t.first) {
			continue
		}
		t.separator = sep
		t.first = t.first[:0]
		for _, field := range l.Fields {
			t.first = append(t.first, string(field))
		}
		ok = true
	}
	return t, ok
}

func openCSV(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	t, ok := sniffTable(in.Head)
	if !ok {
		return nil, fmt.Errorf("its first line has no three columns")
	}
	d := &delimited{separator: t.separator, quoted: true, exact: true, values: flowlog.FieldParser{Nulls: []string{"-", "NULL", "null", "NaN", "nan", "None", `\N`}}}
	skip, lines := int64(t.skip), t.lines
	columns := headerless(t.first)
	if columns == nil {
		columns = t.first
		skip += int64(t.size)
		lines++
	} else if len(opt.Map) == 0 && !slices.Contains(columns, "src_ip") {
		return nil, fmt.Errorf("its first line is no header, and its columns can't be told apart")
	}
	var err error
	if d.roles, err = flowlog.MatchColumns(columns, opt); err != nil {
		return nil, err
	}
	if err := d.setClocks(in.Head[min(int(skip), len(in.Head)):], opt); err != nil {
		return nil, err
	}
	return d.read(in, skip, lines)
}

// headerless names the columns of a log whose first line is data: its fields
// parse as a time and two addresses. nil where it is a header.
func headerless(first []string) []string {
	names := make([]string, len(first))
	at := map[string]int{}
	for i, field := range first {
		names[i] = fmt.Sprintf("column %d", i+1)
		name := ""
		if _, ok := flowlog.NewClock([]byte(field), nil); ok && len(field) >= 8 && at["timestamp"] == 0 {
			name = "timestamp"
		} else if isAddress(field) {
			if name = "src_ip"; at[name] != 0 {
				name = "dst_ip"
			}
		}
		if name != "" && at[name] == 0 {
			names[i] = name
			at[name] = i + 1
		}
	}
	if at["timestamp"] == 0 || at["dst_ip"] == 0 {
		return nil
	}
	// What commonly follows: port and bytes, or both ports, protocol and bytes.
	rest := names[at["dst_ip"]:]
	if at["timestamp"] == 1 && at["src_ip"] == 2 && at["dst_ip"] == 3 {
		switch len(rest) {
		case 2:
			copy(rest, []string{"dst_port", "bytes"})
		case 4:
			copy(rest, []string{"src_port", "dst_port", "protocol", "bytes"})
		}
	}
	return names
}

func isAddress(text string) bool {
	if _, ok := flowlog.ParseIPv4([]byte(text)); ok {
		return true
	}
	return strings.Count(text, ":") >= 2 && strings.Trim(strings.ToLower(text), "0123456789abcdef:.") == ""
}

// setClocks finds how the log writes its times from its first record that has
// one.
func (d *delimited) setClocks(sample []byte, opt *flowlog.Options) error {
	d.clock.Zone, d.values.End.Zone = opt.Location(), opt.Location()
	l := d.splitter(0)
	start, end := slices.Index(d.roles, flowlog.StartTime), slices.Index(d.roles, flowlog.EndTime)
	var found, foundEnd bool
	var seen string
	for line := range bytes.Lines(sample) {
		if found && (foundEnd || end < 0) {
			break
		}
		if !l.Split(bytes.TrimRight(line, "\r\n")) || len(l.Fields) <= start {
			continue
		}
		if c, ok := flowlog.NewClock(l.Fields[start], opt.Location()); ok && !found {
			d.clock, found = *c, true
		} else if !ok && seen == "" {
			seen = string(l.Fields[start])
		}
		if end >= 0 && end < len(l.Fields) && !foundEnd {
			if c, ok := flowlog.NewClock(l.Fields[end], opt.Location()); ok {
				d.values.End, foundEnd = *c, true
			}
		}
	}
	if !found && seen != "" {
		return &flowlog.InputError{Err: fmt.Errorf("unreadable time %q in every record of its beginning", seen),
			Hint: "times are like 2020-06-21 00:00:02.892702, with T, / or a zone, or a number since 1970"}
	}
	return nil
}
