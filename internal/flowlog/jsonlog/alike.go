package jsonlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
)

// conditions are what formats ask of the paths of a log's first records (sniffJSON), and
// telling the paths in them.
var (
	conditions [][][]string
	telling    = map[string]bool{kindPath: true}
)

// kindPath is where a stream of Zeek's says which log a record is of: there formats ask for
// values too.
const kindPath = "_path"

// told returns the condition that a record has a value at one of the paths of each group. It
// is called before any log is looked at.
func told(groups ...[]string) [][]string {
	conditions = append(conditions, groups)
	for _, paths := range groups {
		for _, path := range paths {
			telling[path] = true
		}
	}
	return groups
}

// outline holds what telling paths the records of a log have.
type outline struct {
	known map[string]bool // whether a path that some record has is telling
	some  shape           // telling paths that some record has
	every shape           // of these, those that every record has
}

// alike returns a Format.Alike of logs with these fields, which are telling too. Other logs
// are alike whose records have the telling paths that every record of the head has, and none
// but those that some have. A condition asks for paths, never for their absence, so that its
// answer lies between those for a record with the former and for one with the latter: only a
// head for which both are the same tells of others.
func alike(fields []jsonField) func(flowlog.Head) func(flowlog.Head) bool {
	tells := func(path string) bool {
		return telling[path] || slices.ContainsFunc(fields, func(f jsonField) bool { return f.path == path })
	}
	return func(head flowlog.Head) func(flowlog.Head) bool {
		s := sampleOf(head)
		o := s.outline(tells)
		open := func(groups [][]string) bool {
			return slices.ContainsFunc(groups, o.every.lacks) && !slices.ContainsFunc(groups, o.some.lacks)
		}
		if !s.isLines() || o.known[kindPath] || slices.ContainsFunc(conditions, open) {
			return nil
		}
		return func(other flowlog.Head) bool {
			s := sampleOf(other)
			if !s.isLines() || slices.ContainsFunc(s.shapes, func(s *shape) bool { return !o.has(s, tells) }) {
				return false
			}
			s.release() // no format is asked about it any more
			return true
		}
	}
}

// outline returns the paths of the sample's records.
func (s *sample) outline(tells func(path string) bool) *outline {
	o := &outline{known: map[string]bool{}}
	for _, first := range s.shapes {
		for _, path := range first.paths {
			if _, ok := o.known[path]; ok {
				continue
			}
			if o.known[path] = tells(path); !o.known[path] {
				continue
			}
			o.some.paths = append(o.some.paths, path)
			if paths := []string{path}; !slices.ContainsFunc(s.shapes, func(s *shape) bool { return s.lacks(paths) }) {
				o.every.paths = append(o.every.paths, path)
			}
		}
	}
	return o
}

// has tells whether records of a shape have the paths that every record has, and no telling
// ones but those that some have.
func (o *outline) has(s *shape, tells func(path string) bool) bool {
	for _, path := range s.paths {
		if _, ok := o.known[path]; !ok && tells(path) {
			return false
		}
	}
	return !slices.ContainsFunc(o.every.paths, func(path string) bool { return !slices.Contains(s.paths, path) })
}

// isLines tells whether the head has nothing but records, each on a line.
func (s *sample) isLines() bool {
	lines, text := 0, []byte(s.head)
	for ; ; lines++ {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		if !ended {
			break
		}
		text = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || line[0] != '{' || line[len(line)-1] != '}' {
			return false
		}
	}
	n := len(s.records)
	if len(text) > 0 { // without an end, or cut off
		return n > 0 && text[0] == '{' && (n == lines || n == lines+1)
	}
	return n > 0 && n == lines
}
