// Package clocks reads the times of a column of a log: it finds the form in which they are
// written, and reads them in it.
package clocks

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"time"

	"beacon/internal/flowlog/octets"
	"beacon/internal/flowlog/timelayout"
)

// Clock reads the times of one column. Its copies are independent: each worker
// has its own, for it remembers the minute that it read last.
type Clock struct {
	Unit int64          // ns in one, of a column of numbers since 1970; 0 for dates
	Zone *time.Location // of dates without one

	form   timeForm // of the times, where it is neither of these; nil otherwise
	latest int64    // plausible time, ns; 0 where it is not known
	year   int      // of dates without one; 0 for the one that puts them nearest before now
	now    time.Time

	minute [2]uint64 // text of the minute that base and shift are of: "2020-06-21 00:00"
	base   int64     // ns of that minute as if in UTC
	shift  int64     // ns by which the zone is ahead of UTC then

	second     [3]uint64 // text of the second that was read last: bytes 0, 8 and 11 to 18 of "2020-06-21 00:00:02"
	secondBase int64     // ns of that second, where no zone follows

	number     [2]uint64 // likewise of a number of seconds: its first eight bytes, and bytes 3 to 10 with the point
	numberBase int64
}

// In returns a clock that reads dates without a zone in this one.
func (c *Clock) In(zone *time.Location) *Clock {
	other := *c
	other.Zone, other.now = zone, c.now.In(zone)
	other.minute, other.second = [2]uint64{}, [3]uint64{}
	return &other
}

// ReadsDates tells whether the times are dates: numbers are the same in all zones, but for those
// of spreadsheets.
func (c *Clock) ReadsDates() bool {
	form := c.form
	if written, ok := form.(writtenForm); ok {
		form = written.number
	}
	n, ok := form.(*numberForm)
	return c.Unit == 0 && (!ok || n.local)
}

// EpochUnit returns the unit, in ns, of a number since the Unix epoch by its magnitude:
// below 1e11 it is s, below 1e14 ms, below 1e17 us, else ns.
func EpochUnit(v float64) int64 {
	switch v = math.Abs(v); {
	case v < 1e11:
		return int64(time.Second)
	case v < 1e14:
		return int64(time.Millisecond)
	case v < 1e17:
		return int64(time.Microsecond)
	}
	return 1
}

// Parse reads a whole text as ns since the Unix epoch.
func (c *Clock) Parse(text []byte) (int64, bool) {
	if c.form != nil {
		return c.form.read(c, text)
	}
	var padded [64]byte
	if len(text) == 0 || len(text) > 48 {
		return 0, false
	}
	copy(padded[:], text)
	if t, n, ok := c.Scan(padded[:]); ok && n == len(text) {
		return t, true
	}
	if c.Unit == 0 {
		return c.readLayout(timelayout.ISO, text)
	}
	v, err := strconv.ParseFloat(string(text), 64)
	whole, part := math.Modf(v)
	most := float64(math.MaxInt64 / c.Unit)
	return int64(whole)*c.Unit + int64(part*float64(c.Unit)), err == nil && v >= 0 && v < most
}

// Scan reads a time at the beginning of p, which has at least 48 bytes, and
// says how many bytes it took. What follows is the caller's to check.
func (c *Clock) Scan(p []byte) (t int64, n int, ok bool) {
	switch {
	case c.form != nil:
		return 0, 0, false
	case c.Unit != 0:
		return c.scanNumber(p)
	}
	return c.scanDate(p)
}

// Pow10 are the powers of ten, by their exponents.
var Pow10 = [...]int64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// scanNumber reads digits and, after a point, a fraction. Fast path: six digits of it
// within the second that was read last.
func (c *Clock) scanNumber(p []byte) (t int64, n int, ok bool) {
	const point = 10 // its place behind a number of seconds of today
	if p[point] == '.' && octets.Load64(p) == c.number[0] && octets.Load64(p[point-7:]) == c.number[1] {
		digits := (octets.Load64(p[point+1:]) ^ octets.ZeroDigits) << 16
		if octets.AreDigits(digits) && p[point+7]-'0' > 9 {
			return c.numberBase + octets.JoinDigits(digits)*1000, point + 7, true
		}
	}
	var whole int64
	for ; n < 19; n++ {
		d := p[n] - '0'
		if d > 9 {
			break
		}
		whole = whole*10 + int64(d)
	}
	if n == 0 || n == 19 && (whole < 0 || p[n]-'0' <= 9) || whole > math.MaxInt64/c.Unit {
		return 0, 0, false
	}
	t = whole * c.Unit
	unit := c.Unit
	if (t < Earliest || t > c.latest) && c.latest != 0 { // Slow path: perhaps another unit than the column's
		if other := EpochUnit(float64(whole)); whole <= math.MaxInt64/other && c.plausible(whole*other) {
			t, unit = whole*other, other
		}
	}
	if p[n] != '.' {
		return t, n, true
	}
	if n == point && unit == int64(time.Second) {
		c.number, c.numberBase = [2]uint64{octets.Load64(p), octets.Load64(p[point-7:])}, t
	}
	n++
	var frac int64
	k := 0
	for ; n < 40; n++ {
		d := p[n] - '0'
		if d > 9 {
			break
		}
		if k < 9 {
			frac = frac*10 + int64(d)
			k++
		}
	}
	return t + frac*Pow10[9-k]/(1e9/unit), n, true
}

