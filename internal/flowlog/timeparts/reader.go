package timeparts

import (
	"bytes"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/flowlog/timelayout"
)

// Reader reads times with the parts beside them. Each worker has its own.
type Reader struct {
	Found
	Loose *flowlog.Options  // where a time that isn't written as the clock's is read by itself; nil for nowhere
	null  func([]byte) bool // tells whether a text stands for no value

	text []byte // of the last time; of one with a day it begins with that
	from int    // where the time of day begins
	day  []byte // as it stood in the record

	zones     map[string]*clocks.Clock // by the texts of zones; nil for one that isn't understood
	zone      []byte                   // the last one
	zoned     *clocks.Clock            // its clock
	last      *clocks.Clock            // of the last time
	elsewhere *clocks.Clock            // of away
}

// BadZone is why a record is bad whose time has a zone beside it that isn't understood.
const BadZone = "the zone beside the time isn't understood; --tz says what it is, like --tz Europe/Berlin"

var assumedNote = flowlog.Note{Text: "flows whose times are read in the zone of --tz, since the one beside them isn't understood"}

// Reader returns a reader of the times.
func (f *Found) Reader(null func([]byte) bool) *Reader { return &Reader{Found: *f, null: null} }

// Read returns a time, in ns since the Unix epoch, that stands in a record with its parts, or why
// it can't be read. assumed tells that its zone isn't understood, and that of the log counts.
func (r *Reader) Read(record [][]byte, time []byte) (ns int64, assumed bool, reason string) {
	text := r.Join(record, time)
	c := &r.Clock
	if r.Zone > 0 {
		if zone := record[r.Zone-1]; !r.null(zone) && !bytes.EqualFold(zone, []byte("n/a")) {
			c = r.clockIn(zone)
		}
	}
	if r.last = c; c == nil {
		r.last = &r.Clock
		return r.inAnyZone(text, time)
	}
	if ns, ok := r.parse(c, text, time); ok {
		return ns, false, ""
	}
	return 0, false, flowlog.BadTime
}

// parse reads a time that was joined.
func (r *Reader) parse(c *clocks.Clock, joined, time []byte) (ns int64, ok bool) {
	if ns, ok = c.Parse(joined); ok || r.Loose == nil {
		return ns, ok
	}
	opt := *r.Loose
	opt.Zone = c.Zone
	for _, text := range [...][]byte{joined, time} {
		if other, ok := flowlog.NewClock(text, &opt); ok && (r.Date+r.Hour == 0 || isWhole(text)) {
			return other.Parse(text)
		}
	}
	return 0, false
}

// isWhole tells whether a text that can be read as a time is more than a day, or than a time of
// day that is a number.
func isWhole(time []byte) bool {
	whole, _, _ := bytes.Cut(time, []byte("."))
	return hasClock(string(time)) || len(whole) > len("20060102") && len(bytes.Trim(whole, "0123456789")) == 0
}

// inAnyZone reads a time whose zone isn't understood.
func (r *Reader) inAnyZone(joined, text []byte) (ns int64, assumed bool, reason string) {
	ns, ok := r.parse(&r.Clock, joined, text)
	other, _ := r.parse(r.away(), joined, text)
	switch {
	case !ok:
		return 0, false, flowlog.BadTime
	case ns == other:
		return ns, false, ""
	case r.inZone:
		return ns, true, ""
	}
	return 0, false, BadZone
}

// awayFromUTC is by how much the zone of away is ahead of UTC, as none is.
const awayFromUTC = time.Minute

// away returns the clock that tells whether a time depends on its zone.
func (r *Reader) away() *clocks.Clock {
	if r.elsewhere == nil {
		r.elsewhere = r.Clock.In(time.FixedZone("", int(awayFromUTC/time.Second)))
	}
	return r.elsewhere
}

// NoteAssumed notes flows whose zone isn't understood.
func NoteAssumed(w *flowlog.Worker, flows int64) { w.Note(flows, assumedNote) }

// maxZones is how many zones are remembered: the tz database has fewer than 600.
const maxZones = 1000

// clockIn returns the clock of a zone, nil for one that isn't understood.
func (r *Reader) clockIn(zone []byte) *clocks.Clock {
	if bytes.Equal(zone, r.zone) {
		return r.zoned
	}
	c, known := r.zones[string(zone)]
	if !known {
		if place, ok := timelayout.ZoneOf(zone); ok {
			c = r.Clock.In(place)
		}
		if r.zones == nil {
			r.zones = map[string]*clocks.Clock{}
		}
		if len(r.zones) < maxZones {
			r.zones[string(zone)] = c
		}
	}
	r.zone, r.zoned = append(r.zone[:0], zone...), c
	return c
}

// roundedEnd is how long before its start an end may lie that was written to the second or to the
// minute.
const roundedEnd = time.Minute

const oneDay = 24 * time.Hour

// Until returns the end of a flow that starts at a time: that of the next day where only the day
// of the start stands beside it, and it is before that. The end is the time that was read last.
func (r *Reader) Until(start, end int64) int64 {
	if r.Date == 0 || end > start-int64(roundedEnd) {
		return end
	}
	at, ok := r.away().Parse(r.text)
	switch {
	case !ok: // it has a day of its own
		return end
	case at == end: // it has a zone of its own
		return end + int64(oneDay)
	}
	local := clocks.LocalTime{Zone: r.last.Zone}
	return local.UTC(at + int64(awayFromUTC+oneDay)) // the clocks may skip its time of day on the first day alone
}

// Join returns a time with the day or the time of day beside it, good until the next call.
func (r *Reader) Join(record [][]byte, time []byte) []byte {
	switch {
	case r.Date > 0:
		if day := record[r.Date-1]; r.from == 0 || !bytes.Equal(day, r.day) {
			r.day = append(r.day[:0], day...)
			r.text = append(append(r.text[:0], dayOf(day)...), ' ')
			r.from = len(r.text)
		}
		r.text = r.digits.appendClock(r.text[:r.from], time)
	case r.Hour > 0:
		r.text = append(r.text[:0], dayOf(time)...)
		for n, column := range [...]int{r.Hour, r.Minute, r.Second} {
			if column > 0 {
				r.text = append(append(r.text, " ::"[n]), bytes.TrimSpace(record[column-1])...)
			}
		}
	default:
		return time
	}
	return r.text
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

// clockOf returns a time of day, in seconds since midnight, as hh:mm:ss.
func clockOf(seconds int) []byte {
	two := func(text []byte, n int) []byte { return append(text, byte('0'+n/10%10), byte('0'+n%10)) }
	var room [len("hh:mm:ss")]byte
	text := append(two(room[:0], seconds/3600), ':')
	return two(append(two(text, seconds/60%60), ':'), seconds%60)
}
