package jsonlog

import (
	"errors"
	"math"
	"slices"

	"beacon/internal/flowlog"
)

// Any other JSON whose keys are named as columns are in a CSV log (columns.go):
// an object a line or an array of objects, flat or nested.

func init() {
	flowlog.Register(&flowlog.Format{
		Name:    "json",
		Needs:   "keys for time, source, destination: by name, or by --map",
		Gives:   "ports, protocol, bytes, duration, name",
		Doc:     "JSON objects, in lines or an array, whose keys are named like columns of a CSV",
		Example: `{"timestamp":"2020-06-05 14:39:59.3","src_ip":"10.0.0.5","dst_ip":"192.0.2.7","dst_port":443,"bytes":302}`,
		Rank:    9,
		Sniff:   func(head flowlog.Head) bool { return len(jsonColumns(head)) > 0 },
		Open:    openJSONAny,
	})
}

// jsonColumns returns the paths of the values of the log's first records, in the
// order of first appearance.
func jsonColumns(head flowlog.Head) []string { return jsonPaths(head, sniffRecords) }

// jsonPaths returns the paths of the values of so many records.
func jsonPaths(head flowlog.Head, records int) []string {
	var columns []string
	for _, shape := range sampleOf(head).shapes {
		if shape.first >= records {
			break
		}
		for _, path := range shape.paths {
			if len(columns) < maxNodeKeys && !slices.Contains(columns, path) {
				columns = append(columns, path)
			}
		}
	}
	return columns
}

// jsonSample returns a value of each path in a log's first records.
func jsonSample(head flowlog.Head, columns []string) []string {
	values := make([]string, len(columns))
	s := sampleOf(head)
	for r := range min(len(s.records), sniffRecords) {
		s.each(r, func(path string, text []byte) {
			if i := slices.Index(columns, path); i >= 0 && values[i] == "" {
				values[i] = string(text)
			}
		})
	}
	return values
}

func openJSONAny(in *flowlog.Input, opt *flowlog.Options) (flowlog.Reader, error) {
	columns := jsonColumns(in.Head)
	if len(columns) == 0 {
		return nil, errors.New("no JSON object in its beginning")
	}
	found, err := flowlog.MatchColumns(columns, opt)
	if err != nil {
		return nil, flowlog.Suggest(in, columns, jsonSample(in.Head, columns), err)
	}
	var l jsonLayout
	for i, r := range found {
		if r == flowlog.ByteCount && slices.Contains(found, flowlog.SourcePart) {
			r = flowlog.DestinationPart
		}
		if r != flowlog.Ignored {
			l.fields = append(l.fields, jsonField{path: columns[i], role: r})
		}
	}
	l.addParts(jsonPaths(in.Head, math.MaxInt), found)
	mapped := *opt
	mapped.Map = nil
	return l.open(in, &mapped)
}
