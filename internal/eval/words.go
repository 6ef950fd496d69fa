package eval

import (
	"fmt"
	"time"

	"beacon/internal/beacon"
)

// verdict returns a judgement's verdict with its explanation or what it needs.
func verdict(r beacon.Candidate) string {
	switch r.Verdict {
	case beacon.VerdictExplained:
		return fmt.Sprintf("explained: %s", r.Explanation)
	case beacon.VerdictInsufficient:
		return fmt.Sprintf("not enough calls: %d more", r.Needs)
	}
	return string(r.Verdict)
}

// rhythmWords returns a judgement's rhythm: period, jitter, misses and where it changed; nothing
// where the calls don't keep time.
func rhythmWords(r beacon.Candidate) string {
	if r.Period <= 0 || r.Verdict == beacon.VerdictNone {
		return ""
	}
	how := "sleeps"
	if r.Clock {
		how = "clock"
	}
	s := fmt.Sprintf("%s %v (%v to %v), jitter %.0f%%, misses %.0f%%", how,
		round(r.Period), round(r.PeriodLow), round(r.PeriodHigh), 100*r.Jitter, 100*r.Miss)
	for _, c := range r.Changes {
		s += fmt.Sprintf("; from %v to %v at %s", round(c.Before), round(c.After),
			time.Unix(0, c.At).UTC().Format("15:04:05"))
	}
	return s
}

// round keeps about four digits.
func round(d time.Duration) time.Duration {
	unit := time.Millisecond
	for d/unit >= 10000 {
		unit *= 10
	}
	return d.Round(unit)
}
