// Package timeparts makes times of columns that hold a part each: the day, the time of day, the
// zone.
package timeparts

import (
	"errors"
	"slices"
	"strings"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timelayout"
)

// Parts holds the columns, from 1, with parts of the times in another; 0 for none.
type Parts struct {
	Date                 int // of times of day
	Hour, Minute, Second int // of dates
	Zone                 int

	digits digits // of times of day
}

// Most is how many parts times have at most.
const Most = 5

// Of returns the columns without a role whose names say that they belong to the times.
func Of(columns []string, roles []flowlog.Role) (p Parts) {
	p.Date = ignoredColumn(columns, roles, "date", "startdate", "eventdate", "dt", "day", "datum", "fecha", "data", "дата", "日期", "日付", "날짜")
	p.Hour = ignoredColumn(columns, roles, "hour", "hr", "hh")
	p.Minute = ignoredColumn(columns, roles, "minute", "min", "mm")
	p.Second = ignoredColumn(columns, roles, "second", "sec", "ss")
	if at := slices.Index(roles, flowlog.StartTime); at < 0 || !flowlog.InUTC(columns[at]) {
		p.Zone = ignoredColumn(columns, roles, "tz", "timezone", "utcoffset", "gmtoffset", "tzoffset", "timezoneoffset", "zeitzone", "fuseauhoraire")
	}
	return p
}

// ignoredColumn returns the first column, from 1, that has one of the normalised names and no
// role; 0 for none. In a group, whose columns have dotted names, it may stand beside the times.
func ignoredColumn(columns []string, roles []flowlog.Role, names ...string) int {
	group := ""
	if at := slices.Index(roles, flowlog.StartTime); at >= 0 {
		group = columns[at][:strings.LastIndexByte(columns[at], '.')+1]
	}
	for i, c := range columns {
		if roles[i] == flowlog.Ignored && slices.Contains(names, flowlog.NormalName(strings.TrimPrefix(c, group))) {
			return i + 1
		}
	}
	return 0
}

// Columns returns the columns of the parts, from 1; there may be none.
func (p *Parts) Columns() []int {
	return slices.DeleteFunc([]int{p.Date, p.Hour, p.Minute, p.Second, p.Zone}, func(column int) bool { return column == 0 })
}

// Last returns the last of the columns, 0 where there is none.
func (p *Parts) Last() int { return max(p.Date, p.Hour, p.Minute, p.Second, p.Zone) }

// most tells whether most texts are of a kind.
func most(texts []string, is func(string) bool) bool {
	n := 0
	for _, text := range texts {
		if is(text) {
			n++
		}
	}
	return 2*n > len(texts)
}

// hasClock tells whether a text has a time of day, and not that of midnight.
func hasClock(text string) bool { return strings.Contains(string(dayOf([]byte(text))), ":") }

// Found is how a log writes its times.
type Found struct {
	Parts // that count for the times
	Clock clocks.Clock
	Note  flowlog.Note // of each flow; none where it has no text

	inZone bool // times whose zone isn't understood are read in the zone that the analyst named
}

// Samples returns the times of a log's first records, joined with parts.
type Samples func(Parts) []string

// Find finds out which parts count for the times.
func (p Parts) Find(samples Samples, opt *flowlog.Options) (f Found, err error) {
	starts := samples(Parts{})
	f.Clock, err = flowlog.FindClock(starts, opt)
	isMore := func(time string) bool { return !timelayout.IsCompactClock([]byte(time)) }
	digits, unclear := digitsOf(starts)
	switch {
	case p.Date > 0 && (err != nil || digits != noDigits || !most(starts, isMore)):
		if err = f.join(Parts{Date: p.Date, digits: digits.in(opt.TimeFormat)}, samples, opt, err); err == nil && f.Date > 0 && unclear {
			f.Note = unclearNote
		}
	case p.Hour > 0 && p.Minute > 0 && (err != nil || !most(starts, hasClock)):
		err = f.join(Parts{Hour: p.Hour, Minute: p.Minute, Second: p.Second}, samples, opt, err)
	}
	if err == nil && f.Clock.ReadsDates() {
		f.AddZone(p.Zone, opt)
	}
	return f, err
}

// join has other columns count for the times if it makes times of them. It returns why they
// can't be read: err is why they can't be alone, nil if they can.
func (f *Found) join(p Parts, samples Samples, opt *flowlog.Options, err error) error {
	joined := samples(p)
	c, joinedErr := flowlog.FindClock(joined, opt)
	switch {
	case len(joined) > 0 && joinedErr == nil:
		f.Parts, f.Clock = p, c
		return nil
	case len(joined) > 0 && isOpen(joinedErr):
		err = joinedErr
	}
	return err
}

// isOpen tells whether times can't be read since the order of day and month, or the clock, is open.
func isOpen(err error) bool {
	var refused *clocks.Error
	return errors.As(err, &refused) && refused.Open
}

// AddZone has a column of zones, from 1, count for the times.
func (f *Found) AddZone(zone int, opt *flowlog.Options) {
	f.Zone = zone
	f.inZone = opt.ZoneNamed
}

// Ends finds out which of the parts of the start times count for the end times too: all, the
// zone alone, or none.
func (f *Found) Ends(samples Samples, opt *flowlog.Options) (e Found) {
	if f.Date+f.Hour > 0 {
		c := f.Clock.In(opt.Location())
		unreadable := func(text string) bool { _, ok := c.Parse([]byte(text)); return !ok }
		if !most(samples(f.Parts), unreadable) { // there may be none
			return Found{Parts: f.Parts, Clock: *c, inZone: f.inZone}
		}
	}
	e.Clock, _ = flowlog.FindClock(samples(Parts{}), opt)
	if e.Clock.ReadsDates() {
		e.AddZone(f.Zone, opt)
	}
	return e
}
