// Package timelayout parses dates and times by the layouts that logs write them in.
package timelayout

import (
	"bytes"
	"strings"
	"time"
)

// Layout is a form in which times are written: the elements of a text, in
// order.
type Layout struct {
	Name  string // as --time-format takes it
	steps []timeStep
}

// timeStep is one element of a layout. Its kind is a letter of strptime, or one
// of the kinds below.
type timeStep struct {
	kind  byte
	text  string     // of a literal
	width int        // digits of a number, exactly; 0 for one or more
	steps []timeStep // of an optional group
}

// Kinds of elements that strptime has no letter for.
const (
	stepLiteral  = '\''
	stepBlank    = ' ' // one blank or more
	stepJoint    = '~' // between date and time: blanks, one of T _ - and :, or both
	stepFraction = '.' // a point or comma and up to nine digits and more
	stepOptional = '['
)

// Fields are the parts of a time as they stand in a text.
type Fields struct {
	Year, month, day     int // year -1 where the text has none
	Hour, minute, second int
	nanos                int
	Half                 byte           // 'A' or 'P' on a 12-hour clock, 0 on one of 24
	zoned                bool           // the text has a zone
	Clocked              bool           // the text has a time of day
	offset               int            // of it from UTC, in s
	place                *time.Location // of the zone where it is one of the tz database
}

// Parse reads a whole text. It returns false where the text is not of this layout.
func (l *Layout) Parse(text []byte) (Fields, bool) {
	f := Fields{Year: -1, month: 1, day: 1}
	rest, ok := parseSteps(l.steps, text, &f)
	return f, ok && len(rest) == 0 && f.valid()
}

func parseSteps(steps []timeStep, text []byte, f *Fields) (rest []byte, ok bool) {
	for i := range steps {
		s := &steps[i]
		if s.kind == stepOptional {
			tried := *f
			if after, ok := parseSteps(s.steps, text, &tried); ok {
				text, *f = after, tried
			}
			continue
		}
		if text, ok = s.parse(text, f); !ok {
			return nil, false
		}
	}
	return text, true
}

// parse reads one element from the beginning of a text.
func (s *timeStep) parse(text []byte, f *Fields) (rest []byte, ok bool) {
	switch s.kind {
	case stepLiteral:
		if len(text) < len(s.text) || string(text[:len(s.text)]) != s.text {
			return nil, false
		}
		return text[len(s.text):], true
	case stepBlank:
		rest = trimBlanks(text)
		return rest, len(rest) < len(text)
	case stepJoint:
		rest = trimBlanks(text)
		if len(rest) > 0 && strings.IndexByte("Tt_-:", rest[0]) >= 0 {
			return trimBlanks(rest[1:]), true
		}
		return rest, len(rest) < len(text)
	case stepFraction:
		return parseFraction(text, f)
	case 'b', 'a':
		return parseName(s.kind, text, f)
	case 'p':
		return parseHalf(text, f)
	case 'z':
		return parseZone(text, f)
	}
	return s.number(text, f)
}

func trimBlanks(text []byte) []byte {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	return text
}

// number reads an element of digits.
func (s *timeStep) number(text []byte, f *Fields) (rest []byte, ok bool) {
	into, most := &f.second, 2
	switch s.kind {
	case 'Y':
		into, most = &f.Year, 4
	case 'y':
		into = &f.Year
	case 'm':
		into = &f.month
	case 'd', 'e':
		into = &f.day
		text = trimBlanks(text) // padded with a blank in syslog
	case 'H', 'I':
		into = &f.Hour
	case 'M':
		into = &f.minute
	case 's':
		into, most = &f.second, 11
	}
	v, n := 0, 0
	for n < len(text) && n < most && text[n]-'0' <= 9 {
		v = v*10 + int(text[n]-'0')
		n++
	}
	if n == 0 || s.width > 0 && n != s.width || s.kind == 'Y' && n != 4 {
		return nil, false
	}
	if s.kind == 'y' { // as POSIX has it
		if v += 2000; v >= 2069 {
			v -= 100
		}
	}
	if s.kind == 's' {
		t := time.Unix(int64(v), 0).UTC()
		f.Year, f.month, f.day = t.Year(), int(t.Month()), t.Day()
		f.Hour, f.minute, f.second, f.zoned, f.Clocked = t.Hour(), t.Minute(), t.Second(), true, true
		return text[n:], true
	}
	*into = v
	f.Clocked = f.Clocked || s.kind == 'H' || s.kind == 'I'
	return text[n:], true
}

