package clocks

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"beacon/internal/flowlog/timelayout"
)

// Earliest is the first plausible time of a flow, 1990-01-01, in ns: the first
// programs that logged flows are of that decade.
const Earliest = 631_152_000 * int64(time.Second)

// plausibleLead is how far ahead of now a plausible time may lie: to the end of
// tomorrow, in whatever zone the log was written, and a little.
const plausibleLead = 48 * time.Hour

// Settings are what times are read by, besides their texts.
type Settings struct {
	Zone   *time.Location // of times without one; nil is UTC
	Year   int            // of dates without one; 0 for the one that puts them nearest before Now
	Format string         // of --time-format; "" to find it by the texts
	Now    time.Time
}

// Latest returns the last plausible time of a flow, in ns.
func (s *Settings) Latest() int64 { return s.Now.Add(plausibleLead).UnixNano() }

// Plausible tells whether a flow may have started at a time.
func (s *Settings) Plausible(t int64) bool { return t >= Earliest && t <= s.Latest() }

// plausible tells whether a flow may have started at a time.
func (c *Clock) plausible(t int64) bool { return t >= Earliest && t <= c.latest }

// clock returns a clock of dates of ISO 8601 that knows what day it is.
func (s *Settings) clock() Clock {
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	return Clock{Zone: zone, latest: s.Latest(), year: s.Year, now: s.Now.In(zone)}
}

// Find returns the clock of a column by values from the beginning of the log:
// that of the form in which most of them are written. It returns an [Error]
// where none is in a form that is known, or where they can be read in two ways.
// Without samples the clock is one of dates of ISO 8601.
func Find(samples []string, s *Settings) (Clock, error) {
	c := s.clock()
	if s.Format != "" {
		return c, c.setFormat(s.Format, samples)
	}
	most := 0
	if len(samples) == 0 || countNumbers(samples[:1]) == 0 { // Fast path
		if most = c.count(samples); most == len(samples) {
			return c, nil
		}
	}
	numbers := countNumbers(samples)
	if most == 0 && (numbers < len(samples) || numbers == 0) {
		if most = c.count(samples); most == len(samples) {
			return c, nil
		}
	}
	if 2*numbers > len(samples) {
		return c, c.setNumbers(samples)
	}
	for _, plain := range writings {
		if found, ok := c.findWritten(samples, plain); ok {
			return found, nil
		}
	}
	best := c
	for _, l := range timelayout.Forms {
		tried := c
		tried.form = layoutForm{l}
		if n := tried.count(samples); n > most {
			best, most = tried, n
		}
	}
	if us, eu := c.bestOf(timelayout.MonthFirst, samples), c.bestOf(timelayout.DayFirst, samples); max(us.n, eu.n) > most {
		return chooseOrder(us, eu, samples)
	}
	if err := best.dayOnly(samples); err != nil && most == len(samples) {
		return c, err
	}
	if _, ok := timelayout.OfDay.Parse([]byte(samples[0])); ok && most == 0 {
		return c, &Error{Err: fmt.Errorf("times like %q, without the day", clip(samples[0])), Hint: "write the day before them, as in 2020-06-21 00:00:02; a table of text may have it in a column named date"}
	}
	if most == 0 {
		return c, &Error{Err: fmt.Errorf("unreadable time %q in every record of its beginning", clip(samples[0])), Hint: timeFormatHint}
	}
	return best, nil
}

// findWritten returns the clock of a column of numbers that are written in a way of their
// own; false where most of them aren't.
func (c Clock) findWritten(samples []string, plain func([]byte) ([]byte, bool)) (Clock, bool) {
	var numbers []string
	for _, s := range samples {
		if number, ok := plain([]byte(s)); ok {
			numbers = append(numbers, string(number))
		}
	}
	if 2*len(numbers) <= len(samples) || c.setNumbers(numbers) != nil {
		return c, false
	}
	number := c.form
	if number == nil {
		for _, n := range numberForms {
			if n.origin == 0 && n.unit == c.Unit {
				number = n
			}
		}
	}
	if number == nil {
		return c, false
	}
	c.form, c.Unit = writtenForm{number, plain}, 0
	return c, true
}

// dayOnly returns an error where the clock reads samples as dates without a time of day.
func (c *Clock) dayOnly(samples []string) error {
	f, ok := c.form.(layoutForm)
	if !ok || len(samples) < 2 {
		return nil
	}
	for _, s := range samples {
		if fields, ok := f.layout.Parse([]byte(s)); !ok || fields.Clocked {
			return nil
		}
	}
	return &Error{Err: fmt.Errorf("times like %q, without a time of day: when in the day flows were made is lost", clip(samples[0])),
		Hint: "--time-format " + f.layout.Name + " reads them all as midnight; if the time of day is in another column, name the two date and time, or three date, hour and minute"}
}

