package record

import (
	"slices"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/cut"
	"beacon/internal/flowlog/join"

	"github.com/valyala/fastjson"
)

// objectReader is a dialect's JSON.
type objectReader struct {
	*Reading
	dialect *Dialect
	fields  []objectField // the preferred of a value first
	paths   map[string][]string
}

// objectField is where a value stands in the records.
type objectField struct {
	path  []string
	value Value
}

func (d *Dialect) openJSON(in *flowlog.Input, opt *flowlog.Options, r *Reading) (flowlog.Reader, error) {
	o := &objectReader{Reading: r, dialect: d, paths: map[string][]string{}}
	paths := cut.Paths(in.Head)
	var columns []string
	roles := make([]flowlog.Role, len(paths))
	for _, path := range paths {
		columns = append(columns, strings.Join(path, "."))
		for _, name := range cut.PathNames(path) {
			if o.paths[name] == nil {
				o.paths[name] = path
			}
		}
	}
	for _, n := range d.Names {
		for i, path := range paths {
			if slices.Contains(cut.PathNames(path), n.name) {
				o.fields = append(o.fields, objectField{path, n.value})
				if roles[i] == flowlog.Ignored {
					roles[i] = ValueRoles[n.value+1]
				}
			}
		}
	}
	opt.NoteColumns(columns, roles)
	if d.Check != nil {
		if start, end := cut.NextObject(in.Head, 0); end > 0 {
			if v, err := fastjson.ParseBytes(in.Head[start:end]); err == nil {
				if err := d.Check(func(name string) []byte { return cut.Scalar(v.Get(o.paths[name]...), o.paths[name]) }); err != nil {
					return nil, err
				}
			}
		}
	}
	if d.Joined {
		j := join.New()
		return cut.ReadSerially(in, MarkLength(in.Head), 0, cut.WholeObjects, func(w *flowlog.Worker, text []byte) error { return o.parse(w, text, j) }, d.end(j, in, opt))
	}
	return cut.ReadRecords(in, cut.WholeObjects, func(w *flowlog.Worker, text []byte) error { return o.parse(w, text, nil) })
}

// parse reads a block of objects.
func (o *objectReader) parse(w *flowlog.Worker, text []byte, j *join.Joiner) error {
	r := &dialectReader{LineReader: &LineReader{Reading: o.Reading, W: w, Stamper: o.stamper, join: j}, dialect: o.dialect}
	var parser fastjson.Parser
	var object *fastjson.Value
	r.get = func(name string) []byte {
		path, ok := o.paths[name]
		if !ok {
			return nil
		}
		return cut.Scalar(object.Get(path...), path)
	}
	for at := 0; ; {
		start, end := cut.NextObject(text, at)
		switch {
		case start < 0:
			return nil
		case end < 0 && text[start] == '{':
			return w.Bad(text[start:], "the record is cut off")
		case end < 0:
			end = len(text)
		}
		var err error
		if object, err = parser.ParseBytes(text[start:end]); err != nil || object.Type() != fastjson.TypeObject {
			err = w.Bad(text[start:end], "malformed JSON")
		} else {
			var v Values
			for _, f := range o.fields {
				if cut.Null(v.Text[f.value]) {
					v.Text[f.value] = cut.Scalar(object.Get(f.path...), f.path)
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
