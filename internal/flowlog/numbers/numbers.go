// Package numbers reads numbers as logs write them.
package numbers

import (
	"math"
	"strconv"
	"strings"
	"time"

	"beacon/internal/flowlog/clocks"
)

// ParseUint parses a count or a port: digits, in groups or not, with a fraction that is
// dropped (as spreadsheets write it), or hexadecimal with 0x (as Argus writes ports).
func ParseUint(text []byte) (int64, bool) {
	var v int64
	for i, ch := range text {
		d := ch - '0'
		if d > 9 {
			return parseOddUint(string(text))
		}
		if i >= 18 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	return v, len(text) > 0
}

func parseOddUint(text string) (int64, bool) {
	if hex, ok := strings.CutPrefix(text, "0x"); ok {
		v, err := strconv.ParseUint(hex, 16, 62)
		return int64(v), err == nil
	}
	v, err := strconv.ParseFloat(ungrouped(text), 64)
	if err != nil || !(v >= 0 && v < math.MaxInt64/2) {
		return 0, false
	}
	return int64(v), true
}

// ungrouped returns a number whose digits stand in groups of three, with commas
// between them, without the commas; any other text as it is.
func ungrouped(text string) string {
	groups := strings.Split(text, ",")
	if len(groups) < 2 || groups[0] == "" || len(groups[0]) > 3 {
		return text
	}
	for i, g := range groups {
		if i > 0 && len(g) != 3 || strings.Trim(g, "0123456789") != "" {
			return text
		}
	}
	return strings.Join(groups, "")
}

// ParseSeconds parses a number of units as ns; a unit of 0 is a second. A comma is a decimal
// sign, unless it may stand between groups of three digits: 1,500 can't be read.
func ParseSeconds(text []byte, unit time.Duration) (int64, bool) {
	if unit == 0 {
		unit = time.Second
	}
	if ns, ok := parseDecimal(text, unit); ok { // Fast path
		return ns, true
	}
	v, err := strconv.ParseFloat(withPoint(string(text)), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e9*float64(time.Second/unit) {
		return 0, false
	}
	return int64(math.Round(max(v, 0) * float64(unit))), true
}

// withPoint returns a number with a decimal comma with a point; any other text as it is.
func withPoint(text string) string {
	whole, decimals, ok := strings.Cut(text, ",")
	if !ok || strings.Contains(whole, ".") || strings.Trim(decimals, "0123456789") != "" || len(decimals) == 3 && whole != "0" {
		return text
	}
	return whole + "." + decimals
}

// parseDecimal parses digits, and after a point up to nine more, as a number of units
// in ns, rounded half up.
func parseDecimal(text []byte, unit time.Duration) (int64, bool) {
	var whole, frac int64
	digits, places := 0, 0
	for i, ch := range text {
		d := ch - '0'
		switch {
		case d > 9:
			if ch != '.' || i != digits || i == 0 {
				return 0, false
			}
			continue
		case digits == i:
			whole = whole*10 + int64(d)
			digits++
		default:
			frac = frac*10 + int64(d)
			places++
		}
		if digits > 9 || places > 9 {
			return 0, false
		}
	}
	scale := clocks.Pow10[places]
	return whole*int64(unit) + (frac*int64(unit)+scale/2)/scale, digits > 0
}
