package wrap

import (
	"bytes"
	"strings"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog/timelayout"
)

// Records of JSON whose time of day stands apart from its date, and perhaps from its zone:
// {"date":"2024-03-05","time":"13:00:00","tz":"+0100"}. They are joined in the time.
//
// Shape: FortiGate's JSON over syslog, Sophos, exports of spreadsheets.

func init() {
	register(&envelope{name: "dates apart from times", rank: 5, token: `"time"`, begin: func(first []element) func() picker {
		for _, e := range first {
			if v := fastjson.MustParseBytes(e.text); !isApart(v) || !suffices(v) {
				return nil
			}
		}
		return stateless(pickDated)
	}})
}

// isApart tells whether an object has a date, and a time of day apart from it.
func isApart(v *fastjson.Value) bool {
	day, clock := string(v.GetStringBytes("date")), v.GetStringBytes("time")
	return len(day) >= len("1/1/24") && !strings.Contains(day, ":") &&
		(clockText.Match(clock) && bytes.IndexByte(clock, ':') <= len("00") || timelayout.IsCompactClock(clock))
}

// pickDated appends an object with its date and zone in its time.
func pickDated(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
	if !isApart(v) {
		return v.MarshalTo(dst), true
	}
	text := string(v.GetStringBytes("date")) + " " + string(v.GetStringBytes("time"))
	for _, key := range [...]string{"tz", "timezone"} {
		if zone := v.GetStringBytes(key); len(zone) > 0 {
			text += " " + string(zone)
			break
		}
	}
	var arena fastjson.Arena
	v.Set("time", arena.NewString(text))
	return v.MarshalTo(dst), true
}
