package flowlog

import "bytes"

// null says whether a field stands for no value.
func (l *lineParser) null(field []byte) bool {
	if len(field) == 0 {
		return true
	}
	for _, text := range l.nulls {
		if string(field) == text {
			return true
		}
	}
	return false
}

// split cuts a line into its fields, without quotes and padding, up to the last
// one with a role where roles are known; false where a quote stays open.
func (l *lineParser) split(line []byte) bool {
	l.fields = l.fields[:0]
	l.scratch = append(l.scratch[:0], line...)
	rest := l.scratch
	for {
		if n := len(l.fields); n > 0 && n == len(l.ends) {
			return true
		}
		field := rest
		if l.separator != ' ' {
			field = bytes.TrimLeft(rest, " ")
		}
		if l.quoted && len(field) > 0 && field[0] == '"' {
			inside, after, ok := unquote(field)
			if !ok {
				return false
			}
			l.fields = append(l.fields, bytes.TrimSpace(inside))
			at := bytes.IndexByte(after, l.separator)
			if at < 0 {
				return true
			}
			rest = after[at+1:]
			continue
		}
		at := bytes.IndexByte(field, l.separator)
		if at < 0 {
			if len(field) > 0 || !l.runs {
				l.fields = append(l.fields, bytes.TrimSpace(field))
			}
			return true
		}
		if at > 0 || !l.runs {
			l.fields = append(l.fields, bytes.TrimSpace(field[:at]))
		}
		rest = field[at+1:]
	}
}

// unquote reads a quoted field in place: its value, and what comes after it.
func unquote(p []byte) (value, after []byte, ok bool) {
	n := 0
	value = p[1:1]
	for i := 1; i < len(p); i++ {
		if p[i] != '"' {
			value = append(value, p[i])
			continue
		}
		if i+1 < len(p) && p[i+1] == '"' {
			value = append(value, '"')
			i++
			continue
		}
		n = i + 1
		return value, p[n:], true
	}
	return nil, nil, false
}
