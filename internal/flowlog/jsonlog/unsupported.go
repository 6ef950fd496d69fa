package jsonlog

import (
	"bytes"
	"encoding/json"

	"beacon/internal/flowlog"
)

func init() {
	flowlog.RegisterUnsupported(flowlog.Unsupported{What: "JSON with an array for each column", Also: hasColumnArrays,
		Hint: `write it with an object for each record, as pandas does with to_json("FILE", orient="records", lines=True)`})
}

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
