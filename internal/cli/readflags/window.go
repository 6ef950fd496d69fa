package readflags

import (
	"os"
	"time"

	"beacon/internal/flowlog"
	"beacon/internal/timespan"
	"beacon/internal/usage"
	"beacon/internal/when"
)

// CheckNow refuses a time among the inputs that --now was to take: its value needs the =.
func (r *Flags) CheckNow(args []string, zone *time.Location) error {
	for _, arg := range args {
		if _, err := os.Stat(arg); r.now != present || err == nil {
			continue
		}
		if _, err := when.Parse(arg, zone); err == nil {
			return usage.Errorf("like --now="+arg, "--now %s: a time after --now needs the =, or it is an input", arg)
		}
	}
	return nil
}

// presentTime returns the time that --now gives, or else the system's.
func (r *Flags) presentTime(zone *time.Location) (time.Time, error) {
	if r.now == "" || r.now == present {
		return time.Now(), nil
	}
	t, err := when.Parse(r.now, zone)
	if err != nil {
		return t, usage.Errorf(when.Hint, "--now %s: %w", r.now, err)
	}
	return t, nil
}

// window returns the part of the log to read.
func (r *Flags) window(zone *time.Location) (when.Window, error) {
	w, err := when.ParseWindow(r.from, r.to, r.Last, zone)
	switch {
	case err != nil && r.Last != 0:
		return w, usage.Errorf("like --last 24h", "%w", err)
	case err != nil:
		return w, usage.Errorf(when.Hint, "%w", err)
	}
	return w, nil
}

// Back returns how long before the log's last flow the window begins, 0 if it doesn't begin so.
func (r *Flags) Back(zone *time.Location) time.Duration {
	w, err := r.window(zone)
	if err != nil || r.now != "" { // Bounds returns the error
		return 0
	}
	return w.Back()
}

// Bounds returns the window in ns since the Unix epoch, both ends 0 for all flows. span
// returns the part that holds the log's flows; it is called only if the window depends on it.
func (r *Flags) Bounds(opt flowlog.Options, span func() (timespan.Span, error)) (from, to int64, err error) {
	w, err := r.window(opt.Zone)
	if err != nil {
		return 0, 0, err
	}
	ref := opt.Now.UnixNano()
	if w.Relative() && r.now == "" {
		s, err := span()
		if err != nil || s.First > s.Last {
			return 0, 0, err
		}
		ref = s.Last
	}
	if from, to, err = w.Bounds(ref, r.now == ""); err != nil {
		return 0, 0, usage.Errorf(when.Hint, "%w", err)
	}
	return from, to, nil
}
