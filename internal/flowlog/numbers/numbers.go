// Package numbers reads numbers as logs write them.
package numbers

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beacon/internal/flowlog/clocks"
)

// ParseUint parses a count or a port: digits, in groups of three or not (see ungrouped), with
// a fraction that is dropped (as spreadsheets write it), or hexadecimal with 0x (as Argus
// writes ports). The unit byte may stand behind it; a larger one can't be read, for 1.2 M is
// rounded.
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
	for _, unit := range [...]string{" bytes", " Bytes", " B"} {
		text = strings.TrimSuffix(text, unit)
	}
	v, err := strconv.ParseFloat(ungrouped(text), 64)
	if err != nil || !(v >= 0 && v < math.MaxInt64/2) {
		return 0, false
	}
	return int64(v), true
}

// groupSeparators are what stands between the groups of three digits in a number: a comma,
// the apostrophes of Switzerland, and the blanks of French, Russian and SI.
const groupSeparators = ",'\u2019 \u00a0\u202f\u2009"

// ungrouped returns a number whose digits stand in groups of three without what stands
// between them; any other text as it is. Points are between groups where there are several
// of them, or a decimal comma behind them: 1.234 may be a fraction (see IsGrouped).
func ungrouped(text string) string {
	if strings.Count(text, ".") > 1 || strings.IndexByte(text, '.') < strings.IndexByte(text, ',') {
		whole, decimals, _ := strings.Cut(text, ",")
		if IsGrouped(whole) && strings.Trim(decimals, "0123456789") == "" {
			return strings.ReplaceAll(whole, ".", "")
		}
	}
	whole, decimals, fraction := strings.Cut(text, ".")
	if fraction {
		decimals = "." + decimals
	}
	at := strings.IndexAny(whole, groupSeparators)
	if at < 0 {
		return text
	}
	separator, _ := utf8.DecodeRuneInString(whole[at:])
	if digits, ok := joined(strings.Split(whole, string(separator))); ok {
		return digits + decimals
	}
	return text
}

// IsGrouped tells whether a text is digits in groups of three with points between them, so
// that it may be a count in German, Spanish and other languages: 1.234 but not 0.500.
func IsGrouped(text string) bool {
	groups := strings.Split(text, ".")
	_, ok := joined(groups)
	if ok && len(groups) == 4 { // or an address
		_, err := netip.ParseAddr(text)
		ok = err != nil
	}
	return ok && groups[0][0] != '0'
}

// joined returns groups of digits as one number; false where they aren't two or more groups of
// three digits, the first of which can be shorter.
func joined(groups []string) (digits string, ok bool) {
	if len(groups) < 2 || groups[0] == "" || len(groups[0]) > 3 {
		return "", false
	}
	for i, g := range groups {
		if i > 0 && len(g) != 3 || strings.Trim(g, "0123456789") != "" {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// ParsePort parses the number of a port, alone or with the name of its service or protocol:
// 443/tcp, tcp/443, TCP_443, tcp-443, https (443), 443 (https).
func ParsePort(text []byte) (int64, bool) {
	if v, ok := ParseUint(text); ok {
		return v, true
	}
	before, behind, ok := bytes.Cut(text, []byte("/"))
	if inner, closed := bytes.CutSuffix(text, []byte(")")); closed && !ok {
		before, behind, ok = bytes.Cut(inner, []byte("("))
	}
	if at := bytes.IndexAny(text, "_-"); !ok && at > 0 && isTransport(text[:at]) {
		before, behind, ok = text[:at], text[at+1:], true
	}
	before, behind = bytes.TrimSpace(before), bytes.TrimSpace(behind)
	switch {
	case !ok:
		return 0, false
	case isName(before) && isDigits(behind):
		return ParseUint(behind)
	case isDigits(before) && isName(behind):
		return ParseUint(before)
	}
	return 0, false
}

// isTransport tells whether a text is the name of a protocol that has ports.
func isTransport(text []byte) bool {
	return slices.ContainsFunc([]string{"tcp", "udp", "sctp"}, func(name string) bool { return strings.EqualFold(name, string(text)) })
}

func isDigits(text []byte) bool {
	return len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0
}

// isName tells whether a text is the name of a service or protocol, which begins with a letter.
func isName(text []byte) bool { return len(text) > 0 && text[0]|0x20-'a' < 26 }

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
