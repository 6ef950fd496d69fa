package clocks

import "time"

// LocalTime turns times of a column without a zone into UTC. A copy is independent of
// the original: each worker has its own, for it remembers the minute it saw last.
type LocalTime struct {
	Zone *time.Location // UTC changes nothing

	known  bool
	minute int64 // that shift is of, in minutes since the Unix epoch
	shift  int64 // ns by which the zone is ahead of UTC then
}

// UTC returns the instant at which a clock in the zone shows what a clock in UTC shows
// at ns. ns lies at least two days within the range of an int64.
func (l *LocalTime) UTC(ns int64) int64 {
	const perMinute = int64(time.Minute)
	minute := ns / perMinute
	if ns%perMinute < 0 {
		minute--
	}
	if minute != l.minute || !l.known {
		u := time.Unix(0, minute*perMinute).UTC()
		there := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), 0, 0, l.Zone)
		l.minute, l.shift, l.known = minute, minute*perMinute-there.UnixNano(), true
	}
	return ns - l.shift
}
