package devicelog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"

	"github.com/valyala/fastjson"
)

// objectReader is a dialect's JSON.
type objectReader struct {
	*reading
	dialect *dialect
	fields  []objectField // the preferred of a value first
	paths   map[string][]string
}

// objectField is where a value stands in the records.
type objectField struct {
	path  []string
	value value
}

// sniffRecords is how many records of a log's beginning are looked at.
const sniffRecords = 64

// jsonPaths is the paths of the values in a log's first records, in the order of
// their first appearance.
func jsonPaths(head flowlog.Head) (paths [][]string) {
	seen := map[string]bool{}
	var visit func(v *fastjson.Value, path []string)
	visit = func(v *fastjson.Value, path []string) {
		if o, err := v.Object(); err == nil {
			o.Visit(func(key []byte, v *fastjson.Value) { visit(v, append(slices.Clone(path), string(key))) })
			return
		}
		if key := string(bytes.Join(stringBytes(path), []byte{0})); !seen[key] && v.Type() != fastjson.TypeNull {
			seen[key] = true
			paths = append(paths, path)
		}
	}
	text, n := head[head.Start():], 0
	for at := 0; n < sniffRecords; n++ {
		start, end := nextObject(text, at)
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

func stringBytes(list []string) (out [][]byte) {
	for _, s := range list {
		out = append(out, []byte(s))
	}
	return out
}

// jsonNames is the normalised names of the values in a log's first records: of each
// its last key, its whole path, and what lies between.
func jsonNames(head flowlog.Head) (names []string) {
	for _, path := range jsonPaths(head) {
		names = append(names, pathNames(path)...)
	}
	return names
}

// pathNames is the names by which a value is known: the ends of its path.
func pathNames(path []string) (names []string) {
	name := ""
	for _, key := range slices.Backward(path) {
		name = flowlog.NormalName(key) + name
		names = append(names, name)
	}
	return names
}

func (d *dialect) openJSON(in *flowlog.Input, opt *flowlog.Options, r *reading) (flowlog.Reader, error) {
	o := &objectReader{reading: r, dialect: d, paths: map[string][]string{}}
	paths := jsonPaths(in.Head)
	var columns []string
	roles := make([]flowlog.Role, len(paths))
	for _, path := range paths {
		columns = append(columns, string(bytes.Join(stringBytes(path), []byte("."))))
		for _, name := range pathNames(path) {
			if o.paths[name] == nil {
				o.paths[name] = path
			}
		}
	}
	for _, n := range d.names {
		for i, path := range paths {
			if slices.Contains(pathNames(path), n.name) {
				o.fields = append(o.fields, objectField{path, n.value})
				if roles[i] == flowlog.Ignored {
					roles[i] = valueRoles[n.value+1]
				}
			}
		}
	}
	opt.NoteColumns(columns, roles)
	if d.check != nil {
		if start, end := nextObject(in.Head, 0); end > 0 {
			if v, err := fastjson.ParseBytes(in.Head[start:end]); err == nil {
				if err := d.check(func(name string) []byte { return scalar(v.Get(o.paths[name]...), o.paths[name]) }); err != nil {
					return nil, err
				}
			}
		}
	}
	if d.joined {
		j := d.newJoiner(r, in, opt)
		return flowlog.ReadSerially(in, bomLength(in.Head), 0, wholeObjects, func(w *flowlog.Worker, text []byte) error { return o.parse(w, text, j) }, j.end)
	}
	return flowlog.ReadRecords(in, wholeObjects, func(w *flowlog.Worker, text []byte) error { return o.parse(w, text, nil) })
}

// parse reads a block of objects.
func (o *objectReader) parse(w *flowlog.Worker, text []byte, j *joiner) error {
	r := &record{lineReader: &lineReader{reading: o.reading, w: w, stamper: o.stamper}, dialect: o.dialect, join: j}
	var parser fastjson.Parser
	var object *fastjson.Value
	r.get = func(name string) []byte {
		path, ok := o.paths[name]
		if !ok {
			return nil
		}
		return scalar(object.Get(path...), path)
	}
	for at := 0; ; {
		start, end := nextObject(text, at)
		if start < 0 {
			return nil
		}
		if end < 0 {
			return w.Bad(text[start:], "the record is cut off")
		}
		var err error
		if object, err = parser.ParseBytes(text[start:end]); err != nil || object.Type() != fastjson.TypeObject {
			err = w.Bad(text[start:end], "malformed JSON")
		} else {
			var v values
			for _, f := range o.fields {
				if null(v.text[f.value]) {
					v.text[f.value] = scalar(object.Get(f.path...), f.path)
				}
			}
			err = r.add(text[start:end], &v)
		}
		if err != nil {
			return err
		}
		w.Lines(1)
		at = end
	}
}

// scalar is the text of a value; of an array its first element's.
func scalar(v *fastjson.Value, path []string) []byte {
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
			return scalar(list[0], path)
		}
		return nil
	}
	return v.MarshalTo(nil)
}

// nextObject finds the next object of a text, or the next line that is none; end is
// -1 where it is not whole, start where there is none.
func nextObject(text []byte, at int) (start, end int) {
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

// wholeObjects cuts a text behind its last whole object.
func wholeObjects(text []byte) int {
	for at := 0; ; {
		_, end := nextObject(text, at)
		if end < 0 {
			return at
		}
		at = end
	}
}
