package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"beacon/internal/beacon"
)

// utc is a time as RFC 3339 in UTC, with as many decimals as needed.
func utc(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// minute is a time for people, to the minute.
func minute(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04") }

// clock is a time of day.
func clock(t time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(t.Hours())%24, int(t.Minutes())%60)
}

// thousands is a number with commas.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is a number and what it counts.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// plain is text of the log that can't move a cursor, end a line or turn its
// direction: such characters become U+FFFD.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// plainAll is plain of each.
func plainAll(all []string) []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = plain(s)
	}
	return list
}

// portList is ports with their flows: 443:1200 80:3.
func portList(ports []beacon.PortCount) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = fmt.Sprintf("%d:%d", p.Port, p.Flows)
	}
	return strings.Join(words, " ")
}

// second is a time for people, to the second.
func second(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05") }

// tenths is a share in percent with one decimal.
func tenths(share float64) string { return fmt.Sprintf("%.1f%%", share*100) }

// cycleSlots is the slots of the query's cycle, 1 where it has none.
func cycleSlots(q *beacon.Query) int {
	if q.Bucket <= 0 || q.Cycle < q.Bucket {
		return 1
	}
	return q.CycleSlots()
}
