package wrap

import "github.com/valyala/fastjson"

// Loki: the answer of a query, whose streams have lists of [time in ns, line].
//
// Shape: Grafana Loki, HTTP API, GET /loki/api/v1/query_range.

func init() {
	line := func(v *fastjson.Value) (when, line *fastjson.Value) {
		pair, err := v.Array()
		if err != nil || len(pair) < 2 || !is(pair[0], fastjson.TypeString) || !is(pair[1], fastjson.TypeString) {
			return nil, nil
		}
		return pair[0], pair[1]
	}
	register(&envelope{name: "a Loki answer", rank: 3, token: `"streams"`, path: []string{"data", "result", "*", "values"}, begin: func(first []element) func() picker {
		if _, text := line(fastjson.MustParseBytes(first[0].text)); text == nil {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
			when, text := line(v)
			if text == nil {
				return dst, false
			}
			at := len(dst)
			dst, ok := pickText(dst, text)
			return timeLine(dst, at, string(when.GetStringBytes())), ok
		})
	}})
}
