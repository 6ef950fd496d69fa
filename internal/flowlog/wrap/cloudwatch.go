package wrap

import "github.com/valyala/fastjson"

// CloudWatch Logs: {"events":[{"timestamp":...,"message":"..."}]} (aws logs
// filter-log-events, get-log-events) and {"logEvents":[...]} (subscriptions).
//
// Shape: AWS, CloudWatch Logs API reference, FilterLogEvents; "Using subscription
// filters".

func init() {
	for _, key := range []string{"events", "logEvents"} {
		register(&envelope{name: "CloudWatch " + key, rank: 3, token: `"` + key + `"`, path: []string{key}, begin: func(first []element) func() picker {
			if !is(fastjson.MustParseBytes(first[0].text).Get("message"), fastjson.TypeString) {
				return nil
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
				if message := v.Get("message"); message != nil {
					return pickTimed(dst, message, v)
				}
				return dst, false
			})
		}})
	}
}
