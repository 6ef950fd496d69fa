package wrap

import "github.com/valyala/fastjson"

// Elasticsearch and OpenSearch: a document in the _source of a hit, or its fields as lists, be the hits
// lines (elasticdump) or in a search's answer; and the bulk format, in which a line
// that says what to do with it stands before each document (tshark -T ek writes it).
//
// Shape: Elasticsearch, "Search API" and "Bulk API"; elasticdump's README.

func init() {
	for _, path := range [][]string{nil, {"hits", "hits"}, {"responses", "*", "hits", "hits"}} {
		name := "Elasticsearch hits"
		if path == nil {
			name = "Elasticsearch _source"
		}
		if len(path) > 2 {
			name = "Elasticsearch answers"
		}
		register(&envelope{name: name, rank: 3, token: `"_source"`, path: path, begin: func(first []element) func() picker {
			if !is(fastjson.MustParseBytes(first[0].text).Get("_source"), fastjson.TypeObject) {
				return nil
			}
			return stateless(pickSource)
		}})
	}
	register(&envelope{name: "Elasticsearch hits' fields", rank: 3, token: `"fields"`, path: []string{"hits", "hits"}, begin: func(first []element) func() picker {
		hit := fastjson.MustParseBytes(first[0].text)
		if hit.Get("_source") != nil || !is(hit.Get("fields"), fastjson.TypeObject) {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
			if fields := v.Get("fields"); fields != nil {
				return fields.MarshalTo(dst), true
			}
			return dst, false
		})
	}})
	register(&envelope{name: "Elasticsearch bulk lines", rank: 2, token: `"_index"`, begin: beginBulk})
	register(&envelope{name: "Elasticsearch bulk lines without index", rank: 2, token: `{"index":`, begin: beginBulk})
}

func pickSource(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
	if source := v.Get("_source"); source != nil {
		return source.MarshalTo(dst), true
	}
	return v.MarshalTo(dst), true
}

func beginBulk(first []element) func() picker {
	if !bulkAction(fastjson.MustParseBytes(first[0].text)) {
		return nil
	}
	return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
		if bulkAction(v) {
			return dst, false
		}
		return v.MarshalTo(dst), true
	})
}

// bulkAction says whether an object is the line before a document.
func bulkAction(v *fastjson.Value) bool {
	o, err := v.Object()
	if err != nil || o.Len() != 1 {
		return false
	}
	for _, action := range [...]string{"index", "create", "update", "delete"} {
		if is(o.Get(action), fastjson.TypeObject) {
			return true
		}
	}
	return false
}
