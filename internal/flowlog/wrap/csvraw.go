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
// enough for a flow.
//
// Shape: Splunk, "Export data using Splunk Web", CSV.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "CSV with the raw line", Rank: 5, Weak: true, Sniff: func(head flowlog.Head) func(io.Reader) io.Reader {
		text := head[head.Start():]
		if isJSON(head) || bytes.IndexByte(text, ',') < 0 && bytes.IndexByte(text, '\n') < 0 {
			return nil
		}
		at := rawColumn(csvReader(bytes.NewReader(text)))
		if at < 0 {
			return nil
		}
		return func(r io.Reader) io.Reader { return unwrapCSV(csvReader(r), at) }
	}})
}

// rawColumns is the names of columns that hold lines as they came.
var rawColumns = []string{"_raw", "message", "raw", "event.original", "full_message"}

func csvReader(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	return c
}

// rawColumn is the column that holds the line, by the header; -1 where none does.
func rawColumn(c *csv.Reader) int {
	header, err := c.Read()
	if err != nil {
		return -1
	}
	return slices.IndexFunc(header, func(name string) bool {
		return slices.Contains(rawColumns, strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))))
	})
}

func unwrapCSV(c *csv.Reader, column int) io.Reader {
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
			line := strings.NewReplacer("\r\n", " ", "\n", " ").Replace(strings.TrimRight(record[column], "\r\n"))
			if line != "" && !yield([]byte(line), nil) {
				return
			}
		}
	})
}
