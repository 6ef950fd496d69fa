package wrap

import (
	"bytes"
	"time"

	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/numbers"
)

// Stamper reads the times that stand in front of messages, and those in their
// fields. Copies are independent; each worker has its own.
type Stamper struct {
	Zone   *time.Location // of times without one; nil is UTC
	Anchor Anchor         // the year of times without one
	Clock  *clocks.Clock  // reads the times that WrittenTime finds; nil for none

	date  civil // of dayNS
	dayNS int64 // ns of that date's midnight as if in UTC
	hour  int   // of shift
	shift int64 // ns by which the zone is ahead of UTC at that date and hour
}

// civil is a date.
type civil struct{ year, month, day int }

// Anchor gives a year to dates without one: those from the first record's date
// on are of its year, earlier ones of the year after. The zero Anchor knows none.
type Anchor struct {
	first civil
}

// anchorSlack is how many days a record may stand before the first one of its log
// without being of the next year: relays deliver out of order, by hours at most.
const anchorSlack = 2

// NewAnchor returns the anchor of a log whose first record has this month and day: the
// latest year in which that date is not after now, or the given year.
func NewAnchor(month, day, year int, now time.Time) Anchor {
	if year == 0 {
		year = now.Year()
		for time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).After(now.AddDate(0, 0, 1)) || month == 2 && day == 29 && !leap(year) {
			year--
		}
	}
	return Anchor{civil{year, month, day}}
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// year returns the year of a date without one; 0 where the log's first record has none.
func (a Anchor) year(month, day int) int {
	if a.first.year == 0 {
		return 0
	}
	first := time.Date(a.first.year, time.Month(a.first.month), a.first.day-anchorSlack, 0, 0, 0, 0, time.UTC)
	year := first.Year()
	if time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Before(first) {
		year++
	}
	return year
}

// timeOfDay is a time of day, in ns, and the ns that its zone is ahead of UTC.
type timeOfDay struct {
	ns      int64
	hour    int
	offset  int64
	zoned   bool
	halfDay bool // it had AM or PM
}

// join is a date and a time of day as ns since the Unix epoch.
func (s *Stamper) join(d civil, t timeOfDay) (int64, bool) {
	if d.year == 0 {
		if d.year = s.Anchor.year(d.month, d.day); d.year == 0 {
			return 0, false
		}
	}
	if d != s.date {
		midnight := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
		if midnight.Day() != d.day || d.year < 1678 || d.year > 2261 {
			return 0, false
		}
		s.date, s.dayNS, s.hour = d, midnight.UnixNano(), -1
	}
	ns := s.dayNS + t.ns
	if t.zoned {
		return ns - t.offset, true
	}
	if s.Zone == nil || s.Zone == time.UTC {
		return ns, true
	}
	if s.hour != t.hour {
		local := time.Date(d.year, time.Month(d.month), d.day, t.hour, 0, 0, 0, s.Zone)
		s.hour, s.shift = t.hour, s.dayNS+int64(t.hour)*int64(time.Hour)-local.UnixNano()
	}
	return ns - s.shift, true
}

