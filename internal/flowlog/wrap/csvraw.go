package wrap

import (
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"beacon/internal/flowlog"
)

// A CSV export of a log store that has the line as it came in one of its columns
// (Splunk's _raw, Kibana's and Graylog's message), whose other columns are not
// enough for a flow. Where all of them are Splunk's own the line is taken out even if a
// format knows the table; a line without a time or a year gets that of _time.
//
// Shape: Splunk, "Export data using Splunk Web", CSV.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "CSV of Splunk's events", Rank: 5, Sniff: sniffRaw(splunkOnly)})
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "CSV with the raw line", Rank: 5, Weak: true, Sniff: sniffRaw(func([]string) bool { return true })})
}

// sniffRaw knows a CSV with a column of lines whose header is accepted.
func sniffRaw(accept func(header []string) bool) func(head flowlog.Head) func(io.Reader) io.Reader {
	return func(head flowlog.Head) func(io.Reader) io.Reader {
		text := head[head.Start():]
		if isJSON(head) || bytes.IndexByte(text, ',') < 0 && bytes.IndexByte(text, '\n') < 0 {
			return nil
		}
		header, at := rawColumn(csvReader(bytes.NewReader(text)))
		if at < 0 || !accept(header) {
			return nil
		}
		timed := slices.Index(header, "_time")
		return func(r io.Reader) io.Reader { return unwrapCSV(csvReader(r), at, timed) }
	}
}

// splunkColumns are what Splunk knows of any event, besides names that begin with _.
var splunkColumns = []string{"host", "source", "sourcetype", "index", "splunk_server", "splunk_server_group", "linecount", "punct", "eventtype", "tag", "timestamp", "timestartpos", "timeendpos"}

// splunkOnly tells whether all columns are what Splunk knows of any event, with its line and
// its time.
func splunkOnly(header []string) bool {
	if !slices.Contains(header, "_raw") || !slices.Contains(header, "_time") {
		return false
	}
	return !slices.ContainsFunc(header, func(name string) bool {
		return !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "date_") && !strings.HasPrefix(name, "tag::") && !slices.Contains(splunkColumns, name)
	})
}

// rawColumns is the names of columns that hold lines as they came.
var rawColumns = []string{"_raw", "message", "@message", "raw", "event.original", "full_message", "syslogmessage", "raw_log", "rawlog", "raw_event", "rawevent"}

func csvReader(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	return c
}

// rawColumn returns the header, and the column that holds the line; -1 where none does.
func rawColumn(c *csv.Reader) (header []string, at int) {
	header, err := c.Read()
	if err != nil {
		return nil, -1
	}
	return header, slices.IndexFunc(header, func(name string) bool {
		return slices.Contains(rawColumns, strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))))
	})
}

// unwrapCSV returns the lines in a column; timed is the column of their times, -1 for none.
func unwrapCSV(c *csv.Reader, column, timed int) io.Reader {
	return newLines(func(yield func([]byte, error) bool) {
		if _, err := c.Read(); err != nil { // the header
			return
		}
		for {
			record, err := c.Read()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if column >= len(record) {
				continue
			}
			line := []byte(strings.NewReplacer("\r\n", " ", "\n", " ").Replace(strings.TrimRight(record[column], "\r\n")))
			if len(line) > 0 && timed >= 0 && timed < len(record) {
				line = withTime(line, record[timed])
			}
			if len(line) > 0 && !yield(line, nil) {
				return
			}
		}
	})
}
