package schema

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// ParseWhere checks that a text is one SQL expression and nothing else: every quote
// and bracket is closed, and no clause, statement, alias or comment is in it. What the
// names and functions in it mean, only the server knows.
func ParseWhere(expression string) error {
	var open []byte
	cast := []bool{false} // for each open bracket: whether it is that of a CAST, where AS is no alias
	word, words := "", 0
	end := func() error {
		defer func() { word = "" }()
		if word == "" {
			return nil
		}
		words++
		if strings.EqualFold(word, "as") && !cast[len(cast)-1] || clauses[strings.ToLower(word)] || hidden(word) {
			return fmt.Errorf("%q can't stand in a condition", word)
		}
		return nil
	}
	for i := 0; i < len(expression); i++ {
		c := expression[i]
		if c == '_' || c >= 0x80 || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) {
			word += string(c)
			continue
		}
		isCast := strings.EqualFold(word, "cast")
		if err := end(); err != nil {
			return err
		}
		switch {
		case c == '\'' || c == '"' || c == '`':
			n := quoted(expression[i:])
			if n == 0 {
				return fmt.Errorf("the quote %c isn't closed", c)
			}
			if name := expression[i+1 : i+n-1]; c != '\'' && hidden(name) {
				return fmt.Errorf("%q can't stand in a condition", name)
			}
			i, words = i+n-1, words+1
		case c == '(' || c == '[':
			open, cast = append(open, c), append(cast, isCast)
		case c == ')' || c == ']':
			if len(open) == 0 || open[len(open)-1] != map[byte]byte{')': '(', ']': '['}[c] {
				return fmt.Errorf("%c closes no bracket", c)
			}
			open, cast = open[:len(open)-1], cast[:len(cast)-1]
		case c == ',' && len(open) == 0, strings.IndexByte(";{}#$\\\x00", c) >= 0,
			strings.HasPrefix(expression[i:], "--"), strings.HasPrefix(expression[i:], "/*"):
			return fmt.Errorf("%q can't stand in a condition", expression[i:min(i+2, len(expression))])
		}
	}
	switch err := end(); {
	case err != nil:
		return err
	case len(open) > 0:
		return fmt.Errorf("the bracket %c isn't closed", open[len(open)-1])
	case words == 0:
		return errors.New("no condition")
	}
	return nil
}

// clauses are words that begin another clause or statement.
var clauses = map[string]bool{"select": true, "from": true, "where": true, "prewhere": true, "group": true, "having": true, "order": true, "limit": true, "offset": true,
	"union": true, "except": true, "intersect": true, "settings": true, "format": true, "into": true, "with": true, "join": true, "window": true, "qualify": true, "arrayjoin": true}

// quoted returns the length of the quoted text that s begins with, 0 where its end is missing.
func quoted(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == s[0] && i+1 < len(s) && s[i+1] == s[0]:
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return 0
}

// hidden reports whether a name is one of ours.
func hidden(name string) bool { return strings.HasPrefix(strings.ToLower(name), "beacon_") }
