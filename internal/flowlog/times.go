package flowlog

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"beacon/internal/flowlog/clocks"
)

// Times returns what the times of the log are read by.
func (o *Options) Times() *clocks.Settings {
	return &clocks.Settings{Zone: o.Location(), Year: o.Year, Format: o.TimeFormat, Now: o.Present()}
}

// InUTC tells whether the name of a column of times says that they are in UTC.
func InUTC(column string) bool {
	n := NormalName(column)
	return strings.HasSuffix(n, "utc") || strings.HasSuffix(n, "gmt") || strings.HasPrefix(n, "utc")
}

// For returns the options for a column of times: those of one whose name says that they are in
// UTC leave out the zone of times without one.
func (o *Options) For(column string) *Options {
	if o.Zone == nil || !InUTC(column) {
		return o
	}
	utc := *o
	utc.Zone = nil
	return &utc
}

// Present returns Now, or the system's time where that isn't set.
func (o *Options) Present() time.Time {
	if o.Now.IsZero() {
		return time.Now()
	}
	return o.Now
}

// Latest returns the last plausible time of a flow, in ns.
func (o *Options) Latest() int64 { return o.Times().Latest() }

// Plausible tells whether a flow may have started at a time.
func (o *Options) Plausible(t int64) bool { return o.Times().Plausible(t) }

// FindClock returns the clock of a column by values from the beginning of the log, see
// [clocks.Find]. It returns an [InputError] where there is none.
func FindClock(samples []string, opt *Options) (clocks.Clock, error) {
	c, err := clocks.Find(samples, opt.Times())
	var unreadable *clocks.Error
	if errors.As(err, &unreadable) {
		err = &InputError{Err: unreadable, Hint: unreadable.Hint}
	}
	return c, err
}

// NewClock returns the clock of a column in which a text like sample stands. It
// returns false where that is no time, or may be two.
func NewClock(sample []byte, opt *Options) (*clocks.Clock, bool) {
	c, err := FindClock([]string{string(bytes.TrimSpace(sample))}, opt)
	return &c, err == nil
}

// ParseTime reads a time as logs write it, as ns since the Unix epoch; zone is
// that of a time without one.
func ParseTime(text string, zone *time.Location) (int64, bool) {
	c, ok := NewClock([]byte(text), &Options{Zone: zone})
	if !ok {
		return 0, false
	}
	return c.Parse([]byte(strings.TrimSpace(text)))
}
