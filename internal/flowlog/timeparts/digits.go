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
	ofTheDay                 // seconds since midnight
)

var unclearNote = flowlog.Note{Text: "flows whose time of day is a number that is read as hours, minutes and seconds, and may as well be seconds since midnight: no value looked at tells which"}

const (
	secondsPerDay = 24 * 60 * 60
	mostDigits    = len("hhmmss")
)

// digitsOf finds out how times of day are written that are all numbers beside a day. unclear
// tells that they can be read in two ways.
func digitsOf(times []string) (d digits, unclear bool) {
	longest, padded, clock, short, ofDay := 0, false, true, true, true
	for _, text := range times {
		whole, fraction, _ := strings.Cut(text, ".")
		n, err := strconv.ParseUint(whole, 10, 32)
		if err != nil || len(whole) > mostDigits || strings.Trim(fraction, "0123456789") != "" || n == 0 && fraction != "" { // of a day, in a spreadsheet
			return noDigits, false
		}
		longest = max(longest, len(whole))
		padded = padded || len(whole) > 1 && whole[0] == '0'
		clock = clock && n < 24e4 && n/100%100 < 60 && n%100 < 60
		short = short && len(whole) == len("hhmm") && n < 24e2
		ofDay = ofDay && n < secondsPerDay
	}
	switch {
	case longest == 0 || !clock && (!ofDay || padded):
		return noDigits, false
	case !clock:
		return ofTheDay, false
	case short:
		return noDigits, ofDay && !padded
	}
	return clockDigit, ofDay && !padded
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
	if d == clockDigit {
		n = n/10000*3600 + n/100%100*60 + n%100
	}
	return append(append(text, clockOf(int(n))...), time[len(whole):]...)
}
