package timeparts

import (
	"bytes"
	"strconv"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/numbers"
)

// digits is how times of day are written that are numbers.
type digits uint8

const (
	noDigits   digits = iota // as they stand
	clockDigit               // hours, minutes and seconds without the zeros before them: 93000 is 09:30:00, and 5 is 00:00:05
	shortClock               // hours and minutes: 0930
	plainClock               // as clockDigit, for a --time-format without colons: 093000
	ofTheDay                 // seconds since midnight
)

var unclearNote = flowlog.Note{Text: "flows whose times of day are numbers, read as hours, minutes and seconds, although all values looked at may be seconds since midnight"}

const (
	secondsPerDay = 24 * 60 * 60
	mostDigits    = len("hhmmss")
)

// digitsOf finds out how times of day are written most of which are numbers beside a day. unclear
// tells that they can be read in two ways.
func digitsOf(times []string) (d digits, unclear bool) {
	clocks, ofDay, short := 0, 0, true
	for _, text := range times {
		whole, fraction, _ := strings.Cut(text, ".")
		n, err := strconv.ParseUint(whole, 10, 32)
		if err != nil || len(whole) > mostDigits || strings.Trim(fraction, "0123456789") != "" || n == 0 && fraction != "" { // of a day, in a spreadsheet
			continue
		}
		if n < 24e4 && n/100%100 < 60 && n%100 < 60 {
			clocks++
			short = short && len(whole) == len("hhmm") && n < 24e2
		}
		if padded := len(whole) > 1 && whole[0] == '0'; n < secondsPerDay && !padded {
			ofDay++
		}
	}
	switch {
	case 2*max(clocks, ofDay) <= len(times):
		return noDigits, false
	case clocks < ofDay:
		return ofTheDay, false
	case short:
		return shortClock, clocks == ofDay
	}
	return clockDigit, clocks == ofDay
}

// in returns how times of day are written out for a --time-format.
func (d digits) in(format string) digits {
	switch plain := strings.Contains(format, "%H%M") || strings.Contains(format, "1504"); {
	case plain && d == clockDigit:
		return plainClock
	case plain && d == shortClock:
		return noDigits
	}
	return d
}

// appendClock appends a time of day.
func (d digits) appendClock(text, time []byte) []byte {
	if d == noDigits {
		return append(text, time...)
	}
	whole, _, _ := bytes.Cut(time, []byte("."))
	n, ok := numbers.ParseUint(whole)
	if !ok || len(whole) > mostDigits {
		return append(text, time...)
	}
	switch d {
	case plainClock:
		return append(append(text, "000000"[:mostDigits-len(whole)]...), time...)
	case clockDigit:
		n = n/10000*3600 + n/100%100*60 + n%100
	case shortClock:
		n = n/100*3600 + n%100*60
	}
	return append(append(text, clockOf(int(n))...), time[len(whole):]...)
}
