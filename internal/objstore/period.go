package objstore

import (
	"regexp"
	"strings"
	"time"
)

// period is the time that a key says its object is of.
type period struct{ begin, end time.Time }

// periodMargin is how far the flows of an object may lie outside the time in its key. A
// record is written when its flow ends, which may be the day after, and the key's day
// may be that of a time zone.
const periodMargin = 24 * time.Hour

// meets reports whether the object may have flows of [from, to), in ns; two zeros are
// no bounds.
func (p period) meets(from, to int64) bool {
	if from == 0 && to == 0 {
		return true
	}
	return p.end.Add(periodMargin).UnixNano() > from && p.begin.Add(-periodMargin).UnixNano() < to
}

// The parts of a key that tell a time: Hive's partitions (year=2024/month=06/day=15/hour=08,
// dt=2024-06-15, eventDay=20240615), Azure's (y=2024/m=06/d=15/h=08/m=00), and folders by day
// (2024/06/15/08, 2024-06-15).
var (
	partitions = map[string]int{"year": 0, "month": 1, "day": 2, "hour": 3, "y": 0, "m": 1, "d": 2, "h": 3, "hr": 3}
	wholeDays  = regexp.MustCompile(`^(?:([A-Za-z_]+)=)?((?:19|20)\d\d)-?(\d\d)-?(\d\d)$`)
	yearFolder = regexp.MustCompile(`^(?:19|20)\d\d$`)
	twoDigits  = regexp.MustCompile(`^\d\d$`)
)

// dayNames are the partitions whose day is that of the flows, "" for a folder without a name. A
// day under another name may be that of a copy (load_date=2024-07-01) or no day at all.
var dayNames = map[string]bool{
	"": true, "dt": true, "ds": true, "d": true, "day": true, "date": true, "datestr": true, "p_date": true, "partition_date": true,
	"eventday": true, "event_day": true, "eventdate": true, "event_date": true, "logdate": true, "log_date": true, "log_day": true, "flow_date": true,
}

// periodOf returns the time that a key's folders tell: a month, a day or an hour. Folders that
// contradict each other tell none.
func periodOf(key string) (period, bool) {
	folders := strings.Split(key, "/")
	folders = folders[:len(folders)-1]
	parts := [4]string{} // year, month, day, hour
	agree := true
	set := func(unit int, values ...string) {
		for i, value := range values {
			agree = agree && (parts[unit+i] == "" || parts[unit+i] == value)
			parts[unit+i] = value
		}
	}
	for i, folder := range folders {
		if m := wholeDays.FindStringSubmatch(folder); m != nil {
			if dayNames[strings.ToLower(m[1])] {
				set(0, m[2:]...)
			}
			continue
		}
		if name, value, ok := strings.Cut(folder, "="); ok {
			name = strings.ToLower(name)
			if unit, known := partitions[name]; known && (name != "m" || parts[2] == "") { // behind the day, m is the minute
				set(unit, value)
			}
			continue
		}
		if yearFolder.MatchString(folder) && i+2 < len(folders) && twoDigits.MatchString(folders[i+1]) && twoDigits.MatchString(folders[i+2]) {
			set(0, folders[i:i+3]...)
			if i+3 < len(folders) && twoDigits.MatchString(folders[i+3]) {
				set(3, folders[i+3])
			}
		}
	}
	if !agree {
		return period{}, false
	}
	return periodFrom(parts)
}

// periodFrom returns the period of a year, a month, a day and an hour, the last ones
// of which may be missing, but no month.
func periodFrom(parts [4]string) (period, bool) {
	layout, text := "2006-1", parts[0]+"-"+parts[1]
	lasts := func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	if parts[2] != "" {
		layout, text = layout+"-2", text+"-"+parts[2]
		lasts = func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
		if parts[3] != "" {
			layout, text = layout+" 15", text+" "+parts[3]
			lasts = func(t time.Time) time.Time { return t.Add(time.Hour) }
		}
	}
	begin, err := time.Parse(layout, text)
	if err != nil {
		return period{}, false
	}
	return period{begin, lasts(begin)}, true
}
