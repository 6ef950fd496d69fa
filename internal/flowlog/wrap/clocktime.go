package wrap

import (
	"bytes"
	"time"
)

// clockTime reads h:mm[:ss[.fraction]] and an offset, Z or +hh:mm, right behind
// it. n is 0 where there is none.
func clockTime(p []byte) (t timeOfDay, n int) {
	h, k := number(p, 2)
	if k == 0 || k >= len(p) || p[k] != ':' || h > 23 {
		return t, 0
	}
	n = k + 1
	m, k := number(p[n:], 2)
	if k != 2 || m > 59 {
		return t, 0
	}
	n += 2
	t.hour = h
	t.ns = int64(h)*int64(time.Hour) + int64(m)*int64(time.Minute)
	if n < len(p) && p[n] == ':' {
		sec, k := number(p[n+1:], 2)
		if k != 2 || sec > 60 {
			return t, 0
		}
		t.ns += int64(sec) * int64(time.Second)
		n += 3
		if n+1 < len(p) && (p[n] == '.' || p[n] == ',') && p[n+1]-'0' <= 9 {
			scale := int64(time.Second) / 10
			for n++; n < len(p) && p[n]-'0' <= 9; n++ {
				t.ns += int64(p[n]-'0') * scale
				scale /= 10
			}
		}
	}
	n += halfDay(p[n:], &t)
	n += offset(p[n:], &t)
	return t, n
}

// halfDay reads a blank and AM or PM.
func halfDay(p []byte, t *timeOfDay) int {
	if len(p) < 3 || p[0] != ' ' || p[2]|0x20 != 'm' || p[1]|0x20 != 'a' && p[1]|0x20 != 'p' || len(p) > 3 && letter(p[3]) || t.hour < 1 || t.hour > 12 {
		return 0
	}
	hour := t.hour % 12
	if p[1]|0x20 == 'p' {
		hour += 12
	}
	t.ns += int64(hour-t.hour) * int64(time.Hour)
	t.hour, t.halfDay = hour, true
	return 3
}

// offset reads Z, +hh, +hhmm or +hh:mm.
func offset(p []byte, t *timeOfDay) int {
	if len(p) > 0 && (p[0] == 'Z' || p[0] == 'z') && (len(p) == 1 || !letter(p[1])) {
		t.zoned = true
		return 1
	}
	if len(p) < 3 || p[0] != '+' && p[0] != '-' {
		return 0
	}
	h, k := number(p[1:], 2)
	if k != 2 || h > 15 {
		return 0
	}
	n := 3
	at := n
	if at < len(p) && p[at] == ':' {
		at++
	}
	m, k := number(p[min(at, len(p)):], 2)
	if k == 2 && m < 60 {
		n = at + 2
	} else {
		m = 0
	}
	t.zoned = true
	t.offset = int64(h)*int64(time.Hour) + int64(m)*int64(time.Minute)
	if p[0] == '-' {
		t.offset = -t.offset
	}
	return n
}

// zoneName reads a blank and UTC, GMT or an offset.
func zoneName(p []byte, t *timeOfDay) int {
	if t.zoned || len(p) < 4 || p[0] != ' ' {
		return 0
	}
	if name := string(p[1:4]); (name == "UTC" || name == "GMT") && (len(p) == 4 || !letter(p[4]) && p[4] != '+' && p[4] != '-') {
		t.zoned = true
		return 4
	}
	if n := offset(p[1:], t); n >= 5 && (n+1 == len(p) || p[n+1]-'0' > 9) {
		return n + 1
	}
	t.zoned, t.offset = false, 0
	return 0
}

func letter(ch byte) bool { return ch|0x20 >= 'a' && ch|0x20 <= 'z' }

// blanks returns the place of the first byte from at on that is no blank.
func blanks(p []byte, at int) int {
	for at < len(p) && p[at] == ' ' {
		at++
	}
	return min(at, len(p))
}

// number reads up to most digits; n is how many there are.
func number(p []byte, most int) (v, n int) {
	for n < len(p) && n < most && p[n]-'0' <= 9 {
		v = v*10 + int(p[n]-'0')
		n++
	}
	return v, n
}

// monthOf returns the month that three letters at the beginning of p name, 0 for none.
func monthOf(p []byte) int {
	if len(p) < 3 {
		return 0
	}
	switch string([]byte{p[0] | 0x20, p[1] | 0x20, p[2] | 0x20}) {
	case "jan":
		return 1
	case "feb":
		return 2
	case "mar":
		return 3
	case "apr":
		return 4
	case "may":
		return 5
	case "jun":
		return 6
	case "jul":
		return 7
	case "aug":
		return 8
	case "sep":
		return 9
	case "oct":
		return 10
	case "nov":
		return 11
	case "dec":
		return 12
	}
	return 0
}

// weekdayLength returns the length of "Sun " or "Sun, ", 0 where there is none.
func weekdayLength(p []byte) int {
	if len(p) < 5 || !bytes.Contains([]byte("MonTueWedThuFriSatSun"), p[:3]) {
		return 0
	}
	n := 3
	if p[n] == ',' {
		n++
	}
	if p[n] != ' ' {
		return 0
	}
	return n + 1
}
