package wrap

import "github.com/valyala/fastjson"

// Splunk: {"result":{...}} a line (the export endpoint and the web's JSON), and
// {"results":[...]} (search jobs). A result's fields are read if they are enough for
// a flow, else its _raw, which is the event as it came in.
//
// Shape: Splunk REST API reference, search/jobs/export, output_mode=json.

func init() {
	register(&envelope{name: "a Splunk export", rank: 3, token: `"result"`, begin: func(first []element) func() picker {
		result := fastjson.MustParseBytes(first[0].text).Get("result")
		key, ok := rawOrFields(result, "_raw")
		if !ok {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
			return pickSplunk(dst, v.Get("result"), key)
		})
	}})
	register(&envelope{name: "Splunk results", rank: 3, token: `"results"`, path: []string{"results"}, begin: func(first []element) func() picker {
		key, ok := rawOrFields(fastjson.MustParseBytes(first[0].text), "_raw")
		if !ok {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) { return pickSplunk(dst, v, key) })
	}})
}

func pickSplunk(dst []byte, v *fastjson.Value, key string) ([]byte, bool) {
	if v == nil {
		return dst, false // {"preview":...,"lastrow":true}
	}
	if key != "" {
		if raw := v.Get(key); raw != nil {
			return pickText(dst, raw)
		}
	}
	return v.MarshalTo(dst), true
}
