package wrap

import "github.com/valyala/fastjson"

// Splunk: {"event":...,"sourcetype":...} (the HTTP event collector), {"result":{...}} a line (the export endpoint and the web's JSON), and
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
	register(&envelope{name: "Splunk HEC events", rank: 3, token: `"event"`, begin: func(first []element) func() picker {
		if !isCollected(fastjson.MustParseBytes(first[0].text)) {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
			switch event := v.Get("event"); {
			case event == nil:
				return dst, false
			case event.Type() == fastjson.TypeString:
				return pickTimed(dst, event, v)
			default:
				return event.MarshalTo(dst), true
			}
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

// isCollected tells whether an object is what the HTTP event collector takes: an event, and
// nothing beside it but what the collector knows.
func isCollected(v *fastjson.Value) bool {
	event := v.Get("event")
	if !is(event, fastjson.TypeString) && !is(event, fastjson.TypeObject) {
		return false
	}
	o, err := v.Object()
	if err != nil || o.Len() < 2 {
		return false
	}
	known := true
	o.Visit(func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "event", "time", "index", "fields":
		case "host", "source", "sourcetype":
			known = known && v.Type() == fastjson.TypeString
		default:
			known = false
		}
	})
	return known
}

func pickSplunk(dst []byte, v *fastjson.Value, key string) ([]byte, bool) {
	if v == nil {
		return dst, false // {"preview":...,"lastrow":true}
	}
	if key != "" {
		if raw := v.Get(key); raw != nil {
			return pickTimed(dst, raw, v)
		}
	}
	return v.MarshalTo(dst), true
}
