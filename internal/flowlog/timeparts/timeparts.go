// Package timeparts makes times of columns that hold a part each: the day, the time of day, the
// zone.
package timeparts

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timelayout"
	"beacon/internal/words"
)

// Parts holds the columns, from 1, with parts of the times in another; 0 for none.
type Parts struct {
	Date                 int // of times of day
	Hour, Minute, Second int // of dates
	Zone                 int

	digits   int  // of times of day that were written as numbers, without the zeros before them; 0 for none such
	zoneOnly bool // Join appends nothing else
}

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

// Join appends a time with the parts of it in other columns of its record. null tells whether a
// text stands for no value.
func (p *Parts) Join(text []byte, record [][]byte, time []byte, null func([]byte) bool) []byte {
	if p.zoneOnly {
		return append(text, record[p.Zone-1]...)
	}
	if p.Date > 0 {
		text = append(append(text, dayOf(record[p.Date-1])...), ' ')
	}
	for range p.digits - len(time) {
		text = append(text, '0')
	}
	if p.Hour > 0 {
		time = dayOf(time)
	}
	text = append(text, time...)
	for n, column := range [...]int{p.Hour, p.Minute, p.Second} {
		if column > 0 {
			text = append(append(text, " ::"[n]), bytes.TrimSpace(record[column-1])...)
		}
	}
	if p.Zone > 0 && !null(record[p.Zone-1]) {
		text = append(append(text, ' '), record[p.Zone-1]...)
	}
	return text
}

// dayOf returns a day that may be written as the midnight at which it begins.
func dayOf(text []byte) []byte {
	for _, midnight := range [...]string{" 00:00:00", "T00:00:00", " 00:00:00.000", "T00:00:00.000"} {
		if day, ok := bytes.CutSuffix(text, []byte(midnight)); ok {
			return day
		}
	}
	return text
}

// hasClock tells whether a text has a time of day, and not that of midnight.
func hasClock(text string) bool { return bytes.IndexByte(dayOf([]byte(text)), ':') >= 0 }

// Found is how a log writes its times.
type Found struct {
	Parts // that count for the times
	Clock clocks.Clock
	Note  flowlog.Note // of each flow whose zone beside its time can't be read; none where it has no text
}

// Find finds out which parts count for the times. samples returns the times of the log's first
// records, joined with parts.
func (p Parts) Find(samples func(Parts) []string, opt *flowlog.Options) (f Found, err error) {
	starts := samples(Parts{})
	f.Clock, err = flowlog.FindClock(starts, opt)
	isMore := func(time string) bool { return !timelayout.IsCompactClock([]byte(time)) }
	digits := clockDigits(starts)
	switch {
	case p.Date > 0 && (err != nil || digits > 0 || !slices.ContainsFunc(starts, isMore)):
		err = f.join(Parts{Date: p.Date, digits: digits}, samples, opt, err)
	case p.Hour > 0 && p.Minute > 0 && (err != nil || !slices.ContainsFunc(starts, hasClock)):
		err = f.join(Parts{Hour: p.Hour, Minute: p.Minute, Second: p.Second}, samples, opt, err)
	}
	if err == nil {
		f.AddZone(p.Zone, samples, opt)
	}
	return f, err
}

// join has other columns count for the times if it makes times of them. It returns why they
// can't be read: err is why they can't be alone, nil if they can.
func (f *Found) join(p Parts, samples func(Parts) []string, opt *flowlog.Options, err error) error {
	joined := samples(p)
	c, joinedErr := flowlog.FindClock(joined, opt)
	switch {
	case len(joined) > 0 && joinedErr == nil:
		f.Parts, f.Clock = p, c
		return nil
	case len(joined) > 0 && err != nil && says(joinedErr) != says(err): // that the order of day and month is open
		err = joinedErr
	}
	return err
}

// AddZone has a column of zones, from 1, count for the times if it makes times of all those in
// a sample. Times with a zone of their own and numbers can't be read with another behind them.
func (f *Found) AddZone(zone int, samples func(Parts) []string, opt *flowlog.Options) {
	if zone == 0 {
		return
	}
	zoned := f.Parts
	zoned.Zone = zone
	texts := samples(zoned)
	if len(texts) == 0 {
		return
	}
	if c, ok := clockOf(texts, opt); ok {
		f.Parts, f.Clock = zoned, c
		return
	}
	f.noteZone(zone, samples, opt)
}

// clockOf returns the clock of texts, false where there is none that reads all of them.
func clockOf(texts []string, opt *flowlog.Options) (clocks.Clock, bool) {
	c, err := flowlog.FindClock(texts, opt)
	return c, err == nil && len(texts) > 0 && !slices.ContainsFunc(texts, func(text string) bool {
		_, ok := c.Parse([]byte(text))
		return !ok
	})
}

// Ends finds out which of the parts of the start times count for the end times too: all, the
// zone alone, or none. samples is as of Find.
func (f *Found) Ends(samples func(Parts) []string, opt *flowlog.Options) (e Found) {
	for _, p := range []Parts{f.Parts, {Zone: f.Zone}} {
		if c, ok := clockOf(samples(p), opt); ok {
			return Found{Parts: p, Clock: c}
		}
	}
	e.Clock, _ = flowlog.FindClock(samples(Parts{}), opt)
	return e
}

// noteZone has a note say that a column of zones, from 1, doesn't count for the times, unless
// they have zones of their own.
func (f *Found) noteZone(zone int, samples func(Parts) []string, opt *flowlog.Options) {
	starts, here, elsewhere := samples(f.Parts), f.Clock, *opt
	elsewhere.Zone = time.FixedZone("", int(time.Hour/time.Second))
	there, err := flowlog.FindClock(starts, &elsewhere)
	if len(starts) == 0 || err != nil {
		return
	}
	t, _ := here.Parse([]byte(starts[0]))
	if other, _ := there.Parse([]byte(starts[0])); other == t {
		return
	}
	for _, name := range samples(Parts{Zone: zone, zoneOnly: true}) {
		if _, ok := flowlog.ParseTime("2020-06-21 00:00:02 "+name, nil); name != "" && !ok {
			f.Note = flowlog.Note{Text: "flows whose times are read in " + opt.Location().String() + ", since the zone beside them (%s) isn't understood; --tz names theirs", Detail: words.Plain(name)}
			return
		}
	}
}

// says returns the hint of an error about times, "" if it has none.
func says(err error) string {
	var refusal *flowlog.InputError
	if errors.As(err, &refusal) {
		return refusal.Hint
	}
	return ""
}

// clockDigits returns how many digits times of day have that were written as numbers, 0 where
// the texts are none such: 93000 is 09:30:00, and 5 is 00:00:05.
func clockDigits(times []string) int {
	const most = len("hhmmss")
	longest := 0
	for _, text := range times {
		if len(text) == 0 || len(text) > most || !timelayout.IsCompactClock([]byte("000000"[:most-len(text)]+text)) {
			return 0
		}
		longest = max(longest, len(text))
	}
	if longest <= len("hhmm") {
		return 0
	}
	return most
}
