package wrap

import (
	"strings"
	"time"

	"github.com/valyala/fastjson"
)

// Log shippers that keep the line as it came: {"message":"..."} (Filebeat, Fluent,
// Vector), short_message (Graylog), event.original (Elastic), MESSAGE (syslog-ng), @message (CloudWatch Insights), line (Loki's
// logcli), textPayload (Google Cloud), journald's {"MESSAGE":...}, Docker's {"log":...}. They are taken
// off only where their other values are no flow and a format knows the line. Of
// journald the line lacks its header, which is made of what stands beside it.
//
// Shape: Elastic, ECS field message; systemd.journal-fields(7), journalctl -o json;
// Docker's json-file driver.

func init() {
	for _, key := range []string{"message", "log", "_raw", "msg", "raw", "full_message", "short_message", "event.original", "MESSAGE", "@message", "line", "textPayload"} {
		e := envelope{name: "JSON lines with " + key, rank: 5, weak: true, token: `"` + key[strings.LastIndexByte(key, '.')+1:] + `"`, begin: func(first []element) func() picker {
			for _, e := range first {
				if !is(valueAt(fastjson.MustParseBytes(e.text), key), fastjson.TypeString) {
					return nil
				}
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
				if text := valueAt(v, key); text != nil {
					return pickTimed(dst, text, v)
				}
				return dst, false
			})
		}}
		register(&e)
		flows := e
		flows.name, flows.weak = "JSON lines with JSON in "+key, false
		flows.begin = func(first []element) func() picker {
			found := false // other messages may stand between those of flows
			for _, f := range first {
				v := fastjson.MustParseBytes(f.text)
				if suffices(v) {
					return nil
				}
				found = found || holdsFlow(valueAt(v, key))
			}
			if !found {
				return nil
			}
			return e.begin(first)
		}
		register(&flows)
	}
	register(&envelope{name: "journald JSON", rank: 4, weak: true, token: `"__REALTIME_TIMESTAMP"`, begin: func(first []element) func() picker {
		return stateless(pickJournal)
	}})
}

// holdsFlow tells whether a value is a text of JSON that is enough for a flow.
func holdsFlow(v *fastjson.Value) bool {
	if !is(v, fastjson.TypeString) {
		return false
	}
	text, _ := v.StringBytes()
	inner, err := fastjson.ParseBytes(text)
	return err == nil && suffices(inner)
}

// valueAt returns the value of a key that may be the path of a nested one, nil where there
// is none.
func valueAt(v *fastjson.Value, key string) *fastjson.Value {
	if found := v.Get(key); found != nil {
		return found
	}
	return v.Get(strings.Split(key, ".")...)
}

// pickJournal appends a message with the header of syslog.
func pickJournal(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
	us := v.Get("__REALTIME_TIMESTAMP")
	if us == nil || v.Get("MESSAGE") == nil {
		return dst, false
	}
	n := int64(0)
	for _, ch := range us.GetStringBytes() {
		if ch-'0' > 9 || n > 1<<58 {
			return dst, false
		}
		n = n*10 + int64(ch-'0')
	}
	dst = time.UnixMicro(n).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000Z")
	program := v.GetStringBytes("SYSLOG_IDENTIFIER")
	if len(program) == 0 {
		program = []byte("journal")
	}
	dst = append(append(append(dst, " journal "...), program...), ": "...)
	return pickText(dst, v.Get("MESSAGE"))
}
