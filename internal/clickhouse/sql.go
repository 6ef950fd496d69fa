package clickhouse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// All SQL is put together here and from the expressions that these functions
// quote; no text of a user or a table stands in it unquoted.

var quoter = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "`", "\\`", "\n", `\n`, "\x00", `\0`)

// ident returns a name of a database, a table or a column.
func ident(name string) string { return "`" + quoter.Replace(name) + "`" }

// text returns a string literal.
func text(s string) string { return "'" + quoter.Replace(s) + "'" }

func integer[T int | int64 | uint64 | uint32](n T) string { return fmt.Sprint(n) }

func call(function string, args ...string) string {
	return function + "(" + strings.Join(args, ", ") + ")"
}

// all returns the conjunction of conditions; "" among them is none, and the result
// too where there is none.
func all(conditions ...string) string { return joined(" AND ", conditions) }

// anyOf returns their disjunction.
func anyOf(conditions ...string) string { return joined(" OR ", conditions) }

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

func not(condition string) string {
	if condition == "" {
		return ""
	}
	return "NOT " + condition
}

// isTrue returns a condition, or the constant that stands for none.
func isTrue(condition, none string) string {
	if condition == "" {
		return none
	}
	return condition
}

const (
	always = "1"
	never  = "0"
)

func as(expression, name string) string { return expression + " AS " + name }

// statement is a SELECT.
type statement struct {
	with     []string // expression AS name
	columns  []string
	from     string
	where    string
	group    []string
	having   string
	order    []string
	limit    int // 0 is none
	settings []setting
	sets     *lookups // lists that its conditions may name
}

func (s *statement) String() string {
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
	named := strings.Join(append(slices.Concat(s.with, s.columns), s.where, s.having), " ")
	clause("WITH", append(s.sets.definitionsIn(named), s.with...))
	clause("SELECT", s.columns)
	one("FROM", s.from)
	one("WHERE", s.where)
	one("GROUP BY", strings.Join(s.group, ", "))
	one("HAVING", s.having)
	one("ORDER BY", strings.Join(s.order, ", "))
	if s.limit > 0 {
		one("LIMIT", integer(s.limit))
	}
	one("SETTINGS", settingList(s.settings))
	return strings.TrimRight(b.String(), "\n")
}

// within returns the statement as the source of another.
func (s *statement) within() string {
	return "(\n    " + strings.ReplaceAll(s.String(), "\n", "\n    ") + "\n)"
}

func settingList(settings []setting) string {
	list := make([]string, len(settings))
	for i, s := range settings {
		value := text(s.value)
		if _, err := strconv.ParseUint(s.value, 10, 64); err == nil {
			value = s.value
		}
		list[i] = s.name + " = " + value
	}
	return strings.Join(list, ", ")
}
