package clocks

import (
	"fmt"
	"strings"
	"time"

	"beacon/internal/flowlog/timelayout"
)

// dateOrder is a reading of dates like 6/7/2024.
type dateOrder struct {
	clock Clock
	n     int // samples that can be read so
}

// bestOf returns the layout that reads most of the samples.
func (c *Clock) bestOf(layouts []*timelayout.Layout, samples []string) (best dateOrder) {
	for _, l := range layouts {
		tried := *c
		tried.form = layoutForm{l}
		if n := tried.count(samples); n > best.n {
			best = dateOrder{tried, n}
		}
	}
	return best
}

// chooseOrder decides whether the month or the day stands first. Month first is
// read where some day is above 12 and the hours tell on what clock they are. Day
// first is read so where points are between its parts; otherwise the analyst has
// to say so, because some programs write it on a 12-hour clock without AM and PM
// (CICFlowMeter).
func chooseOrder(us, eu dateOrder, samples []string) (Clock, error) {
	sample := ""
	for _, s := range samples {
		if len(s) > len(sample) && us.clock.count([]string{s})+eu.clock.count([]string{s}) > 0 {
			sample = s // one with all its parts
		}
	}
	monthFirst, dayFirst := strptimeLike(sample, "%m", "%d"), strptimeLike(sample, "%d", "%m")
	switch {
	case us.n == eu.n:
		return us.clock, refuseTimes(us.clock, sample, "the month or the day may stand first", monthFirst, dayFirst)
	case us.n > eu.n && tellsClock(us.clock, samples):
		return us.clock, nil
	case us.n > eu.n:
		return us.clock, refuseTimes(us.clock, sample, "on a clock of 24 hours, or of 12 without AM and PM", monthFirst)
	case strings.Contains(dayFirst, "%d.") && tellsClock(eu.clock, samples):
		return eu.clock, nil
	}
	return eu.clock, refuseTimes(eu.clock, sample, "the day stands first", dayFirst)
}

// refuseTimes returns an error that shows what each format makes of a sample.
func refuseTimes(c Clock, sample, why string, formats ...string) error {
	hints := make([]string, len(formats))
	for i, format := range formats {
		hints[i] = "--time-format '" + format + "'"
		if l, err := timelayout.Strptime(format); err == nil {
			if t, ok := c.readLayout(l, []byte(sample)); ok {
				hints[i] += " reads it as " + time.Unix(0, t).In(c.Zone).Format(time.DateTime)
			}
		}
	}
	return &Error{Err: fmt.Errorf("times like %q: %s", clip(sample), why), Hint: strings.Join(hints, ", "), Open: true}
}

// tellsClock tells whether the samples show on what clock their hours are: by AM and
// PM, or by an hour that a 12-hour clock does not have.
func tellsClock(c Clock, samples []string) bool {
	l := c.form.(layoutForm).layout
	for _, s := range samples {
		if f, ok := l.Parse([]byte(s)); ok && (f.Half != 0 || f.Hour == 0 || f.Hour > 12) {
			return true
		}
	}
	return false
}

// strptimeLike returns the strptime format of a time whose date is three numbers,
// the year last; the time of day may stand before it.
func strptimeLike(sample, first, second string) string {
	sample = strings.TrimSpace(sample) // the day may be padded
	date, clock, _ := strings.Cut(sample, " ")
	timeFirst := strings.Contains(date, ":")
	if timeFirst {
		at := strings.LastIndexByte(sample, ' ')
		date, clock = sample[at+1:], sample[:at]
	}
	sep := date[strings.IndexAny(date, "/-."):][:1]
	format := first + sep + second + sep + "%y"
	if year := strings.TrimSuffix(date[strings.LastIndexAny(date, sep)+1:], ","); len(year) == 4 {
		format = first + sep + second + sep + "%Y"
	}
	if strings.HasSuffix(date, ",") {
		format += ","
	}
	switch {
	case clock == "":
		return format
	case timeFirst:
		return clockLike(clock) + " " + format
	}
	return format + " " + clockLike(clock)
}

// clockLike returns the strptime format of a time of day.
func clockLike(clock string) string {
	format, half := "%H:%M", ""
	if upper := strings.ToUpper(clock); strings.Contains(upper, "AM") || strings.Contains(upper, "PM") {
		format, half = "%I:%M", " %p"
	}
	colons := strings.Count(clock, ":")
	if colons > 1 {
		format += ":%S"
	}
	switch {
	case strings.ContainsAny(clock, ".,"):
		format += ".%f"
	case colons > 2:
		format += ":%f"
	}
	return format + half
}
