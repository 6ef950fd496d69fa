package wrap

import (
	"bytes"

	"beacon/internal/flowlog"
)

// Header holds what syslog puts before a message.
type Header struct {
	Time  int64 // ns since the Unix epoch
	Timed bool
	Text  []byte // the time as it is written
	Rest  []byte // what stands behind the time; the line where it has none
}

// maxHeaders is how many headers may stand before a message: the device's, and
// that of a relay.
const maxHeaders = 2

// Header finds the time in a line's header. Of two headers the one next to the
// message counts: it is the device's own.
func (s *Stamper) Header(line []byte) Header {
	h := Header{Rest: line}
	if s.Clock != nil {
		if text := WrittenTime(line); text != nil {
			if h.Time, h.Timed = s.Clock.Parse(text); h.Timed {
				h.Text, h.Rest = text, line[headerStart(line)+len(text):]
			}
			return h
		}
	}
	at := headerStart(line)
	for range maxHeaders {
		t, n, ok := s.Stamp(line[at:])
		if !ok {
			break
		}
		h.Time, h.Timed, h.Text = t, true, line[at:at+n]
		at += n
		h.Rest = line[at:]
		at = blanks(line, at)
		host := bytes.IndexByte(line[at:], ' ')
		if host < 0 {
			break
		}
		at = blanks(line, at+host)
		if at < len(line) && line[at] == '<' {
			at += headerStart(line[at:])
		}
		at += sequence(line[at:])
	}
	return h
}

// WrittenTime returns the date in digits and the time of day, with AM or PM, that a line
// begins with, as 21.06.2020 00:00:02; nil for other lines, and for the halves of the day
// that other languages have (a.m., p. m.), which no form of a time knows.
func WrittenTime(line []byte) []byte {
	p := line[headerStart(line):]
	date := bytes.IndexByte(p, ' ')
	if date < len("1/1/2020") || date > len("2020-06-21") || p[0]-'0' > 9 || bytes.IndexByte(p[:date], ':') >= 0 {
		return nil
	}
	end := blanks(p, date)
	word := bytes.IndexByte(p[end:], ' ')
	if word < 0 || bytes.IndexByte(p[end:end+word], ':') < 0 {
		return nil
	}
	end += word
	if len(p) > end+2 && p[end+2] == '.' {
		return nil
	}
	return p[:end+halfDay(p[end:], &timeOfDay{hour: 1})]
}

// headerStart is where the time of a header can begin: behind <PRI> and the
// version of RFC 5424.
func headerStart(line []byte) int {
	n := 0
	if len(line) > 2 && line[0] == '<' {
		if end := bytes.IndexByte(line[:min(len(line), 6)], '>'); end > 1 {
			n = end + 1
		}
	}
	n = blanks(line, n)
	if n+1 < len(line) && line[n] == '1' && line[n+1] == ' ' {
		n = blanks(line, n+1)
	}
	return n + sequence(line[n:])
}

// sequence returns the length of the number that Cisco puts before the time, and of the host
// behind it: "4711: rtr1: *Jun 21 00:00:02: ".
func sequence(p []byte) (n int) {
	for n < len(p) && p[n]-'0' <= 9 {
		n++
	}
	if n == 0 || n+1 >= len(p) || p[n] != ':' || p[n+1] != ' ' {
		return 0
	}
	n = blanks(p, n+1)
	if word := bytes.IndexByte(p[n:], ' '); word > 1 && p[n+word-1] == ':' && p[n]-'0' > 9 {
		n = blanks(p, n+word)
	}
	return n
}

// FirstAnchor returns the anchor of the first header without a year in the lines of a
// log's beginning.
func FirstAnchor(head flowlog.Head, opt *flowlog.Options) Anchor {
	for line := range bytes.Lines(head[head.Start():]) {
		p := line[headerStart(line):]
		n := 0
		if n < len(p) && (p[n] == '*' || p[n] == '.') {
			n++
		}
		if d, ok := monthDay(p); ok {
			return NewAnchor(d.month, d.day, opt.Year, opt.Present())
		}
		month := monthOf(p[n:])
		if month == 0 {
			continue
		}
		day, k := number(p[blanks(p, n+3):], 2)
		if k == 0 || day == 0 || day > 31 {
			continue
		}
		return NewAnchor(month, day, opt.Year, opt.Present())
	}
	return Anchor{}
}

// Message returns what a line says, without the header's host and program: behind the
// program's colon (RFC 3164) or the structured data (RFC 5424), and behind the mark of JSON
// (CEE).
func (h Header) Message(line []byte) []byte {
	return bytes.TrimPrefix(bytes.TrimPrefix(h.message(line), []byte("@cee:")), []byte(" "))
}

func (h Header) message(line []byte) []byte {
	if !h.Timed {
		return line
	}
	rest := bytes.TrimLeft(h.Rest, " ")
	if bytes.HasPrefix(line[versionAt(line):], []byte("1 ")) {
		for range 4 { // host, program, process, kind of message
			_, rest, _ = bytes.Cut(rest, []byte(" "))
		}
		return structuredEnd(rest)
	}
	_, rest, _ = bytes.Cut(rest, []byte(" ")) // host
	word, after, ok := bytes.Cut(rest, []byte(" "))
	if ok && len(word) > 1 && word[len(word)-1] == ':' {
		return bytes.TrimLeft(after, " ")
	}
	return rest
}

// versionAt is where the version of RFC 5424 stands, if it does.
func versionAt(line []byte) int {
	if len(line) > 2 && line[0] == '<' {
		if end := bytes.IndexByte(line[:min(len(line), 6)], '>'); end > 1 {
			return end + 1
		}
	}
	return 0
}

// structuredEnd returns what follows structured data: - or [id key="value" ...]...
func structuredEnd(p []byte) []byte {
	if len(p) > 0 && p[0] == '-' {
		p = p[1:]
	}
	for len(p) > 0 && p[0] == '[' {
		n := elementEnd(p)
		if n < 0 {
			return nil
		}
		p = p[n:]
	}
	return bytes.TrimPrefix(bytes.TrimLeft(p, " "), flowlog.ByteOrderMark)
}

// elementEnd returns the place behind the element [id key="value" ...] that begins p, -1
// where it does not end.
func elementEnd(p []byte) int {
	quoted := false
	for n := 1; n < len(p); n++ {
		switch {
		case p[n] == '\\' && quoted:
			n++
		case p[n] == '"':
			quoted = !quoted
		case p[n] == ']' && !quoted:
			return n + 1
		}
	}
	return -1
}
