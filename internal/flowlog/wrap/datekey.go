package wrap

import (
	"bytes"
	"regexp"
	"slices"
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

// zoneKeys are where records have the zone of their times.
var zoneKeys = [...]string{"tz", "timezone", "timeZone", "TimeZone", "time_zone", "utc_offset", "utcOffset", "gmt_offset", "tz_offset", "timezone_offset"}

func init() {
	for _, zone := range zoneKeys {
		register(&envelope{name: "zones in " + zone + " apart from times", rank: 5, token: `"` + zone + `"`, begin: func(first []element) func() picker {
			var keys []string // of all of them: a record may have no end
			for _, e := range first {
				keys = append(keys, zonedKeys(fastjson.MustParseBytes(e.text), zone)...)
			}
			if keys == nil {
				return nil
			}
			slices.Sort(keys)
			keys = slices.Compact(keys)
			return func() picker { return pickZoned(keys, zone) }
		}})
	}
}

// pickZoned returns a picker that puts the zone of a record behind its times. Times that have
// another, and those whose zone isn't understood, it leaves alone.
func pickZoned(keys []string, zone string) picker {
	last, known := "", false
	return func(dst []byte, _ element, v *fastjson.Value) ([]byte, bool) {
		var arena fastjson.Arena
		if name := v.GetStringBytes(zone); string(name) != last {
			last = string(name)
			_, known = flowlog.ParseTime("2020-06-21 00:00:02 "+last, time.UTC)
		}
		for _, key := range keys {
			if text := v.GetStringBytes(key); known && last != "" && localTime.Match(text) {
				v.Set(key, arena.NewString(string(text)+" "+last))
			}
		}
		return v.MarshalTo(dst), true
	}
}

// localTime is a time of day at the end of a text, without a zone.
var localTime = regexp.MustCompile(`[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?$`)

// zonedKeys returns the keys of an object's times where the start has no zone, and the one beside
// it can be read behind it; nil for others.
func zonedKeys(v *fastjson.Value, zone string) (keys []string) {
	name := v.GetStringBytes(zone)
	names := members(v)
	match, err := flowlog.MatchNames(names, nil)
	if len(name) == 0 || err != nil || isApart(v) {
		return nil
	}
	start := names[match["timestamp"][0]]
	text := v.GetStringBytes(start)
	if _, ok := flowlog.ParseTime(string(text)+" "+string(name), time.UTC); !ok || !localTime.Match(text) || flowlog.InUTC(start) {
		return nil
	}
	for _, role := range [...]string{"timestamp", "end"} {
		for _, i := range match[role] {
			keys = append(keys, names[i])
		}
	}
	return keys
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
