// Package write writes flows as logs of many formats, and converts and filters logs.
package write

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"beacon/internal/flow"
)

// Writer writes flows as a log of one format. It is used by one goroutine.
type Writer interface {
	// Write adds the flows of a batch, in its order. A column that the batch
	// lacks is written as a value that is not there. The batch is not kept.
	Write(b *flow.Batch) error
	// Close writes what ends the log. The stream below is the caller's.
	Close() error
}

// WriteFormat is one kind of log that can be written. Each stands in a file of
// its own, which registers it in an init function.
type Format struct {
	Name    string      // as in --format, and where a reader has the same name, what it reads
	Doc     string      // one line: what it is and who reads it
	Columns flow.Column // of the batches, besides flow.Base, that it can write
	// Optional is those of Columns that are left out where no input has names: because of an
	// empty column each later reading looks for names.
	Optional flow.Column
	New      func(w io.Writer, hosts *flow.Hosts) (Writer, error)
}

var writeFormats []*Format

// register adds a format; its file calls it from init.
func register(f *Format) {
	writeFormats = append(writeFormats, f)
	slices.SortFunc(writeFormats, func(a, b *Format) int { return strings.Compare(a.Name, b.Name) })
}

// Formats returns every format that can be written, by name.
func Formats() []*Format { return slices.Clone(writeFormats) }

// Names returns the names of the formats.
func Names() []string {
	names := make([]string, len(writeFormats))
	for i, f := range writeFormats {
		names[i] = f.Name
	}
	return names
}

// endings is what a file's ending says of the log to write.
var endings = []struct{ ending, format string }{
	{".parquet", "parquet"}, {".arrow", "arrow"}, {".feather", "arrow"}, {".ipc", "arrow"}, {".ndjson", "ndjson"}, {".jsonl", "ndjson"}, {".json", "ndjson"}, {".csv", "csv"},
}

// FormatFor returns the name of the format that a file's ending stands for, or CSV.
func FormatFor(path string) string {
	for _, e := range endings {
		if strings.HasSuffix(strings.ToLower(path), e.ending) {
			return e.format
		}
	}
	return "csv"
}

// FormatOf returns the format of a name.
func FormatOf(name string) (*Format, error) {
	for _, f := range writeFormats {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no log can be written as %q; it is one of %s", name, strings.Join(Names(), ", "))
}
