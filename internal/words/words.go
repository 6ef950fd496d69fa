// Package words is the one voice for periods, times, counts and sizes.
package words

import (
	"fmt"
	"strconv"

	"beacon/internal/escape"
)

// Thousands returns a number with commas: 1,234,567.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural returns a number and what it counts: 1 host, 2,000 hosts.
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// AndMore returns how many items a list leaves out, to follow it: " and 3 more",
// or nothing.
func AndMore(more int) string {
	if more <= 0 {
		return ""
	}
	return " and " + Thousands(int64(more)) + " more"
}

// Size returns a number of bytes in powers of 1,024: 999 B, 1.5 MiB.
func Size(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), -1
	for units := len(sizeUnits); v >= step && unit+1 < units; unit++ {
		v /= step
	}
	return fmt.Sprintf("%.1f %ciB", v, sizeUnits[unit])
}

// sizeUnits are the prefixes of the powers of 1,024.
const sizeUnits = "KMGTPE"

// Percent returns a share in whole percent: 20%.
func Percent(share float64) string { return strconv.Itoa(int(share*100+0.5)) + "%" }

// Percents returns a share with its interval: 20% (15% to 25%).
func Percents(share, low, high float64) string {
	return fmt.Sprintf("%s (%s to %s)", Percent(share), Percent(low), Percent(high))
}

// Tenths returns a share in percent with one decimal: 20.4%.
func Tenths(share float64) string { return fmt.Sprintf("%.1f%%", share*100) }

// Small returns a number that may be tiny, such as a p-value, to two digits: 9e-300.
func Small(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }

// Thousandths returns a score with three decimals: 0.973.
func Thousandths(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// Plain returns text from a log so that it can't move a cursor, end a line or turn
// the direction of writing: characters that could are shown as escapes.
func Plain(s string) string { return escape.Line(s) }

// PlainAll returns each text as Plain does.
func PlainAll(all []string) []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = Plain(s)
	}
	return list
}
