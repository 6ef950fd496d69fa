package wrap

import "github.com/valyala/fastjson"

// Answers of interfaces that hold their records in an array under one key: Microsoft
// Defender's hunting API {"Schema":[...],"Results":[...]}, Graph and other OData services
// {"value":[...]}, Azure Monitor {"records":[...]}, and much else.
//
// Shape: Microsoft, "Advanced hunting API"; OData JSON Format 4.01, section 4.5.

func init() {
	for _, key := range []string{"Results", "results", "value", "records", "Records", "data", "items", "logs", "flows", "events", "entries"} {
		register(&envelope{name: "an array of " + key, rank: 4, token: `"` + key + `"`, path: []string{key}, begin: func(first []element) func() picker {
			if !suffices(fastjson.MustParseBytes(first[0].text)) {
				return nil
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) { return v.MarshalTo(dst), true })
		}})
	}
	register(&envelope{name: "CloudWatch Insights results", rank: 3, token: `"field"`, path: []string{"results"}, begin: func(first []element) func() picker {
		if _, ok := pickFields(nil, first[0], fastjson.MustParseBytes(first[0].text)); !ok {
			return nil
		}
		return stateless(pickFields)
	}})
}

// pickFields makes an object of a list of {"field":...,"value":...}, as aws logs
// get-query-results has it.
func pickFields(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
	list, err := v.Array()
	if err != nil || len(list) == 0 {
		return dst, false
	}
	var arena fastjson.Arena
	record := arena.NewObject()
	for _, pair := range list {
		field := pair.GetStringBytes("field")
		if len(field) == 0 || pair.Get("value") == nil {
			return dst, false
		}
		record.Set(string(field), pair.Get("value"))
	}
	return record.MarshalTo(dst), true
}
