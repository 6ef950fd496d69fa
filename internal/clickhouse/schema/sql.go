package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// All SQL is put together here and from the expressions that these functions
// quote; no text of a user or a table stands in it unquoted.

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "`", "\\`", "\n", `\n`, "\x00", `\0`)

// Ident returns a name of a database, a table or a column.
func Ident(name string) string { return "`" + quoter.Replace(name) + "`" }

// Text returns a string literal.
func Text(s string) string { return "'" + quoter.Replace(s) + "'" }

func integer[T int | int64 | uint64 | uint32](n T) string { return fmt.Sprint(n) }

func Call(function string, args ...string) string {
	return function + "(" + strings.Join(args, ", ") + ")"
}

// All returns the conjunction of conditions; "" among them is none, and the result
// too where there is none.
func All(conditions ...string) string { return joined(" AND ", conditions) }

// AnyOf returns their disjunction.
func AnyOf(conditions ...string) string { return joined(" OR ", conditions) }

func joined(word string, conditions []string) string {
	var kept []string
	for _, c := range conditions {
		if c != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) < 2 {
		return strings.Join(kept, "")
	}
	return "(" + strings.Join(kept, word) + ")"
}

func Not(condition string) string {
	if condition == "" {
		return ""
	}
	return "NOT " + condition
}

// IsTrue returns a condition, or the constant that stands for none.
func IsTrue(condition, none string) string {
	if condition == "" {
		return none
	}
	return condition
}

const (
	Always = "1"
	Never  = "0"
)

func As(expression, name string) string { return expression + " AS " + name }

// Statement is a SELECT.
type Statement struct {
	With     []string // expression AS name
	Columns  []string
	From     string
	Where    string
	Group    []string
	Having   string
	Order    []string
	Limit    int // 0 is none
	Settings []Setting
	Sets     *Lookups // lists that its conditions may name
}

func (s *Statement) String() string {
	var b strings.Builder
	clause := func(word string, parts []string) {
		if len(parts) > 0 {
			fmt.Fprintf(&b, "%s\n    %s\n", word, strings.Join(parts, ",\n    "))
		}
	}
	one := func(word, part string) {
		if part != "" {
			fmt.Fprintf(&b, "%s %s\n", word, part)
		}
	}
	named := strings.Join(append(slices.Concat(s.With, s.Columns), s.Where, s.Having), " ")
	clause("WITH", append(s.Sets.definitionsIn(named), s.With...))
	clause("SELECT", s.Columns)
	one("FROM", s.From)
	one("WHERE", s.Where)
	one("GROUP BY", strings.Join(s.Group, ", "))
	one("HAVING", s.Having)
	one("ORDER BY", strings.Join(s.Order, ", "))
	if s.Limit > 0 {
		one("LIMIT", integer(s.Limit))
	}
	one("SETTINGS", settingList(s.Settings))
	return strings.TrimRight(b.String(), "\n")
}

// Within returns the statement as the source of another.
func (s *Statement) Within() string {
	return "(\n    " + strings.ReplaceAll(s.String(), "\n", "\n    ") + "\n)"
}

func settingList(settings []Setting) string {
	list := make([]string, len(settings))
	for i, s := range settings {
		value := Text(s.Value)
		if _, err := strconv.ParseUint(s.Value, 10, 64); err == nil {
			value = s.Value
		}
		list[i] = s.Name + " = " + value
	}
	return strings.Join(list, ", ")
}

// Setting is a setting of the server for our queries.
type Setting struct{ Name, Value string }
