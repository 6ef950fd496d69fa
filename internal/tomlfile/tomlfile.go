// Package tomlfile reads TOML files. Its errors have the line, the key and what to write instead.
package tomlfile

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// File is a TOML file that was read.
type File struct {
	Values map[string]any

	path  string
	lines map[string]int // of keys, joined by keySeparator
}

// keySeparator joins the parts of a key: no key has it, since TOML allows it in none.
const keySeparator = "\x00"

// Error is a mistake in a TOML file.
type Error struct {
	Path   string
	Line   int    // 0 if it isn't known
	Key    string // "" if the mistake isn't in one key
	Text   string
	Remedy string // what to write; "" for nothing
}

// Error returns the mistake with its place.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		b.WriteString(": " + e.Key)
	}
	return b.String() + ": " + e.Text
}

// Hint returns the remedy.
func (e *Error) Hint() string { return e.Remedy }

// Parse reads the text of the file at a path. A leading byte order mark is ignored.
// Errors are of type *Error.
func Parse(path string, text []byte) (*File, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	f := &File{path: path, Values: map[string]any{}, lines: linesOf(text)}
	if err := toml.Unmarshal(text, &f.Values); err != nil {
		return nil, f.syntaxError(text, err)
	}
	return f, nil
}

// Line returns the line of a key. If that isn't known it returns the line of the innermost table
// around the key, or else 0. The tables of a list are numbered from 0: "known", "2", "port".
func (f *File) Line(key ...string) int {
	for ; len(key) > 0; key = key[:len(key)-1] {
		if line := f.lines[strings.Join(key, keySeparator)]; line > 0 {
			return line
		}
	}
	return 0
}

// Errorf returns a mistake in the value of a key, which is named by its last part.
func (f *File) Errorf(key []string, remedy, format string, args ...any) error {
	return &Error{Path: f.path, Line: f.Line(key...), Key: key[len(key)-1], Text: fmt.Sprintf(format, args...), Remedy: remedy}
}

// linesOf returns the lines of all keys and tables up to the first mistake.
func linesOf(text []byte) map[string]int {
	lines, counts := map[string]int{}, map[string]int{}
	var p unstable.Parser
	p.Reset(text)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		name, line := "", 0
		if e.Kind == unstable.KeyValue {
			name = table
		}
		for it := e.Key(); it.Next(); {
			if name += keySeparator; line == 0 {
				line = p.Shape(it.Node().Raw).Start.Line
			}
			name += string(it.Node().Data)
			if !it.IsLast() {
				note(lines, name, line) // a table that is made in passing
			}
		}
		switch e.Kind {
		case unstable.Table:
			table = name
		case unstable.ArrayTable:
			table = name + keySeparator + strconv.Itoa(counts[name])
			counts[name]++
			note(lines, table, line)
		}
		note(lines, name, line)
	}
	return lines
}

func note(lines map[string]int, name string, line int) {
	name = strings.TrimPrefix(name, keySeparator)
	if lines[name] == 0 {
		lines[name] = line
	}
}

// shownWidth is the length up to which a line with a mistake is shown, in characters.
const shownWidth = 60

// syntaxError returns the place of a syntax error, and the reason if the mistake is a common one.
func (f *File) syntaxError(text []byte, err error) error {
	failed := &Error{Path: f.path, Text: "not TOML"}
	var wrong *toml.DecodeError
	if !errors.As(err, &wrong) {
		return failed
	}
	if !utf8.Valid(text) {
		failed.Text = "not TOML: not text in UTF-8"
		return failed
	}
	failed.Line, _ = wrong.Position()
	lines := strings.Split(string(text), "\n")
	if failed.Line < 1 || failed.Line > len(lines) {
		return failed
	}
	line := strings.TrimSpace(lines[failed.Line-1])
	failed.Key = strings.Join(wrong.Key(), ".")
	if failed.Text, failed.Remedy = mistake(line); failed.Text == "" && failed.Key != "" {
		failed.Text = "stands here a second time"
		return failed
	}
	if shown := []rune(line); len(shown) > shownWidth {
		line = string(shown[:shownWidth]) + "..."
	}
	if failed.Text != "" {
		failed.Text += ": "
	}
	failed.Text = fmt.Sprintf("not TOML: %s%q", failed.Text, line)
	return failed
}

// mistake returns what is wrong with a line on its own, and what to write; "" if nothing is.
func mistake(line string) (text, remedy string) {
	if toml.Unmarshal([]byte(line), new(map[string]any)) == nil {
		return "", ""
	}
	name, value, ok := strings.Cut(line, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(line, "["):
		return "a table's name stands alone in brackets", "like [networks] or [[known]]"
	case !ok:
		return "no value", `like name = "text" or name = 5`
	case value == "":
		return "no value after the =", `like name = "text" or name = 5`
	}
	quoted := fmt.Sprintf("%s = %q", name, value)
	switch first := value[0]; {
	case first == '"' || first == '\'':
		return "its quotation marks or the \\ in them are wrong", `like name = "text"; a \ within is written as \\`
	case first == '[' || first == '{':
		return "its brackets or the texts in them are wrong", `like name = ["one", "two"]`
	case strings.ContainsFunc(value, notNumeric) && !strings.ContainsAny(value, "=\"'") && toml.Unmarshal([]byte(quoted), new(map[string]any)) == nil:
		return "a text without quotation marks", quoted
	}
	return "not a value", `like name = "text", name = 5 or name = 2027-01-31`
}

// notNumeric reports whether a character is in no number and no date.
func notNumeric(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune("+-_.:", r) }

// Show returns a value as it stands in messages.
func Show(value any) string {
	switch v := value.(type) {
	case string:
		return strconv.Quote(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprint(value)
}

// Texts returns a text, or the texts of a list of one or more. It returns false for any other
// value, and if a text is empty.
func Texts(value any) (texts []string, ok bool) {
	items, list := value.([]any)
	if !list {
		items = []any{value}
	}
	for _, item := range items {
		text, ok := item.(string)
		if !ok || text == "" {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, texts != nil
}

// Scalars returns a text, number, date or boolean as a text, or those of a list. It returns false
// for any other value.
func Scalars(value any) (texts []string, ok bool) {
	items, list := value.([]any)
	if !list {
		items = []any{value}
	}
	for _, item := range items {
		switch v := item.(type) {
		case []any, map[string]any:
			return nil, false
		case time.Time:
			texts = append(texts, v.Format(time.RFC3339Nano))
		default:
			texts = append(texts, fmt.Sprint(v))
		}
	}
	return texts, true
}
