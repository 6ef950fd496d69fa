package connection

import "time"

// Lasting says how long the connections of a pair lasted.
type Lasting struct {
	Longest  time.Duration // of one connection
	Began    int64         // when the longest began, the first of several, ns since the Unix epoch
	Count    int           // connections
	Long     int           // of these, those of at least the duration that was asked for
	Total    time.Duration // of all connections
	Day      int64         // midnight UTC of the day whose connections lasted longest, ns since the Unix epoch
	DayTotal time.Duration // of the connections that began on that day
}

// day is the length of a day in ns.
const day = int64(24 * time.Hour)

// Last adds up how long the connections of a pair lasted, whose records are in the order of
// start; pieces of one connection are joined (see Join). It returns false where neither a
// connection nor those of a day lasted for at least so long.
func Last(records []Record, least time.Duration) (l Lasting, ok bool) {
	begins := Join(records)
	lasts := make([]int64, len(records)) // how long connections last, by the record that they begin with
	for i, r := range records {
		begin := i
		if begins != nil {
			begin = begins[i]
		}
		lasts[begin] = max(lasts[begin], r.Start-records[begin].Start+r.Duration)
	}
	var today time.Duration
	midnight := int64(0)
	for i, r := range records {
		if begins != nil && begins[i] != i {
			continue
		}
		lasted := time.Duration(lasts[i])
		l.Count++
		l.Total += lasted
		if lasted > l.Longest {
			l.Longest, l.Began = lasted, r.Start
		}
		if lasted >= least {
			l.Long++
		}
		if at := r.Start - ((r.Start%day)+day)%day; at != midnight || l.Count == 1 {
			midnight, today = at, 0
		}
		if today += lasted; today > l.DayTotal {
			l.Day, l.DayTotal = midnight, today
		}
	}
	return l, l.Long > 0 || l.DayTotal >= least
}

// MayLast tells whether records whose durations add up to total may be connections that last
// for at least so long: a pause within a connection is no longer than the record before it.
func MayLast(total, least time.Duration) bool { return total >= LeastTotal(least) }

// LeastTotal returns what the durations of such records add up to at the least.
func LeastTotal(least time.Duration) time.Duration { return least / 2 }
