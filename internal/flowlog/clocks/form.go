package clocks

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"time"

	"beacon/internal/flowlog/timelayout"
)

// timeForm is a form of times that is neither a date of ISO 8601 nor a number of
// units since 1970.
type timeForm interface {
	read(c *Clock, text []byte) (ns int64, ok bool)
}

// layoutForm is the dates of a layout.
type layoutForm struct{ layout *timelayout.Layout }

func (f layoutForm) read(c *Clock, text []byte) (int64, bool) { return c.readLayout(f.layout, text) }

// readLayout reads a whole text of a layout.
func (c *Clock) readLayout(l *timelayout.Layout, text []byte) (int64, bool) {
	f, ok := l.Parse(text)
	if !ok {
		return 0, false
	}
	if f.Year >= 0 || c.year > 0 {
		return f.Time(c.Zone, c.year)
	}
	for back := -1; back < leapYears; back++ {
		if t, ok := f.Time(c.Zone, c.now.Year()-back); ok && t <= c.now.Add(24*time.Hour).UnixNano() {
			return t, true
		}
	}
	return 0, false
}

// leapYears is the most years between two 29ths of February.
const leapYears = 8

// numberForm is numbers of units, counted from a day.
type numberForm struct {
	name   string
	origin int64 // 1970-01-01, in units
	unit   int64 // ns
	local  bool  // in the zone of the clock, not in UTC
}

// numberForms are what programs count. The ticks of .NET since 2001 are as many as
// the ns until early 1990 since 1970, of which no flow log is known: they go first.
var numberForms = []*numberForm{
	{"epoch", 0, int64(time.Second), false},
	{"epoch-ms", 0, int64(time.Millisecond), false},
	{"epoch-us", 0, int64(time.Microsecond), false},
	{"excel", 25569, int64(24 * time.Hour), true},     // days since 1899-12-30
	{"filetime", 116_444_736_000_000_000, 100, false}, // since 1601, of Windows
	{"webkit", 11_644_473_600_000_000, 1000, false},   // since 1601, of Chrome
	{"dotnet", 621_355_968_000_000_000, 100, false},   // since the year 1
	{"epoch-ns", 0, 1, false},
}

// spreadsheetDigit is what the last digit of a spreadsheet's day is rounded to:
// nine decimals are 86 us, so that the nearest ms is what was meant.
const spreadsheetDigit = int64(time.Millisecond)

func (n *numberForm) read(c *Clock, text []byte) (int64, bool) {
	most := math.MaxInt64 / n.unit
	if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		v -= n.origin
		return n.inZone(c, v*n.unit), v <= most && v >= -most
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, false
	}
	whole, part := math.Modf(v)
	if whole -= float64(n.origin); !(math.Abs(whole) < float64(most/2)) {
		return 0, false
	}
	ns := int64(math.Round(part * float64(n.unit)))
	if n.unit > spreadsheetDigit {
		ns = (ns + spreadsheetDigit/2) / spreadsheetDigit * spreadsheetDigit
	}
	return n.inZone(c, int64(whole)*n.unit+ns), true
}

// writtenForm is numbers that are written in a way of their own.
type writtenForm struct {
	number timeForm
	plain  func(text []byte) (number []byte, ok bool)
}

func (f writtenForm) read(c *Clock, text []byte) (int64, bool) {
	text, ok := f.plain(text)
	if !ok {
		return 0, false
	}
	return f.number.read(c, text)
}

// writings are the ways of their own to write numbers, as plain ones: a comma before the
// fraction, /Date(1592697602000)/ of .NET's JSON, and hexadecimal with 0x.
var writings = []func(text []byte) (number []byte, ok bool){
	func(text []byte) ([]byte, bool) {
		at := bytes.IndexByte(text, ',')
		if at <= 0 || bytes.ContainsFunc(text[:at], notDigit) || bytes.ContainsFunc(text[at+1:], notDigit) {
			return nil, false
		}
		plain := bytes.Clone(text)
		plain[at] = '.'
		return plain, true
	},
	func(text []byte) ([]byte, bool) {
		inner, ok := bytes.CutPrefix(bytes.ReplaceAll(text, []byte(`\/`), []byte("/")), []byte("/Date("))
		if !ok {
			return nil, false
		}
		if inner, ok = bytes.CutSuffix(inner, []byte(")/")); !ok {
			return nil, false
		}
		if at := bytes.LastIndexAny(inner, "+-"); at > 0 { // of a zone, which doesn't change the number
			inner = inner[:at]
		}
		return inner, true
	},
	func(text []byte) ([]byte, bool) {
		digits, ok := bytes.CutPrefix(bytes.ToLower(text), []byte("0x"))
		v, err := strconv.ParseInt(string(digits), 16, 64)
		return strconv.AppendInt(nil, v, 10), ok && err == nil && v >= 0
	},
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// inZone returns the time at which clocks in the zone show what those in UTC show
// at t, if the numbers are local ones.
func (n *numberForm) inZone(c *Clock, t int64) int64 {
	if !n.local || c.Zone == nil || c.Zone == time.UTC {
		return t
	}
	u := time.Unix(0, t).UTC()
	return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), u.Nanosecond(), c.Zone).UnixNano()
}

// Formats returns the names that --time-format takes.
func Formats() (names []string) {
	for _, n := range numberForms {
		names = append(names, n.name)
	}
	for _, list := range [][]*timelayout.Layout{timelayout.Forms, timelayout.MonthFirst, timelayout.DayFirst} {
		for _, l := range list {
			names = append(names, l.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