// Error is why a column's times can't be read.
type Error struct {
	Err  error
	Hint string // what to type, or ""
	Open bool   // they can be read in two ways
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

const timeFormatHint = "--time-format says how times are written, like '%d/%m/%Y %H:%M:%S'"

// maxShown is how many bytes of a time are shown in a message.
const maxShown = 120

// clip cuts a text for a message.
func clip(text string) string { return text[:min(len(text), maxShown)] }

// count returns how many of the samples are times of the clock's form.
func (c Clock) count(samples []string) (n int) {
	var text []byte
	for _, s := range samples {
		text = append(text[:0], s...)
		if _, ok := c.Parse(text); ok {
			n++
		}
	}
	return n
}

// countPlausible returns how many of the samples are times of the clock's form at
// which a flow may have started.
func (c Clock) countPlausible(samples []string, latest int64) (n int) {
	var text []byte
	for _, s := range samples {
		text = append(text[:0], s...)
		if t, ok := c.Parse(text); ok && t >= Earliest && t <= latest {
			n++
		}
	}
	return n
}

func countNumbers(samples []string) (n int) {
	for _, s := range samples {
		if isPlainNumber(s) { // Fast path
			n++
		} else if v, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// isPlainNumber tells whether a text is digits, with a point among them or without, and
// so few that they are no infinity.
func isPlainNumber(s string) bool {
	digits, points := 0, 0
	for i := range len(s) {
		switch {
		case s[i]-'0' <= 9:
			digits++
		case s[i] == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && digits < maxPlainDigits && points <= 1
}

// maxPlainDigits is more digits than a time of any unit has.
const maxPlainDigits = 30

// setNumbers finds what the numbers of a column count. Where nothing makes them
// plausible times they count since 1970, in the unit that their size suggests.
func (c *Clock) setNumbers(samples []string) error {
	base, first, most := *c, -1.0, 0
	for _, s := range samples {
		if strings.ContainsAny(s, "eE") && rounded(s) {
			return &Error{Err: fmt.Errorf("times like %s, which a spreadsheet has rounded: the seconds are lost", clip(s)),
				Hint: "export the log once more, with its times as text"}
		}
		if first < 0 {
			if v, err := strconv.ParseFloat(s, 64); err == nil && v >= 0 {
				first = v
			}
		}
	}
	if dayRounded(samples) {
		return &Error{Err: fmt.Errorf("times like %s, days that a spreadsheet has rounded to a hundredth: the minutes are lost", clip(samples[0])),
			Hint: "export the log once more, with its times as text"}
	}
	try := func(f timeForm) {
		if most == len(samples) { // Fast path: no other can fit more
			return
		}
		tried := base
		tried.setForm(f)
		tried.latest = 0 // each value by this unit alone
		if n := tried.countPlausible(samples, base.latest); n > most {
			tried.latest = base.latest
			*c, most = tried, n
		}
	}
	for _, f := range numberForms {
		try(f)
	}
	for _, l := range timelayout.Forms {
		if l.Name == timelayout.Compact {
			try(layoutForm{l})
		}
	}
	if most > 0 {
		return c.dayOnly(samples)
	}
	if c.Unit = EpochUnit(first); first < 0 {
		return &Error{Err: fmt.Errorf("unreadable time %q in every record of its beginning", clip(samples[0])), Hint: timeFormatHint}
	}
	return nil
}

// dayRounded tells whether all numbers are days of a spreadsheet with one or two decimals,
// as it shows them: a hundredth of a day is a quarter of an hour.
func dayRounded(samples []string) bool {
	for _, s := range samples {
		whole, decimals, ok := strings.Cut(s, ".")
		if len(whole) != 5 || !ok || len(decimals) > 2 {
			return false
		}
	}
	return len(samples) > 1
}

// rounded tells whether a number since 1970 is written with an exponent and with
// too few digits to tell a second.
func rounded(text string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(text), "e")
	v, err := strconv.ParseFloat(text, 64)
	e, err2 := strconv.Atoi(exponent)
	if !ok || err != nil || err2 != nil || v <= 0 {
		return false
	}
	_, decimals, _ := strings.Cut(mantissa, ".")
	return math.Pow10(e-len(decimals))*float64(EpochUnit(v)) > float64(time.Second)
}

// setForm makes the clock one of a form.
func (c *Clock) setForm(f timeForm) {
	c.form, c.Unit = f, 0
	if n, ok := f.(*numberForm); ok && n.origin == 0 {
		c.form, c.Unit = nil, n.unit
	}
	if f == timeForm(layoutForm{timelayout.ISO}) {
		c.form = nil
	}
}

// setFormat makes the clock one of the form that the analyst names.
func (c *Clock) setFormat(format string, samples []string) error {
	forms, err := findForms(format)
	if err != nil {
		return &Error{Err: fmt.Errorf("--time-format %s: %w", format, err), Hint: "like '%d/%m/%Y %H:%M:%S' or '02/01/2006 15:04:05'"}
	}
	best, most := *c, 0
	for _, f := range forms {
		tried := *c
		tried.setForm(f)
		if n := tried.count(samples); n > most || most == 0 && best.form == nil {
			best, most = tried, n
		}
	}
	if *c = best; most == 0 && len(samples) > 0 {
		return &Error{Err: fmt.Errorf("time %q is not of --time-format %s", clip(samples[0]), format)}
	}
	return nil
}

// CheckFormat returns an error where a --time-format is none.
func CheckFormat(format string) error {
	_, err := findForms(format)
	return err
}

// findForms returns the forms that a --time-format stands for: a name, a format of
// strptime or a layout of Go's.
func findForms(format string) (forms []timeForm, err error) {
	for _, n := range numberForms {
		if n.name == format {
			forms = append(forms, n)
		}
	}
	for _, list := range [][]*timelayout.Layout{timelayout.Forms, timelayout.MonthFirst, timelayout.DayFirst} {
		for _, l := range list {
			if l.Name == format {
				forms = append(forms, layoutForm{l})
			}
		}
	}
	if forms != nil {
		return forms, nil
	}
	var l *timelayout.Layout
	switch {
	case strings.Contains(format, "%"):
		l, err = timelayout.Strptime(format)
	case strings.ContainsAny(format, "0123456789"):
		l, err = timelayout.Go(format)
	default:
		err = errors.New("no such form: it is one of " + strings.Join(Formats(), ", ") + ", a format of strptime or a layout of Go's")
	}
	return []timeForm{layoutForm{l}}, err
}
