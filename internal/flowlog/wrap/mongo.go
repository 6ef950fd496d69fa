package wrap

import (
	"strings"

	"github.com/valyala/fastjson"
)

// MongoDB's extended JSON, as mongoexport writes it: a value with a type of its own is an object,
// {"$date":"2024-03-05T13:00:00Z"}, {"$date":{"$numberLong":"1709643600000"}}. Each gives way to
// what is in it.
//
// Shape: MongoDB, Extended JSON (v2) specification.

func init() {
	for _, token := range [...]string{"$date", "$timestamp", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"} {
		register(&envelope{name: "MongoDB's extended JSON with " + token, rank: 3, token: `"` + token + `"`, begin: func(first []element) func() picker {
			var arena fastjson.Arena
			v := fastjson.MustParseBytes(first[0].text)
			before := v.String()
			if plainValue(&arena, v, 0).String() == before {
				return nil
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
				var arena fastjson.Arena
				return plainValue(&arena, v, 0).MarshalTo(dst), true
			})
		}})
	}
}

// deepestTyped is how deep in a record values of MongoDB are looked for.
const deepestTyped = 16

// plainValue returns what a value of MongoDB holds; v itself, perhaps with other members, where
// it is none.
func plainValue(arena *fastjson.Arena, v *fastjson.Value, depth int) *fastjson.Value {
	if v.Type() != fastjson.TypeObject || depth == deepestTyped {
		return v
	}
	type member struct {
		key   string
		value *fastjson.Value
	}
	var members []member
	v.GetObject().Visit(func(key []byte, value *fastjson.Value) { members = append(members, member{string(key), value}) })
	if len(members) == 1 {
		inner := members[0].value
		text := string(inner.GetStringBytes())
		switch members[0].key {
		case "$date", "$oid", "$uuid":
			return plainValue(arena, inner, depth+1)
		case "$timestamp":
			if t := inner.Get("t"); t != nil {
				return t
			}
		case "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal":
			if _, err := fastjson.Parse(text); err == nil && strings.IndexByte("-0123456789", (text + " ")[0]) >= 0 {
				return arena.NewNumberString(text)
			}
			return inner
		}
	}
	for _, m := range members {
		if plain := plainValue(arena, m.value, depth+1); plain != m.value {
			v.Set(m.key, plain)
		}
	}
	return v
}
