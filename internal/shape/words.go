package shape

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// words is why the finding has its shape: what its series does, how silent it
// is, and how many call.
func (s *span) words(shape Shape, e *Evidence, internalHosts int64) []string {
	var words []string
	switch shape {
	case Bursts:
		words = append(words, s.burstWords(e))
	case Diurnal:
		words = append(words, fmt.Sprintf("follows the working day: %d hours from %s UTC have %s the calls of the quietest %d, on %d of %d days",
			ShiftHours, clock(e.BusyFrom), times(e.DayNight), ShiftHours, e.BusyDays, e.Days))
	case Flat:
		if s.length() < DayLeast {
			words = append(words, fmt.Sprintf("evenly over the %s of the log, which is too short to tell day from night", length(s.length())))
		} else {
			words = append(words, fmt.Sprintf("day and night alike: the busiest %d hours have %s the calls of the quietest", ShiftHours, times(e.DayNight)))
		}
	case Sparse:
		words = append(words, fmt.Sprintf("a call now and then: in %s of the %s, in %s", percent(e.ActiveShare), s.buckets(), plural(e.Runs, "run")))
	case TooShort:
		words = append(words, s.shortWords(e))
	}
	if shape != Sparse {
		words = append(words, fmt.Sprintf("silent %s of the time", percent(1-e.ActiveShare)))
	}
	if internalHosts > 0 {
		words = append(words, fmt.Sprintf("%d of %d internal addresses", e.Sources, internalHosts))
	} else {
		words = append(words, plural(e.Sources, "internal address"))
	}
	return words
}

// maxRunTimes is the most times of day that are named; a job that runs each
// half hour has 48.
const maxRunTimes = 6

func (s *span) burstWords(e *Evidence) string {
	at := make([]string, 0, maxRunTimes)
	for _, t := range e.RunTimes[:min(len(e.RunTimes), maxRunTimes)] {
		at = append(at, clock(t))
	}
	more := ""
	if n := len(e.RunTimes) - len(at); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s a day of about %s near %s%s on %d of %d days",
		plural(len(e.RunTimes), "run"), length(e.RunLength), strings.Join(at, ", "), more, e.PatternDays, e.Days)
}

func (s *span) shortWords(e *Evidence) string {
	if s.length() < DayLeast {
		return fmt.Sprintf("the log covers %s: telling day from night takes a day", length(s.length()))
	}
	if e.LogDays < BurstDaysLeast {
		return fmt.Sprintf("%s of about %s in a log of %s: whether they return at the same times takes two days",
			plural(e.Runs, "run"), length(e.RunLength), length(s.length()))
	}
	return fmt.Sprintf("%s of about %s on too few days of the %.1f of the log to see what returns",
		plural(e.Runs, "run"), length(e.RunLength), e.LogDays)
}

// buckets names the buckets of the series.
func (s *span) buckets() string {
	if s.bucket == time.Minute {
		return "minutes"
	}
	return "buckets of " + s.bucket.String()
}

// times says how much the busiest hours exceed the quietest.
func times(ratio float64) string {
	switch {
	case ratio >= 1000:
		return "over 1000 times"
	case ratio >= 10:
		return fmt.Sprintf("%.0f times", ratio)
	}
	return fmt.Sprintf("%.1f times", ratio)
}

// percent is a share in whole percent; only nothing is 0% and only all is 100%.
func percent(share float64) string {
	p := math.Round(share * 100)
	switch {
	case p <= 0 && share > 0:
		return "less than 1%"
	case p >= 100 && share < 1:
		return "more than 99%"
	}
	return fmt.Sprintf("%.0f%%", p)
}

func clock(t time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(t.Hours())%24, int(t.Minutes())%60)
}

// length is a duration as people say it: 61 min, 6 h 2 min, 3.5 days.
func length(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute).Minutes()); {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case minutes < 120:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60 && minutes%60 == 0:
		return fmt.Sprintf("%d h", minutes/60)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
