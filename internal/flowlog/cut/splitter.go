package cut

import "bytes"

// Splitter cuts lines of separated text into fields, without quotes and padding.
type Splitter struct {
	Separator byte
	Quoted    bool // fields may stand in double quotes, with "" for a quote inside
	Runs      bool // several separators in a row count as one
	Most      int  // fields after this many are not looked at; 0 is no limit

	Fields  [][]byte // of the line that was split last, valid until the next Split
	scratch []byte
}

// Split cuts a line into Fields. It returns false where a quote is not closed.
func (s *Splitter) Split(line []byte) bool {
	s.Fields = s.Fields[:0]
	s.scratch = append(s.scratch[:0], line...)
	rest := s.scratch
	for {
		if n := len(s.Fields); n > 0 && n == s.Most {
			return true
		}
		field := rest
		if s.Separator != ' ' {
			field = bytes.TrimLeft(rest, " ")
		}
		if s.Quoted && len(field) > 0 && field[0] == '"' {
			inside, after, ok := unquote(field)
			if !ok {
				return false
			}
			s.Fields = append(s.Fields, bytes.TrimSpace(inside))
			at := bytes.IndexByte(after, s.Separator)
			if at < 0 {
				return true
			}
			rest = after[at+1:]
			continue
		}
		at := bytes.IndexByte(field, s.Separator)
		if at < 0 {
			if len(field) > 0 || !s.Runs {
				s.Fields = append(s.Fields, bytes.TrimSpace(field))
			}
			return true
		}
		if at > 0 || !s.Runs {
			s.Fields = append(s.Fields, bytes.TrimSpace(field[:at]))
		}
		rest = field[at+1:]
	}
}

// unquote reads a quoted field in place. It returns the field's value and the
// text that follows the closing quote.
func unquote(p []byte) (value, after []byte, ok bool) {
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
		return value, p[i+1:], true
	}
	return nil, nil, false
}
