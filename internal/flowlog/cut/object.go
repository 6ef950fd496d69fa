package cut

import (
	"bytes"
	"slices"
	"strings"

	"beacon/internal/flowlog"

	"github.com/valyala/fastjson"
)

// IsJSON says whether a log begins with an object of JSON, or an array of them.
func IsJSON(head flowlog.Head) bool {
	text := bytes.TrimLeft(head[head.Start():], " \t\r\n\x1e[")
	return len(text) > 0 && text[0] == '{'
}

// sniffRecords is how many records of a log's beginning are looked at.
const sniffRecords = 64

// Paths returns the paths of the values in a log's first records, in the order of
// their first appearance.
func Paths(head flowlog.Head) (paths [][]string) {
	seen := map[string]bool{}
	var visit func(v *fastjson.Value, path []string)
	visit = func(v *fastjson.Value, path []string) {
		if o, err := v.Object(); err == nil {
			o.Visit(func(key []byte, v *fastjson.Value) { visit(v, append(slices.Clone(path), string(key))) })
			return
		}
		if key := strings.Join(path, "\x00"); !seen[key] && v.Type() != fastjson.TypeNull {
			seen[key] = true
			paths = append(paths, path)
		}
	}
	text, n := head[head.Start():], 0
	for at := 0; n < sniffRecords; n++ {
		start, end := NextObject(text, at)
		if end < 0 {
			break
		}
		if v, err := fastjson.ParseBytes(text[start:end]); err == nil {
			visit(v, nil)
		}
		at = end
	}
	return paths
}

// Names returns the normalised names of the values in a log's first records: of each
// its last key, its whole path, and what lies between.
func Names(head flowlog.Head) (names []string) {
	for _, path := range Paths(head) {
		names = append(names, PathNames(path)...)
	}
	return names
}

// PathNames returns the names by which a value is known: the ends of its path.
func PathNames(path []string) (names []string) {
	name := ""
	for _, key := range slices.Backward(path) {
		if i := strings.LastIndexByte(key, ':'); i >= 0 { // iana:sourceIPv4Address
			key = key[i+1:]
		}
		name = flowlog.NormalName(key) + name
		names = append(names, name)
	}
	return names
}

// Scalar returns the text of a value; of an array its first element's.
func Scalar(v *fastjson.Value, path []string) []byte {
	if v == nil || len(path) == 0 {
		return nil
	}
	switch v.Type() {
	case fastjson.TypeNull, fastjson.TypeObject:
		return nil
	case fastjson.TypeString:
		text, _ := v.StringBytes()
		return text
	case fastjson.TypeArray:
		if list, _ := v.Array(); len(list) > 0 {
			return Scalar(list[0], path)
		}
		return nil
	}
	return v.MarshalTo(nil)
}

// NextObject finds the next object of a text, or the next line that is none; end is
// -1 where it is not whole, start where there is none.
func NextObject(text []byte, at int) (start, end int) {
	for at < len(text) && (text[at] <= ' ' || text[at] == ',' || text[at] == '[' || text[at] == ']' || text[at] >= 0xef) {
		at++
	}
	if at == len(text) {
		return -1, -1
	}
	if text[at] != '{' {
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			return at, at + n
		}
		return at, -1
	}
	depth, quoted := 0, false
	for i := at; i < len(text); i++ {
		switch ch := text[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '{':
			depth++
		case ch == '}':
			if depth--; depth == 0 {
				return at, i + 1
			}
		}
	}
	return at, -1
}

// WholeObjects cuts a text behind its last whole object.
func WholeObjects(text []byte) int {
	for at := 0; ; {
		_, end := NextObject(text, at)
		if end < 0 {
			return at
		}
		at = end
	}
}
