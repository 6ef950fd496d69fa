package wrap

import (
	"bytes"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/timelayout"
)

// Records of JSON whose time of day stands apart from its date, and perhaps from its zone:
// {"date":"2024-03-05","time":"13:00:00","tz":"+0100"}. They are joined in the time. So is a
// zone beside a whole time that has none.
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

// zoneKeys are where records have the zone of their time.
var zoneKeys = [...]string{"tz", "timezone"}

func init() {
	for _, zone := range zoneKeys {
		register(&envelope{name: "zones in " + zone + " apart from times", rank: 5, token: `"` + zone + `"`, begin: func(first []element) func() picker {
			key := zonedKey(fastjson.MustParseBytes(first[0].text), zone)
			for _, e := range first {
				if key == "" || zonedKey(fastjson.MustParseBytes(e.text), zone) != key {
					return nil
				}
			}
			return stateless(func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
				var arena fastjson.Arena
				if text, name := v.GetStringBytes(key), v.GetStringBytes(zone); len(text) > 0 && len(name) > 0 {
					v.Set(key, arena.NewString(string(text)+" "+string(name)))
				}
				return v.MarshalTo(dst), true
			})
		}})
	}
}

// zonedKey returns the key of an object's time where that has no zone, and the one beside it can
// be read behind it; "" for others.
func zonedKey(v *fastjson.Value, zone string) string {
	name := v.GetStringBytes(zone)
	names := members(v)
	match, err := flowlog.MatchNames(names, nil)
	if len(name) == 0 || err != nil || isApart(v) {
		return ""
	}
	key := names[match["timestamp"][0]]
	text := string(v.GetStringBytes(key))
	here, ok := flowlog.ParseTime(text, time.UTC)
	if elsewhere, _ := flowlog.ParseTime(text, time.FixedZone("", 1)); !ok || here == elsewhere || flowlog.InUTC(key) {
		return ""
	}
	if _, ok := flowlog.ParseTime(text+" "+string(name), time.UTC); !ok {
		return ""
	}
	return key
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
	for _, key := range zoneKeys {
		if zone := v.GetStringBytes(key); len(zone) > 0 {
			text += " " + string(zone)
			break
		}
	}
	var arena fastjson.Arena
	v.Set("time", arena.NewString(text))
	return v.MarshalTo(dst), true
}