// Stamp reads a time at the beginning of p: ISO with T or a blank, "Jun 21
// 00:00:02" with or without a year, or a number since the Unix epoch. n is how
// many bytes it took.
func (s *Stamper) Stamp(p []byte) (t int64, n int, ok bool) {
	if len(p) < 10 {
		return 0, 0, false
	}
	if p[0]-'0' <= 9 {
		return s.numeric(p)
	}
	if p[0] == '[' { // Apache: [21/Jun/2020:00:00:02 +0000]
		return s.apache(p)
	}
	for n < 2 && (p[n] == '*' || p[n] == '.') { // Cisco: the clock is not set by NTP
		n++
	}
	weekday := false
	if w := weekdayLength(p[n:]); w > 0 {
		n += w
		weekday = true
	}
	month := monthOf(p[n:])
	if month == 0 {
		return 0, 0, false
	}
	n += 3
	d := civil{month: month}
	if n < len(p) && p[n] == '/' { // RouterOS: jun/21/2020 00:00:02
		return s.slashed(p, n, d)
	}
	var k int
	if d.day, k = number(p[blanks(p, n):], 2); k == 0 || d.day == 0 || d.day > 31 {
		return 0, 0, false
	}
	n = blanks(p, n) + k
	if n < len(p) && p[n] == ',' {
		n++
	}
	if year, k := number(p[blanks(p, n):], 4); k == 4 {
		d.year = year
		n = blanks(p, n) + k
		if n < len(p) && p[n] == ',' {
			n++
		}
	}
	if at := blanks(p, n); at < len(p) && p[at] == '@' { // Kibana
		n = at + 1
	}
	tod, k := clockTime(p[blanks(p, n):])
	if k == 0 {
		return 0, 0, false
	}
	n = blanks(p, n) + k
	if d.year == 0 && (weekday || n < len(p) && p[n] == ' ') {
		if year, k := number(p[min(n+1, len(p)):], 4); k == 4 && year > 1990 && (weekday || n+1+k < len(p) && p[n+1+k] == ':') {
			d.year = year
			n += 1 + k
		}
	}
	n += zoneName(p[n:], &tod)
	t, ok = s.join(d, tod)
	return t, n, ok
}

// slashed reads /21/2020 00:00:02, or /21 00:00:02, behind a month that ends at n.
func (s *Stamper) slashed(p []byte, n int, d civil) (t int64, taken int, ok bool) {
	day, k := number(p[n+1:], 2)
	if n += 1 + k; k == 0 || day == 0 || day > 31 {
		return 0, 0, false
	}
	d.day = day
	if n < len(p) && p[n] == '/' {
		if d.year, k = number(p[n+1:], 4); k != 4 {
			return 0, 0, false
		}
		n += 5
	}
	n = blanks(p, n)
	tod, k := clockTime(p[n:])
	if k == 0 {
		return 0, 0, false
	}
	t, ok = s.join(d, tod)
	return t, n + k, ok
}

// numeric reads a time that begins with a digit.
func (s *Stamper) numeric(p []byte) (t int64, n int, ok bool) {
	if y, k := number(p, 4); k == 4 && (p[4] == '-' || p[4] == '/' || p[4] == ':' || p[4] == ' ' && p[5]-'0' <= 9) {
		m, k1 := number(p[5:], 2)
		if k1 == 0 || 5+k1 >= len(p) || p[5+k1] != p[4] {
			return 0, 0, false
		}
		at := 5 + k1 + 1
		d, k2 := number(p[at:], 2)
		at += k2
		if k2 == 0 || y == 0 || m < 1 || m > 12 || d < 1 || d > 31 || at >= len(p) || p[at] != ' ' && p[at] != 'T' && p[at] != '-' && p[at] != ',' {
			return 0, 0, false
		}
		tod, k := clockTime(p[at+1:])
		if k == 0 {
			return 0, 0, false
		}
		n = at + 1 + k
		n += zoneName(p[n:], &tod)
		t, ok = s.join(civil{y, m, d}, tod)
		return t, n, ok
	}
	if d, ok := monthDay(p); ok { // flow-print: 0621.00:00:02.892
		tod, k := clockTime(p[5:])
		t, ok = s.join(d, tod)
		return t, 5 + k, ok && k > 0
	}
	if t, n, ok = s.american(p); ok {
		return t, n, ok
	}
	if p[4] == ' ' && monthOf(p[5:]) > 0 { // 2020 Jun 21 00:00:02
		if year, k := number(p, 4); k == 4 {
			inner := *s
			inner.Anchor = Anchor{civil{year, 1, 1 + anchorSlack}}
			t, n, ok = inner.Stamp(p[5:])
			return t, n + 5, ok
		}
	}
	if d, k := number(p, 2); k > 0 && d > 0 && d <= 31 { // 21Jun2020 0:00:02, 21-Jun-2020 00:00:02
		at := k
		if at < len(p) && (p[at] == '-' || p[at] == ' ') {
			at++
		}
		if m := monthOf(p[min(at, len(p)):]); m > 0 {
			at += 3
			if at < len(p) && (p[at] == '-' || p[at] == ' ') {
				at++
			}
			y, k := number(p[min(at, len(p)):], 4)
			if k != 4 {
				return 0, 0, false
			}
			at = blanks(p, at+k)
			tod, k := clockTime(p[min(at, len(p)):])
			if k == 0 {
				return 0, 0, false
			}
			n = at + k
			n += zoneName(p[n:], &tod)
			t, ok = s.join(civil{y, m, d}, tod)
			return t, n, ok
		}
	}
	for n < len(p) && p[n]-'0' <= 9 {
		n++
	}
	if n == 10 && n < len(p) && p[n] == '.' {
		for n++; n < len(p) && p[n]-'0' <= 9; n++ {
		}
	} else if n != 10 && n != 13 && n != 16 && n != 19 {
		return 0, 0, false
	}
	t, ok = epoch(p[:n])
	return t, n, ok
}

