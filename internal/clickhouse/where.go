package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
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

// kindColumns are columns that tell kinds of records apart, by their normal names, and
// flowKinds their values for flows: of Zeek's logs and of Suricata's events. Of several
// in one table only the first counts, for a connection is in each of them.
var (
	kindColumns = []string{"eventtype", "logtype", "path", "recordtype", "eventkind"}
	flowKinds   = []string{"conn", "flow", "netflow"}
)

// choose sets which rows of the table count: those that the analyst's condition names
// or, where the table mixes kinds of records, those of flows.
func (e *Engine) choose(ctx context.Context, t *table, columns []column) error {
	if e.opt.Where != "" {
		t.filter = "(" + e.opt.Where + ")"
		return nil
	}
	for _, c := range columns {
		if typ, _ := bare(c.typ); typ != "String" || !slices.Contains(kindColumns, normal(c.name)) {
			continue
		}
		ask := &statement{from: t.from, settings: e.settings(), columns: []string{call("toInt64", call("count"))}}
		counts := make([]int64, 1+len(flowKinds))
		dest := []any{&counts[0]}
		for i, kind := range flowKinds {
			ask.columns = append(ask.columns, call("toInt64", call("countIf", ident(c.name)+" = "+text(kind))))
			dest = append(dest, &counts[i+1])
		}
		if err := e.row(ctx, "looking at the kinds of records", ask, dest...); err != nil {
			return err
		}
		for i, kind := range flowKinds {
			if n := counts[i+1]; n > 0 && n < counts[0] {
				t.kind = fmt.Sprintf("%s = '%s'", c.name, kind)
				t.other = anyOf(t.other, "ifNull("+ident(c.name)+", '') != "+text(kind))
				return nil
			}
		}
	}
	return nil
}

var distributed = regexp.MustCompile(`^Distributed\('?[^',]*'?, *'?([^',]*)'?, *'?([^',)]*)'?`)

// replaces reports whether a table has rows that others replace, once the server has
// merged them, so that they must be read with FINAL.
func (e *Engine) replaces(ctx context.Context, database, table string) (bool, error) {
	var engine, full string
	ask := &statement{columns: []string{"engine", "engine_full"}, from: "system.tables",
		where: all("database = "+text(database), "name = "+text(table))}
	if err := e.rows(ctx, "looking at the table's engine", ask, []any{&engine, &full}, func() error { return nil }); err != nil {
		return false, err
	}
	if local := distributed.FindStringSubmatch(full); local != nil && (local[1] != database || local[2] != table) {
		return e.replaces(ctx, cmp.Or(local[1], database), local[2])
	}
	return strings.HasSuffix(engine, "MergeTree") && (strings.Contains(engine, "Replacing") || strings.Contains(engine, "Collapsing")), nil
}
