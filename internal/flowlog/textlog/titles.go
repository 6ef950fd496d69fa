package textlog

import (
	"bytes"
	"slices"
	"strings"

	"beacon/internal/flowlog"
)

// maxTitles is how many lines above a header are looked at. A header is told by its names,
// so that more lines would cost nothing but time.
const maxTitles = 20

// titledTable is sniffTable, but for a header below titles.
func titledTable(head flowlog.Head) (t table, ok bool) {
	t, ok = sniffTable(head)
	if below, found := belowTitles(head, t); found {
		return below, true
	}
	return t, ok
}

// belowTitles returns the table whose header stands below other lines, such as the title
// and the period of a report: the first line that names the time, the source and the
// destination. It returns false where there is none, or where the first line could be one
// of the table.
func belowTitles(head flowlog.Head, above table) (t table, ok bool) {
	if text := bytes.TrimLeft(head[head.Start():], " \t\r\n"); len(text) == 0 || strings.IndexByte("{[<", text[0]) >= 0 {
		return t, false // JSON, XML, or syslog
	}
	if len(above.first) > 0 {
		if _, err := flowlog.MatchNames(above.first, nil); err == nil || !isHeader(above.first) {
			return t, false
		}
	}
	t.skip = head.Start()
	for line := range bytes.Lines(head[t.skip:]) {
		if t.lines > maxTitles || line[len(line)-1] != '\n' {
			break
		}
		t.size, t.first = len(line), nil
		if t.cut(bytes.TrimRight(line, "\r\n")) && t.separator != ' ' {
			if !isHeader(t.first) {
				break
			}
			if _, err := flowlog.MatchNames(t.first, nil); err == nil && !slices.ContainsFunc(t.first, isPair) {
				return t, t.lines > 0
			}
		}
		t.skip += len(line)
		t.lines++
	}
	return t, false
}

// isPair tells whether a field of a line holds a name and a value, as in JSON and key=value.
func isPair(field string) bool { return strings.ContainsAny(field, "{}[:=") }

// isRuled tells whether a line is what programs put around the rows of a table: a ruler of
// dashes, or the number of rows.
//
// Shape: psql (aligned and Markdown), mysql, sqlcmd.
func isRuled(line []byte) bool {
	if bytes.Contains(line, []byte("--")) || bytes.Contains(line, []byte("==")) {
		return len(bytes.Trim(line, "-=+|: \t")) == 0
	}
	number, rest, ok := bytes.Cut(bytes.TrimPrefix(line, []byte("(")), []byte(" row"))
	if !ok || len(number) == 0 || len(bytes.Trim(number, "0123456789")) > 0 {
		return false
	}
	rest = bytes.TrimPrefix(rest, []byte("s"))
	return slices.ContainsFunc([]string{")", " affected)", " in set"}, func(end string) bool { return bytes.HasPrefix(rest, []byte(end)) })
}