// monthDay reads MMDD before a point and a time of day.
func monthDay(p []byte) (d civil, ok bool) {
	month, k1 := number(p, 2)
	if k1 != 2 || len(p) < 13 || p[4] != '.' || p[7] != ':' || p[10] != ':' {
		return d, false
	}
	day, k2 := number(p[2:], 2)
	return civil{month: month, day: day}, k2 == 2 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// american reads 6/21/2020, 12:00:02.892 AM: where a time has AM or PM the month
// comes first.
func (s *Stamper) american(p []byte) (t int64, n int, ok bool) {
	m, k := number(p, 2)
	if k == 0 || p[k] != '/' {
		return 0, 0, false
	}
	n = k + 1
	d, k := number(p[n:], 2)
	n += k
	if k == 0 || n >= len(p) || p[n] != '/' || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, 0, false
	}
	y, k := number(p[n+1:], 4)
	if n += 1 + k; k != 4 {
		return 0, 0, false
	}
	if n < len(p) && p[n] == ',' {
		n++
	}
	n = blanks(p, n)
	tod, k := clockTime(p[n:])
	if k == 0 || !tod.halfDay {
		return 0, 0, false
	}
	n += k
	n += zoneName(p[n:], &tod)
	t, ok = s.join(civil{y, m, d}, tod)
	return t, n, ok
}

// apache reads [21/Jun/2020:00:00:02 +0000].
func (s *Stamper) apache(p []byte) (t int64, n int, ok bool) {
	if len(p) < 22 || p[3] != '/' || p[7] != '/' || p[12] != ':' {
		return 0, 0, false
	}
	d, _ := number(p[1:], 2)
	y, _ := number(p[8:], 4)
	m := monthOf(p[4:])
	tod, k := clockTime(p[13:])
	if d == 0 || m == 0 || k == 0 {
		return 0, 0, false
	}
	n = 13 + k
	n += zoneName(p[n:], &tod)
	if n < len(p) && p[n] == ']' {
		n++
	}
	t, ok = s.join(civil{y, m, d}, tod)
	return t, n, ok
}

// epoch reads a number since the Unix epoch: in seconds it has ten digits from 2001 to 2286; with
// three, six or nine more they are of ms, us and ns.
func epoch(p []byte) (int64, bool) {
	if dot := bytes.IndexByte(p, '.'); dot > 0 {
		sec, ok := numbers.ParseUint(p[:dot])
		if !ok || sec >= 1<<33 {
			return 0, false
		}
		t, scale := sec*int64(time.Second), int64(time.Second)/10
		for _, ch := range p[dot+1:] {
			if ch-'0' > 9 {
				return 0, false
			}
			t += int64(ch-'0') * scale
			scale /= 10
		}
		return t, true
	}
	if len(p) == 19 {
		var v int64
		for _, ch := range p {
			if ch-'0' > 9 || v > (1<<63-1-9)/10 {
				return 0, false
			}
			v = v*10 + int64(ch-'0')
		}
		return v, true
	}
	v, ok := numbers.ParseUint(p)
	if !ok {
		return 0, false
	}
	unit := clocks.EpochUnit(float64(v))
	if v > (1<<63-1)/unit {
		return 0, false
	}
	return v * unit, true
}