// colonDigits is the fewest digits of a fraction behind a colon, as SQL Server writes it:
// 00:00:02:123. Fewer may be something else, as the frames of a recording are.
const colonDigits = 3

// parseFraction reads the fraction of a second. Digits beyond ns are dropped.
func parseFraction(text []byte, f *Fields) (rest []byte, ok bool) {
	fewest := 1
	if len(text) > 0 && (text[0] == '.' || text[0] == ',' || text[0] == ':') {
		if text[0] == ':' {
			fewest = colonDigits
		}
		text = text[1:]
	}
	n, scale := 0, int(time.Second)
	for n < len(text) && text[n]-'0' <= 9 {
		scale /= 10
		f.nanos += int(text[n]-'0') * scale
		n++
	}
	return text[n:], n >= fewest
}

// parseName reads a month (b) or a day of the week (a) by its English name or
// the name's first three letters. A day of the week is not checked.
func parseName(kind byte, text []byte, f *Fields) (rest []byte, ok bool) {
	n := 0
	for n < len(text) && (text[n]|0x20)-'a' < 26 {
		n++
	}
	if n < 3 {
		return nil, false
	}
	names := 12
	if kind == 'a' {
		names = 7
	}
	for i := range names {
		name := time.Month(i + 1).String()
		if kind == 'a' {
			name = time.Weekday(i).String()
		}
		if !strings.EqualFold(name, string(text[:n])) && !strings.EqualFold(name[:3], string(text[:n])) && !(name == "September" && strings.EqualFold("sept", string(text[:n]))) {
			continue
		}
		if kind == 'b' {
			f.month = i + 1
		}
		return text[n:], true
	}
	return nil, false
}

// narrowBlank is U+202F, which ICU and browsers write before AM and PM.
var narrowBlank = []byte("\u202f")

// parseHalf reads AM or PM, with points or without.
func parseHalf(text []byte, f *Fields) (rest []byte, ok bool) {
	text = trimBlanks(bytes.TrimPrefix(text, narrowBlank))
	for _, form := range [...]string{"am", "a.m."} {
		if n := len(form); len(text) > n && text[n]|0x20-'a' < 26 { // America/New_York
			continue
		} else if len(text) >= n && strings.EqualFold(string(text[1:n]), form[1:]) && (text[0]|0x20 == 'a' || text[0]|0x20 == 'p') {
			f.Half = text[0] &^ 0x20
			return text[n:], true
		}
	}
	return nil, false
}

// valid tells whether the parts make a time; the day of the year's month is
// checked by time.
func (f *Fields) valid() bool {
	if f.Half != 0 {
		if f.Hour < 1 || f.Hour > 12 {
			return false
		}
		if f.Hour %= 12; f.Half == 'P' {
			f.Hour += 12
		}
	}
	return f.month >= 1 && f.month <= 12 && f.day >= 1 && f.day <= 31 && f.Hour <= 23 && f.minute <= 59 && f.second <= 60
}

// Time returns the parts as ns since the Unix epoch; zone is that of a text
// without one, and year that of a text without one.
func (f *Fields) Time(zone *time.Location, year int) (int64, bool) {
	if f.Year >= 0 {
		year = f.Year
	}
	if f.place != nil {
		zone = f.place
	} else if zone == nil || f.zoned {
		zone = time.UTC
	}
	t := time.Date(year, time.Month(f.month), f.day, f.Hour, f.minute, f.second, f.nanos, zone)
	if year < minYear || year > maxYear || f.second < 60 && t.Day() != f.day && zone == time.UTC {
		return 0, false
	}
	if time.Date(year, time.Month(f.month), f.day, 0, 0, 0, 0, time.UTC).Day() != f.day { // 31 June
		return 0, false
	}
	return t.UnixNano() - int64(f.offset)*int64(time.Second), true
}

// The years whose every ns an int64 can hold.
const (
	minYear = 1678
	maxYear = 2261
)

// IsCompactClock tells whether a text may be a time of day all in digits, 0812 or 081259, where
// a date stands beside it.
func IsCompactClock(text []byte) bool {
	return (len(text) == len("hhmm") || len(text) == len("hhmmss")) && len(bytes.Trim(text, "0123456789")) == 0
}
