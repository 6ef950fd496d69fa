package clickhouse

import (
	"context"
	"slices"
	"strings"

	"beacon/internal/flowlog"
)

// A table may hold a flow's properties within columns: in the elements of tuples (OCSF's
// src_endpoint.ip), under the keys of maps (OpenTelemetry's attributes), on the paths of
// JSON. Each counts as a column, called by its names with dots between, or by its key.

// nested returns the columns with what stands within them.
func (e *Engine) nested(ctx context.Context, columns []column) ([]column, error) {
	var list []column
	for _, c := range columns {
		typ, _ := bare(c.typ)
		var err error
		var within []column
		switch base, args, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "("); base {
		case "Tuple":
			within = elements(c, args)
		case "Map":
			within, err = e.keys(ctx, c, call("arrayJoin", call("mapKeys", ident(c.name))), func(key string) (string, string) {
				return ident(c.name) + "[" + text(key) + "]", mapValue(args)
			})
		case "JSON", "Object":
			within, err = e.keys(ctx, c, call("arrayJoin", call("JSONAllPaths", ident(c.name))), func(path string) (string, string) {
				parts := strings.Split(path, ".")
				for i := range parts {
					parts[i] = ident(parts[i])
				}
				return call("ifNull", call("toString", ident(c.name)+"."+strings.Join(parts, ".")), text("")), "String"
			})
		default:
			within = []column{c}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, within...)
	}
	return list, nil
}

// mapValue returns the type of a map's values.
func mapValue(args string) string {
	if types := splitTypes(args); len(types) == 2 {
		return types[1]
	}
	return ""
}

// elements returns the named elements of a tuple, those of tuples within it too.
func elements(c column, args string) (list []column) {
	for _, part := range splitTypes(args) {
		name, typ, ok := strings.Cut(part, " ")
		if !ok || strings.Contains(name, "(") {
			continue
		}
		name = strings.Trim(name, "`")
		in := column{name: c.name + "." + name, typ: typ, kind: c.kind, expression: call("tupleElement", c.sql(), text(name))}
		if inner, ok := strings.CutPrefix(typ, "Tuple("); ok {
			list = append(list, elements(in, strings.TrimSuffix(inner, ")"))...)
			continue
		}
		list = append(list, in)
	}
	return list
}

// splitTypes splits at the commas that stand in no bracket.
func splitTypes(args string) (parts []string) {
	depth, from := 0, 0
	for i, c := range args {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(args[from:i]))
				from = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(args[from:]))
}

// sampledRows is of how many rows the keys of maps and the paths of JSON are looked at.
const sampledRows = 10000 // a flow has its addresses in each of them

// keys returns what stands under a column's keys, those with names that logs have for a
// flow's properties.
func (e *Engine) keys(ctx context.Context, c column, keys string, at func(key string) (expression, typ string)) (list []column, err error) {
	rows := &statement{columns: []string{ident(c.name)}, from: e.source(), limit: sampledRows}
	ask := &statement{columns: []string{as(keys, "beacon_key")}, from: rows.within(), group: []string{"beacon_key"}, order: []string{"beacon_key"}, settings: e.settings()}
	var key string
	err = e.rows(ctx, "looking at the keys of "+c.name, ask, []any{&key}, func() error {
		_, known := flowlog.RoleOf(key)
		mapped := false
		for _, name := range e.opt.Map {
			mapped = mapped || name == key
		}
		if known || mapped {
			in := column{name: key, kind: c.kind}
			in.expression, in.typ = at(key)
			list = append(list, in)
		}
		return nil
	})
	return list, err
}

// sql returns the expression of a column.
func (c *column) sql() string {
	if c.expression != "" {
		return c.expression
	}
	return ident(c.name)
}

// siblings are the parts of columns' names in which those of IPv4 and IPv6 addresses differ.
var siblings = strings.NewReplacer("ipv4", "ipv6", "src4", "src6", "dst4", "dst6", "v4", "v6")

// versionColumns tell IPv4 flows (4, or the EtherType) from IPv6 flows.
var versionColumns = []string{"ipprotocolversion", "ipversion", "ipver", "etype"}

// sibling returns the column of IPv6 addresses beside one of IPv4 addresses, or nil.
func (s *schemaOf) sibling(name string) *column {
	other := siblings.Replace(normal(name))
	if other == normal(name) {
		return nil
	}
	i := slices.IndexFunc(s.columns, func(c column) bool { return normal(c.name) == other })
	if i < 0 {
		return nil
	}
	return &s.columns[i]
}

// eitherFamily returns the address in 16 bytes of a flow whose IPv4 and IPv6 addresses stand
// in two columns, "" where the columns are of other types.
func (s *schemaOf) eitherFamily(four, six *column) string {
	x := four.sql()
	isFour := ""
	switch typ, nullable := bare(four.typ); typ {
	case "UInt32", "IPv4":
		if nullable {
			x = call("ifNull", x, "0")
		}
		x = call("toUInt32", x)
		isFour = x + " != 0"
		x = call("IPv4ToIPv6", x)
	case "FixedString(4)":
		isFour = x + " != " + call("toFixedString", text(""), "4")
		x = call("IPv4ToIPv6", call("reinterpretAsUInt32", call("reverse", x)))
	case "String":
		x = call("toString", call("ifNull", x, text("")))
		isFour = x + " != ''"
		x = call("IPv6StringToNum", call("if", isFour, call("concat", text("::ffff:"), x), text("::")))
	default:
		return ""
	}
	for _, c := range s.columns {
		if slices.Contains(versionColumns, normal(c.name)) && isInteger(c.typ) {
			isFour = c.sql() + " IN (4, " + integer(etherIPv4) + ")"
			break
		}
	}
	y := six.sql()
	switch typ, _ := bare(six.typ); typ {
	case "FixedString(16)":
	case "IPv6":
		y = call("IPv6StringToNum", call("toString", y))
	case "String":
		y = call("toString", call("ifNull", y, text("")))
		y = call("IPv6StringToNum", call("if", y+" = ''", text("::"), y))
	default:
		return ""
	}
	return call("if", isFour, x, y)
}
