package timelayout

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// parseZone reads a zone: Z, UTC, GMT, an offset, UTC and an offset, an abbreviation that is
// one zone's only, or a name of the tz database. What may follow an offset is its name.
func parseZone(text []byte, f *Fields) (rest []byte, ok bool) {
	text = trimBlanks(text)
	for _, name := range [...]string{"UTC", "GMT", "UT", "Z", "z"} {
		if len(text) >= len(name) && string(text[:len(name)]) == name {
			text, ok = text[len(name):], true
			break
		}
	}
	f.zoned = true
	if !ok && len(text) > 0 && (text[0]|0x20)-'a' < 26 {
		return parseZoneName(text, f)
	}
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		if ok {
			text = trimZoneName(text)
		}
		return text, ok
	}
	if len(text) == 2 || text[2] == ':' { // GMT+2, UTC-3:30, -5
		text = append([]byte{text[0], '0'}, text[1:]...)
	}
	var padded [8]byte
	copy(padded[:], text)
	ns, n := ScanOffset(padded[:])
	if n == 0 {
		return nil, false
	}
	f.offset = int(ns / int64(time.Second))
	return trimZoneName(text[n:]), true
}

// ZoneOf returns the zone that stands beside a time: one as may follow a time, also in small
// letters, or a number.
//
// Note: a number of minutes isn't understood. .NET counts those that clocks are ahead of UTC,
// getTimezoneOffset of JavaScript those that they are behind, and 300 may be +03:00 too.
func ZoneOf(text []byte) (zone *time.Location, ok bool) {
	text = bytes.TrimSpace(text)
	if bytes.IndexByte(text, '/') < 0 {
		text = bytes.ToUpper(text)
	}
	var f Fields
	if rest, ok := parseZone(text, &f); ok && len(rest) == 0 && max(f.offset, -f.offset) <= maxOffset {
		if f.place == nil {
			f.place = time.FixedZone(string(text), f.offset)
		}
		return f.place, true
	}
	n, err := strconv.ParseFloat(string(text), 64)
	size := math.Abs(n)
	switch {
	case err != nil:
		return nil, false
	case size <= maxHours && 4*n == math.Trunc(4*n):
		n *= secondsPerHour
	case size < secondsPerHour || size > maxOffset || math.Mod(n, secondsPerHour/4) != 0: // tm_gmtoff of C and utcoffset of Python count seconds
		return nil, false
	}
	return time.FixedZone(string(text), int(n)), true
}

// Clocks are ahead of UTC by up to 14 hours, and were by up to 16, in quarters of an hour: the tz
// database.
const (
	secondsPerHour = 3600
	maxHours       = 14
	maxOffset      = 16 * secondsPerHour
)

// offsets are abbreviations of zones, in hours ahead of UTC: those of RFC 822 and RFC 5322,
// and others that the tz database gives to one offset alone. CST, IST, BST, AST and the like
// are left out: China's, India's and others' clocks are called so too.
var offsets = map[string]float64{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
	"WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
	"JST": 9, "KST": 9, "HKT": 8, "SGT": 8, "AEST": 10, "AEDT": 11, "ACST": 9.5, "ACDT": 10.5, "AWST": 8, "NZST": 12, "NZDT": 13}

// Offset returns by how many seconds the clocks of a zone are ahead of UTC, by an abbreviation
// that is one zone's only.
func Offset(name string) (seconds int, ok bool) {
	hours, ok := offsets[name]
	return int(hours * float64(time.Hour/time.Second)), ok
}

// parseZoneName reads the name of a zone in letters: one of offsets, or of the tz database with
// a slash.
func parseZoneName(text []byte, f *Fields) (rest []byte, ok bool) {
	n := bytes.IndexFunc(text, func(r rune) bool {
		return r < 'A' && r != '/' && r != '+' && r != '-' && (r < '0' || r > '9') || r > 'z' || r == '[' || r == ']'
	})
	if n < 0 {
		n = len(text)
	}
	name := string(text[:n])
	if strings.Contains(name, "/") {
		f.place = placeOf(name)
		return text[n:], f.place != nil
	}
	f.offset, ok = Offset(name)
	return text[n:], ok
}

// places holds the zones of the tz database that were asked for, nil for a name that it lacks.
var (
	places     = map[string]*time.Location{}
	placesLock sync.Mutex
)

// maxPlaces is how many names are remembered, more than the database has.
const maxPlaces = 1000

// placeOf returns the zone of a name in the tz database, nil where there is none.
func placeOf(name string) *time.Location {
	placesLock.Lock()
	defer placesLock.Unlock()
	if zone, ok := places[name]; ok {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = nil
	}
	if len(places) < maxPlaces {
		places[name] = zone
	}
	return zone
}

// trimZoneName drops a blank and the name of a zone in letters, in parentheses or
// not, and the name in brackets that Java writes: [Europe/Berlin].
func trimZoneName(text []byte) []byte {
	if len(text) > 2 && text[0] == '[' && bytes.IndexByte(text, ']') == len(text)-1 {
		return nil
	}
	if len(text) < 3 || text[0] != ' ' {
		return text
	}
	name := strings.TrimSuffix(strings.TrimPrefix(string(text[1:]), "("), ")")
	if name != "" && len(name) <= 5 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return nil
	}
	return text
}

// ScanOffset reads +hh, +hhmm or +hh:mm; 0 bytes where it is none.
func ScanOffset(p []byte) (ns int64, n int) {
	digit := func(i int) (int64, bool) { d := p[i] - '0'; return int64(d), d <= 9 }
	h1, ok1 := digit(1)
	h2, ok2 := digit(2)
	if !ok1 || !ok2 {
		return 0, 0
	}
	ns, n = (h1*10+h2)*int64(time.Hour), 3
	at := 3
	if p[at] == ':' {
		at++
	}
	m1, ok1 := digit(at)
	m2, ok2 := digit(at + 1)
	if ok1 && ok2 {
		ns += (m1*10 + m2) * int64(time.Minute)
		n = at + 2
	}
	if p[0] == '-' {
		ns = -ns
	}
	return ns, n
}
