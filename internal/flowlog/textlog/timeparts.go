package textlog

import (
	"bytes"
	"slices"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/timelayout"
)

// timeParts holds the columns, from 1, with parts of the times in another; 0 for none.
type timeParts struct {
	date                 int // of times of day
	hour, minute, second int // of dates
	zone                 int

	digits int // of times of day that were written as numbers, without the zeros before them; 0 for none such
}

// timePartsOf returns the columns without a role whose names say that they belong to the times.
func timePartsOf(columns []string, roles []flowlog.Role) (p timeParts) {
	p.date = ignoredColumn(columns, roles, "date", "startdate", "dt", "day", "datum", "fecha", "data", "дата", "日期", "日付", "날짜")
	p.hour = ignoredColumn(columns, roles, "hour", "hr", "hh")
	p.minute = ignoredColumn(columns, roles, "minute", "min", "mm")
	p.second = ignoredColumn(columns, roles, "second", "sec", "ss")
	if at := slices.Index(roles, flowlog.StartTime); at < 0 || !flowlog.InUTC(columns[at]) {
		p.zone = ignoredColumn(columns, roles, "tz", "timezone", "utcoffset", "gmtoffset", "tzoffset", "timezoneoffset", "zeitzone", "fuseauhoraire")
	}
	return p
}

// ignoredColumn returns the first column, from 1, that has one of the normalised names and no
// role; 0 for none.
func ignoredColumn(columns []string, roles []flowlog.Role, names ...string) int {
	for i, c := range columns {
		if roles[i] == flowlog.Ignored && slices.Contains(names, flowlog.NormalName(c)) {
			return i + 1
		}
	}
	return 0
}

// last returns the last of the columns, 0 where there is none.
func (p *timeParts) last() int { return max(p.date, p.hour, p.minute, p.second, p.zone) }

// join appends a time with the parts of it in other fields of its line.
func (p *timeParts) join(text []byte, fields [][]byte, time []byte, values *flowlog.FieldParser) []byte {
	if p.date > 0 {
		text = append(append(text, fields[p.date-1]...), ' ')
	}
	for range p.digits - len(time) {
		text = append(text, '0')
	}
	text = append(text, time...)
	for n, column := range [...]int{p.hour, p.minute, p.second} {
		if column > 0 {
			text = append(append(text, " ::"[n]), bytes.TrimSpace(fields[column-1])...)
		}
	}
	if p.zone > 0 && !values.Null(fields[p.zone-1]) {
		text = append(append(text, ' '), fields[p.zone-1]...)
	}
	return text
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
