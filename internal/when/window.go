// Package when reads times, lengths of time and windows of time as people type them.
package when

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"beacon/internal/flowlog"
)

// The bounds of a window that is open on one side, in ns since the Unix epoch.
const (
	earliest = math.MinInt64
	latest   = math.MaxInt64
)

// Hint shows how a time is typed.
const Hint = "like 2020-06-21, 2020-06-21 08:30, 2020-06-21T08:30:00+02:00, 1592728200, or -24h for 24 hours before the last flow"

// Parse reads a time: a date, with a time of day or not, with a zone or in the given one,
// or seconds since 1970. It lies in the years that ns since then count in full.
func Parse(text string, zone *time.Location) (time.Time, error) {
	t, ok := parse(text, zone)
	if !ok {
		return t, errors.New("unreadable time")
	}
	if year := t.UTC().Year(); year < 1678 || year > 2261 {
		return t, errors.New("a time before 1678 or after 2261")
	}
	return t, nil
}

func parse(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	t, ok := flowlog.ParseTime(text, zone)
	return time.Unix(0, t), ok
}

// Window is the part of a log to read, whose ends may be counted back from a reference:
// the log's last flow, or the present. The zero value is all of the log.
type Window struct {
	from, to end
	last     time.Duration // before the reference; 0 where from and to say it
}

// end is one end of a window.
type end struct {
	text string        // as it was typed, "" where the window is open
	at   int64         // ns since the Unix epoch
	ago  time.Duration // before the reference, where at is 0
	back bool          // ago counts
}

// ParseWindow reads a window from the texts of --from and --to, each a time or a length of
// time before the reference (-24h), or else from a length up to the reference. Empty texts
// and 0 are no bounds.
func ParseWindow(from, to string, last time.Duration, zone *time.Location) (w Window, err error) {
	if last != 0 {
		switch {
		case from != "" || to != "":
			return w, errors.New("--last can't be combined with --from and --to")
		case last < 0:
			return w, errors.New("--last must be longer than 0")
		}
		return Window{last: last}, nil
	}
	if w.from, err = parseEnd("--from", from, zone); err != nil {
		return w, err
	}
	if w.to, err = parseEnd("--to", to, zone); err != nil {
		return w, err
	}
	if !w.Relative() {
		_, _, err = w.Bounds(0, false)
	}
	return w, err
}

func parseEnd(flag, text string, zone *time.Location) (end, error) {
	e := end{text: text}
	if ago, ok := strings.CutPrefix(text, "-"); ok {
		var d Duration
		if err := d.Set(ago); err == nil && d >= 0 {
			e.ago, e.back = time.Duration(d), true
			return e, nil
		}
	}
	if text == "" {
		return e, nil
	}
	t, err := Parse(text, zone)
	if err != nil {
		return e, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	e.at = t.UnixNano()
	return e, nil
}

// Relative tells whether the bounds depend on a reference.
func (w Window) Relative() bool { return w.last > 0 || w.from.back || w.to.back }

// Back returns how long before the reference the window begins, 0 if it doesn't begin so.
func (w Window) Back() time.Duration {
	if w.from.back {
		return w.from.ago
	}
	return w.last
}

// Bounds returns the window as the flows that start in [from, to), in ns since the Unix
// epoch; both are 0 for all flows. ref is the reference. A flow that starts at it lies
// within --last if included is true.
func (w Window) Bounds(ref int64, included bool) (from, to int64, err error) {
	switch {
	case w.last > 0 && included:
		return before(ref, w.last), before(ref, -1), nil
	case w.last > 0:
		return before(ref, w.last), ref, nil
	case w.from.text == "" && w.to.text == "":
		return 0, 0, nil
	}
	if from, to = w.from.bound(ref, earliest), w.to.bound(ref, latest); from >= to {
		return 0, 0, fmt.Errorf("--from %s is not before --to %s", w.from.text, w.to.text)
	}
	return from, to, nil
}

func (e *end) bound(ref, open int64) int64 {
	switch {
	case e.back:
		return before(ref, e.ago)
	case e.text == "":
		return open
	}
	return e.at
}

// before returns a time less a length, within the times that there are.
func before(t int64, d time.Duration) int64 {
	switch {
	case d > 0 && t < earliest+int64(d):
		return earliest
	case d < 0 && t > latest+int64(d):
		return latest
	}
	return t - int64(d)
}