// scanDate reads YYYY-MM-DD HH:MM:SS[.fraction][zone], the date's parts apart
// by - or /, date and time by a blank, T or + (Argus).
func (c *Clock) scanDate(p []byte) (t int64, n int, ok bool) {
	lo, hi := binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:])
	if lo != c.minute[0] || hi != c.minute[1] { // Slow path: another minute than the last one
		if !c.readMinute(p) {
			return 0, 0, false
		}
		c.minute = [2]uint64{lo, hi}
	}
	tens, ones := p[17]-'0', p[18]-'0'
	if p[16] != ':' || ones > 9 || tens > 5 && (tens != 6 || ones != 0) {
		return 0, 0, false
	}
	t = c.base + int64(tens*10+ones)*int64(time.Second)
	c.second, c.secondBase = [3]uint64{lo, hi, octets.Load64(p[11:])}, t-c.shift
	n = 19
	if p[n] == '.' {
		var frac int64
		k := 0
		for n++; n < 32; n++ {
			d := p[n] - '0'
			if d > 9 {
				break
			}
			if k < 9 {
				frac = frac*10 + int64(d)
				k++
			}
		}
		t += frac * Pow10[9-k]
	}
	switch p[n] {
	case 'Z', 'z':
		return t, n + 1, true
	case '+', '-':
		off, k := timelayout.ScanOffset(p[n:])
		return t - off, n + k, k > 0
	case ' ':
		if p[n+1] == 'U' && p[n+2] == 'T' && p[n+3] == 'C' {
			return t, n + 4, true
		}
	}
	return t - c.shift, n, true
}

// SameSecond returns the second that p begins with, if that is the one that was
// read last. p has at least 19 bytes.
func (c *Clock) SameSecond(p []byte) (ns int64, ok bool) {
	return c.secondBase, octets.Load64(p) == c.second[0] && octets.Load64(p[8:]) == c.second[1] && octets.Load64(p[11:]) == c.second[2]
}

// ScanField is scan for a time that is a whole field. Fast path: a date within
// the second that was read last.
func (c *Clock) ScanField(p []byte, stop byte) (t int64, n int, ok bool) {
	p = p[:48]
	if octets.Load64(p) != c.second[0] || octets.Load64(p[8:]) != c.second[1] || octets.Load64(p[11:]) != c.second[2] || p[19] != '.' {
		t, n, ok = c.Scan(p) // Slow path
		return t, n, ok && p[n] == stop
	}
	x := octets.Load64(p[20:])
	k := bits.TrailingZeros64(octets.ZeroByte(x^uint64(stop)*octets.LowBits)) &^ 7
	digits := (x ^ octets.ZeroDigits) << (64 - k)
	if k == 64 || !octets.AreDigits(digits) {
		t, n, ok = c.Scan(p) // Slow path
		return t, n, ok && p[n] == stop
	}
	return c.secondBase + octets.JoinDigits(digits)*Pow10[9-k>>3], 20 + k>>3, true
}

// readMinute reads YYYY-MM-DD HH:MM into base and shift.
func (c *Clock) readMinute(p []byte) bool {
	number := func(from, to int) int {
		v := 0
		for _, ch := range p[from:to] {
			d := ch - '0'
			if d > 9 {
				return -1
			}
			v = v*10 + int(d)
		}
		return v
	}
	year, month, day, hour, minute := number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16)
	if p[4] != p[7] || p[4] != '-' && p[4] != '/' || p[10] != ' ' && p[10] != 'T' && p[10] != '+' || p[13] != ':' {
		return false
	}
	if year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return false
	}
	utc := time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC)
	if utc.Day() != day {
		return false
	}
	c.base, c.shift = utc.UnixNano(), 0
	if c.Zone != nil && c.Zone != time.UTC {
		local := time.Date(year, time.Month(month), day, hour, minute, 0, 0, c.Zone)
		c.shift = c.base - local.UnixNano()
	}
	return true
}
