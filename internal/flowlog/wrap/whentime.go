package wrap

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/valyala/fastjson"
)

// A store of events has the time of each beside its line. A line without a time gets it, and
// one whose time has no year gets its year.

// Times that lines of devices have in them, apart from their headers. A clock without a day beside it may be a
// duration, and a number of ten digits the id of a session or a rule: one counts behind the
// name of a time, or as a field of a line that doesn't begin with the tag of syslog.
var (
	clockText  = regexp.MustCompile(`(^|[^0-9A-Fa-f:])[0-9]{1,2}:[0-9]{2}:[0-9]{2}($|[^0-9A-Fa-f:])`)
	dayText    = regexp.MustCompile(`(?i)(^|[^0-9.])([0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}|[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{4}|[0-9]{2}\.[0-9]{2}\.[0-9]{4})($|[^0-9.])|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ /-]+[0-9]`)
	tagText    = regexp.MustCompile(`^(<[0-9]{1,3}>)?[%A-Za-z][-%./0-9A-Z_a-z]*(\[[0-9]+\])?:( |$)`)
	epochField = regexp.MustCompile(`(^|[\s,;|"])1[0-9]{9}([0-9]{3}|[0-9]{6}|[0-9]{9})?(\.[0-9]+)?($|[\s,;|"])`)
	epochNamed = regexp.MustCompile(`(?i)(^|[^a-z])([a-z]*[-_]?time(stamp)?|ts|rt|start|end)["']?[=:]["']?1[0-9]{9}`)
)

// isTimed tells whether a line has a time in it.
func isTimed(line []byte) bool {
	return clockText.Match(line) && dayText.Match(line) || epochNamed.Match(line) || epochField.Match(line) && !tagText.Match(line)
}

// withTime returns a line of a device with the header of syslog, where it has no time, and
// its event has one, or with the year of the event in its own header.
//
// Note: a line with a header is told by that. The expressions took a seventh of the CPU of
// netfilter's lines from Filebeat.
func withTime(line []byte, when string) []byte {
	var s Stamper
	if len(line) == 0 || line[0] == '{' {
		return line
	}
	at, _, ok := s.Stamp([]byte(when))
	if !ok {
		return line
	}
	event := time.Unix(0, at).UTC()
	if whole, ok := withYear(line, event); ok {
		return whole
	}
	if s.Header(line).Timed || isTimed(line) {
		return line
	}
	if _, err := strconv.ParseFloat(when, 64); err == nil {
		when = event.Format("2006-01-02T15:04:05.000000Z")
	}
	return slices.Concat([]byte(when+" event raw: "), line)
}

// withYear returns a line whose header has a month and a day without a year with the year that
// has the day and puts it nearest to the time of its event, and false for others.
func withYear(p []byte, event time.Time) (whole []byte, ok bool) {
	n := headerStart(p)
	for n < len(p) && (p[n] == '*' || p[n] == '.') {
		n++
	}
	month := monthOf(p[n:])
	if month == 0 {
		return nil, false
	}
	day, k := number(p[blanks(p, n+3):], 2)
	end := blanks(p, n+3) + k
	if _, clock := clockTime(p[blanks(p, end):]); k == 0 || clock == 0 || end == len(p) || p[end] != ' ' {
		return nil, false
	}
	var plain Stamper
	if _, _, dated := plain.Stamp(p[n:]); dated {
		return nil, false
	}
	year := event.Year()
	distance := func(year int) time.Duration {
		noon := time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
		if noon.Day() != day { // February the 29th
			return math.MaxInt64
		}
		return noon.Sub(event).Abs()
	}
	for _, other := range []int{year - 1, year + 1} {
		if distance(other) < distance(year) {
			year = other
		}
	}
	return slices.Concat(p[:end], strconv.AppendInt([]byte{' '}, int64(year), 10), p[end:]), true
}

// whenKeys are where stores have the time of an event.
var whenKeys = []string{"_time", "@timestamp", "timestamp", "time", "date", "ts"}

// pickTimed appends a string's text as pickText does, with the time that its event has beside it.
func pickTimed(dst []byte, text, event *fastjson.Value) ([]byte, bool) {
	at := len(dst)
	dst, ok := pickText(dst, text)
	if !ok {
		return dst, false
	}
	for _, key := range whenKeys {
		when := ""
		switch v := event.Get(key); {
		case is(v, fastjson.TypeString):
			when = string(v.GetStringBytes())
		case is(v, fastjson.TypeNumber):
			when = v.String()
		default:
			continue
		}
		return timeLine(dst, at, when), true
	}
	return dst, true
}

// timeLine gives the line that begins at a place of dst the time of its event.
func timeLine(dst []byte, at int, when string) []byte {
	return append(dst[:at], withTime(dst[at:], when)...)
}
