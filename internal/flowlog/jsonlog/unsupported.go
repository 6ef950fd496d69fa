package jsonlog

import (
	"bytes"
	"encoding/json"
	"regexp"

	"beacon/internal/flowlog"
)

func init() {
	const hint = `write it with an object for each record, as pandas does with to_json("FILE", orient="records", lines=True)`
	flowlog.RegisterUnsupported(
		flowlog.Unsupported{What: "JSON with an array for each column", Also: hasColumnArrays, Hint: hint},
		flowlog.Unsupported{What: "JSON with an object for all records, or for each column", Also: isByIndex, Hint: hint},
		flowlog.Unsupported{What: "JSON with the names of columns apart from an array for each record", Also: isSplit, Hint: hint},
		flowlog.Unsupported{What: "JSON with an array for each record", Also: hasRecordArrays, Hint: hint, Last: true})
}

// isByIndex recognises what pandas writes with orient "columns" or "index": {"time":{"0":"...",
// "1":"..."},...} and {"0":{"time":"...",...},"1":...}.
func isByIndex(head flowlog.Head) bool {
	return byColumn.Match(head) || byRecord.Match(head)
}

// isSplit recognises what pandas writes with orient "split".
func isSplit(head flowlog.Head) bool { return splitTable.Match(head) }

// hasRecordArrays recognises the rows of a table without names.
func hasRecordArrays(head flowlog.Head) bool { return rowArrays.Match(head) }

var (
	byColumn   = regexp.MustCompile(`^\s*\{\s*"[^"]*"\s*:\s*\{\s*"0"\s*:\s*(?:"[^"]*"|[^{}\[\]",]+)\s*,\s*"1"\s*:`)
	byRecord   = regexp.MustCompile(`^\s*\{\s*"0"\s*:\s*\{(?s:.*?)\}\s*,\s*"1"\s*:\s*\{`)
	rowArrays  = regexp.MustCompile(`^\s*(?:\[\s*)?\[\s*(?:"[^"]*"|[^{}\[\]",]+)\s*,`)
	splitTable = regexp.MustCompile(`^\s*\{\s*"columns"\s*:\s*\[[^\]]*\]\s*,\s*"(?:index|data)"\s*:\s*\[`)
)

// leastArrays is how many values at the beginning of a text must be arrays of as many elements: a
// time and both ends of a flow.
const leastArrays = 3

// hasColumnArrays recognises {"time":["...","..."],"src_ip":["...","..."],...}, whose values are
// those of columns. Its beginning may end in the first of them.
func hasColumnArrays(head flowlog.Head) bool {
	text := bytes.TrimLeft(head[head.Start():], " \t\r\n")
	if _, value, ok := bytes.Cut(text, []byte(":")); !ok || text[0] != '{' || !bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("[")) { // Fast path
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.Token() // the brace
	size := 0
	for i := range leastArrays {
		d.Token() // the key
		n, whole := scalars(d)
		if !whole {
			return n > 1 && (i == 0 || n <= size)
		}
		if n < 2 || i > 0 && n != size {
			return false
		}
		size = n
	}
	return true
}

// scalars returns the number of elements of the array that comes next, 0 if there is none or one
// of them is no string, number or literal. whole is false where the text ends in it.
func scalars(d *json.Decoder) (n int, whole bool) {
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return 0, true
	}
	for ; ; n++ {
		switch token, err := d.Token(); {
		case err != nil:
			return n, false
		case token == json.Delim(']'):
			return n, true
		default:
			if _, nested := token.(json.Delim); nested {
				return 0, true
			}
		}
	}
}
