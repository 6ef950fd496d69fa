package wrap

import (
	"bytes"
	"io"
	"iter"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
)

// A document of JSON whose records stand in an array that lies deeper than at its top, under
// whatever keys: {"data":{"flows":[...]}}, as interfaces answer and GraphQL does.
//
// Shape: GraphQL, October 2021, section 7.1; JSON:API and others have further objects around it.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "an array in a document", Rank: 8, Sniff: sniffDeep})
}

func sniffDeep(head flowlog.Head) func(io.Reader) io.Reader {
	if !isJSON(head) {
		return nil
	}
	for path := range arrayPaths(head[head.Start():]) {
		e := &envelope{path: path, begin: func(first []element) func() picker {
			if !suffices(fastjson.MustParseBytes(first[0].text)) {
				return nil
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) { return v.MarshalTo(dst), true })
		}}
		if open := e.sniff(head); open != nil {
			return open
		}
	}
	return nil
}

// maxDeep is how many objects may lie around an array of records.
const maxDeep = 8

// arrayPaths yields the keys that lead to each array of objects, at least two keys deep, of the
// first object of a text. It yields none if another object follows: then a record is a line.
func arrayPaths(text []byte) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var paths [][]string
		var path []string // keys of the objects around
		key := ""
		for at := 0; at < len(text); {
			size := 1
			switch text[at] {
			case '"':
				if size = quotedSize(text[at:]); size == 0 {
					at = len(text)
					continue
				}
				key = string(text[at+1 : at+size-1])
			case '{':
				path = append(path, key)
				if len(path) > maxDeep {
					return
				}
			case '}':
				if path = path[:max(0, len(path)-1)]; len(path) == 0 {
					if len(bytes.TrimSpace(text[at+1:])) > 0 {
						return
					}
				}
			case '[':
				if inner := bytes.TrimLeft(text[at+1:], blankBytes); len(inner) > 0 && inner[0] == '{' && len(path) > 1 {
					paths = append(paths, append(append([]string{}, path[1:]...), key))
				}
				if size = arraySize(text[at:]); size == 0 {
					at = len(text)
					continue
				}
			}
			at += size
		}
		for _, p := range paths {
			if !yield(p) {
				return
			}
		}
	}
}

// quotedSize returns the length of the string that a text begins with, 0 if it doesn't end.
func quotedSize(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// arraySize returns the length of the array that a text begins with, 0 if it doesn't end.
func arraySize(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			size := quotedSize(text[i:])
			if size == 0 {
				return 0
			}
			i += size - 1
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
