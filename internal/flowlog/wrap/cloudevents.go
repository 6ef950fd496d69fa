package wrap

import "github.com/valyala/fastjson"

// Events of clouds: {"id":...,"source":...,"type":...,"data":{...}}. source says which service
// sent the event, time may be when it was sent; the flow is in data. Oracle Cloud keeps such an
// event as logContent.
//
// Shape: CloudEvents 1.0, JSON format; flow logs of Oracle Cloud's networks.

func init() {
	register(&envelope{name: "CloudEvents", rank: 3, token: `"data"`, begin: func(first []element) func() picker {
		v := cloudEvent(fastjson.MustParseBytes(first[0].text))
		if !is(v.Get("source"), fastjson.TypeString) || !is(v.Get("type"), fastjson.TypeString) || !is(v.Get("data"), fastjson.TypeObject) || !suffices(v.Get("data")) {
			return nil
		}
		return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
			data := cloudEvent(v).Get("data")
			if data == nil {
				return dst, false
			}
			return data.MarshalTo(dst), true
		})
	}})
}

// cloudEvent returns the event that a value is or holds.
func cloudEvent(v *fastjson.Value) *fastjson.Value {
	if content := v.Get("logContent"); content != nil {
		return content
	}
	return v
}
