package wrap

import (
	"bytes"
	"io"
	"slices"

	"beacon/internal/flowlog"

	"github.com/valyala/fastjson"
)

// envelope is a wrapping of JSON.
type envelope struct {
	name  string
	rank  int
	weak  bool
	token string   // that the text must have in its beginning
	path  []string // of the records (see values)
	keep  string   // key of a value beside them

	// begin returns what makes pickers, by the first elements of a text; nil where
	// they are not of this envelope.
	begin func(first []element) func() picker
}

// picker appends what an element holds to dst. ok is false where it holds nothing
// that is a record.
type picker func(dst []byte, e element, v *fastjson.Value) (out []byte, ok bool)

// firstElements is how many elements of a text's beginning are looked at.
const firstElements = 8

func register(e *envelope) {
	flowlog.RegisterWrapping(&flowlog.Wrapping{Name: e.name, Rank: e.rank, Weak: e.weak, Sniff: e.sniff})
}

func (e *envelope) sniff(head flowlog.Head) func(io.Reader) io.Reader {
	if !isJSON(head) || !quotedOf(head).has(e.token) {
		return nil
	}
	var first []element
	for el, err := range newValues(bytes.NewReader(head), e.path, e.keep).all {
		if err != nil || fastjson.ValidateBytes(el.text) != nil {
			break
		}
		first = append(first, element{el.key, bytes.Clone(el.text)})
		if len(first) == firstElements {
			break
		}
	}
	if len(first) == 0 {
		return nil
	}
	begin := e.begin(first)
	if begin == nil {
		return nil
	}
	return func(r io.Reader) io.Reader { return e.unwrap(r, begin()) }
}

// unwrap reads what an envelope holds as lines. An element that is no JSON is kept
// as it is.
func (e *envelope) unwrap(r io.Reader, pick picker) io.Reader {
	return newLines(func(yield func([]byte, error) bool) {
		var parser fastjson.Parser
		var out []byte
		for el, err := range newValues(r, e.path, e.keep).all {
			if err != nil {
				yield(nil, err)
				return
			}
			v, err := parser.ParseBytes(el.text)
			if err != nil {
				out = append(out[:0], el.text...)
			} else {
				var ok bool
				if out, ok = pick(out[:0], el, v); !ok {
					continue
				}
			}
			if !yield(out, nil) {
				return
			}
		}
	})
}

// pickText appends a string's text, its line breaks as blanks.
func pickText(dst []byte, v *fastjson.Value) ([]byte, bool) {
	text, err := v.StringBytes()
	if err != nil {
		return dst, false
	}
	text = bytes.TrimRight(text, "\r\n")
	at := len(dst)
	dst = append(dst, text...)
	for i, ch := range dst[at:] {
		if ch == '\n' || ch == '\r' {
			dst[at+i] = ' '
		}
	}
	return dst, len(text) > 0
}

// is says whether there is a value, and of this type.
func is(v *fastjson.Value, t fastjson.Type) bool { return v != nil && v.Type() == t }

// stateless is pickers without a memory.
func stateless(p picker) func() picker { return func() picker { return p } }

// members returns the names of the values of an object, nested ones by their path.
func members(v *fastjson.Value) (names []string) {
	var visit func(v *fastjson.Value, prefix string)
	visit = func(v *fastjson.Value, prefix string) {
		o, err := v.Object()
		if err != nil {
			return
		}
		o.Visit(func(key []byte, v *fastjson.Value) {
			if path := prefix + string(key); v.Type() == fastjson.TypeObject {
				visit(v, path+".")
			} else if v.Type() != fastjson.TypeNull && !slices.Contains(names, path) {
				names = append(names, path)
			}
		})
	}
	visit(v, "")
	return names
}

// suffices says whether the values of an object are enough for a flow, by their
// names.
func suffices(v *fastjson.Value) bool {
	_, err := flowlog.MatchNames(members(v), nil)
	return err == nil
}

// rawOrFields decides how a wrapping that has both a message and values taken from
// it is read: by its values where these are enough, else by the message.
func rawOrFields(v *fastjson.Value, keys ...string) (key string, ok bool) {
	if v == nil || v.Type() != fastjson.TypeObject || suffices(v) {
		return "", v != nil && v.Type() == fastjson.TypeObject
	}
	for _, key := range keys {
		if is(v.Get(key), fastjson.TypeString) {
			return key, true
		}
	}
	return "", true
}
