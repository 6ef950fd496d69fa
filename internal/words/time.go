package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// UTC returns a time, ns since the Unix epoch, in RFC 3339 with as many decimals as needed,
// for programs. Zone has the times that people read.
func UTC(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// Typed returns a length of time as it is typed for a flag: 1h, 1m30s.
func Typed(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 && d != 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 && d != 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Clock returns a time of day, given since midnight: 09:05.
func Clock(sinceMidnight time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(sinceMidnight.Hours())%24, int(sinceMidnight.Minutes())%60)
}

// Clocks returns several times of day.
func Clocks(sinceMidnight []time.Duration) []string {
	all := make([]string, len(sinceMidnight))
	for i, t := range sinceMidnight {
		all[i] = Clock(t)
	}
	return all
}

// Period returns the period of a timer to three digits, in seconds below two
// minutes, in minutes below two hours, and in hours: 60 s, 20.6 min, 6 h.
func Period(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 120:
		return digits(s) + " s"
	case s < 7200:
		return digits(s/60) + " min"
	default:
		return digits(s/3600) + " h"
	}
}

// digits returns a number to three significant digits, never with an exponent.
func digits(v float64) string {
	if v >= 1000 {
		return Thousands(int64(v + 0.5))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Length returns how long something lasted, from a minute on to the minute: 0.35 s,
// 45 s, 61 min, 1 h, 6 h 2 min, 3.5 days.
func Length(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute).Minutes()); {
	case d < time.Minute:
		return digits(d.Seconds()) + " s"
	case minutes < 48*60 && minutes%60 == 0:
		return fmt.Sprintf("%d h", minutes/60)
	case minutes < 120:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

// stepUnits are the units of a step, the longest first.
var stepUnits = []struct {
	length time.Duration
	name   string
}{{24 * time.Hour, " d"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}, {time.Millisecond, " ms"}}

// Step returns a round duration, such as a bucket or the distance of two marks on
// an axis, exactly: 10 s, 5 min, 2 h, 7 d.
func Step(d time.Duration) string {
	for _, u := range stepUnits {
		if d >= u.length && d%u.length == 0 {
			return strconv.FormatInt(int64(d/u.length), 10) + u.name
		}
	}
	return d.String()
}

// Per returns a bucket as it is said after "per": minute, 5 min.
func Per(bucket time.Duration) string {
	switch bucket {
	case time.Second:
		return "second"
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	}
	return Step(bucket)
}
