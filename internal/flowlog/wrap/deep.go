package wrap

import (
	"bufio"
	"bytes"
	"io"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
)

// Documents of JSON whose records stand in arrays that lie deep in them, under whatever keys:
// {"data":{"inbound":[...],"outbound":[...]}}, as interfaces answer and GraphQL does. The
// records of all arrays whose first one is enough for a flow are read.
//
// Shape: GraphQL, October 2021, section 7.1; JSON:API and others have further objects around it.

func init() {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: "an array in a document", Rank: 8, Sniff: sniffDeep})
}

func sniffDeep(head flowlog.Head) func(io.Reader) io.Reader {
	if !isJSON(head) || !hasObjects(head) || isFlow(head) {
		return nil
	}
	for e, err := range newDeepValues(bytes.NewReader(head)).all {
		if v, parseErr := fastjson.ParseBytes(e.text); err == nil && parseErr == nil && suffices(v) {
			return func(r io.Reader) io.Reader { return recordLines(newDeepValues(r)) }
		}
		return nil
	}
	return nil
}

// isFlow tells whether the first object of a text is enough for a flow, or has no array of
// objects in it that could be.
func isFlow(head flowlog.Head) bool {
	for e := range newValues(bytes.NewReader(head), nil, "").all {
		if !hasObjects(e.text) {
			return true
		}
		v, err := fastjson.ParseBytes(e.text)
		return err == nil && suffices(v)
	}
	return true
}

// hasObjects tells whether a text of JSON may have an array of objects in it.
func hasObjects(text []byte) bool {
	for {
		_, rest, ok := bytes.Cut(text, []byte("["))
		if !ok {
			return false
		}
		if text = bytes.TrimLeft(rest, blankBytes); len(text) > 0 && text[0] == '{' {
			return true
		}
	}
}

// maxDeep is how many objects and arrays may lie around an array of records: it bounds the
// recursion.
const maxDeep = 16

// newDeepValues returns the records of the arrays in the objects of a text.
func newDeepValues(r io.Reader) *values {
	v := newValues(r, nil, "")
	v.deep = true
	return v
}

// search looks for arrays of records in the value that comes next, around which so many objects
// and arrays lie.
func (v *values) search(around int, give func(element) bool) {
	switch ch, ok := v.peek(); {
	case !ok:
	case ch == '{' && around < maxDeep:
		v.r.ReadByte()
		v.searchMembers(around+1, give)
	case ch == '[' && around < maxDeep:
		v.r.ReadByte()
		v.searchArray(around+1, give)
	default:
		v.value(false)
	}
}

func (v *values) searchMembers(around int, give func(element) bool) {
	v.each('}', func(byte) {
		v.value(false)
		if ch, ok := v.peek(); ok && ch == ':' {
			v.r.ReadByte()
			v.search(around, give)
		}
	})
}

// searchArray yields the elements of the array that was just begun if its first one is a
// record, and looks for further arrays in them otherwise.
func (v *values) searchArray(around int, give func(element) bool) {
	if ch, ok := v.peek(); ok && ch == '{' {
		v.buf = v.buf[:0]
		v.value(true)
		if first, err := fastjson.ParseBytes(v.buf); err == nil && suffices(first) {
			if give(element{text: v.buf}) {
				v.elements(nil, give)
			}
			return
		}
		if hasObjects(v.buf) {
			first := &values{r: bufio.NewReader(bytes.NewReader(bytes.Clone(v.buf)))}
			first.search(around, func(e element) bool {
				first.stop = !give(e)
				return !first.stop
			})
		}
	}
	v.each(']', func(byte) { v.search(around, give) })
}
