package clickhouse

import (
	"context"
	"strings"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
)

// A table may hold a flow's properties within columns: in the elements of tuples (OCSF's
// src_endpoint.ip), under the keys of maps (OpenTelemetry's attributes), on the paths of
// JSON. Each counts as a column, called by its names with dots between, or by its key.

// nested returns the columns with what stands within them.
func (e *Engine) nested(ctx context.Context, columns []schema.Column) ([]schema.Column, error) {
	var list []schema.Column
	for _, c := range columns {
		typ, _ := schema.Bare(c.Typ)
		var err error
		var within []schema.Column
		switch base, args, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "("); base {
		case "Tuple":
			within = schema.Elements(c, args)
		case "Map":
			within, err = e.keys(ctx, c, schema.Call("arrayJoin", schema.Call("mapKeys", schema.Ident(c.Name))), func(key string) (string, string) {
				return schema.Ident(c.Name) + "[" + schema.Text(key) + "]", schema.MapValue(args)
			})
		case "JSON", "Object":
			within, err = e.keys(ctx, c, schema.Call("arrayJoin", schema.Call("JSONAllPaths", schema.Ident(c.Name))), func(path string) (string, string) {
				parts := strings.Split(path, ".")
				for i := range parts {
					parts[i] = schema.Ident(parts[i])
				}
				return schema.Call("ifNull", schema.Call("toString", schema.Ident(c.Name)+"."+strings.Join(parts, ".")), schema.Text("")), "String"
			})
		default:
			within = []schema.Column{c}
		}
		if err != nil {
			return nil, err
		}
		list = append(list, within...)
	}
	return list, nil
}

// sampledRows is of how many rows the keys of maps and the paths of JSON are looked at.
const sampledRows = 10000 // a flow has its addresses in each of them

// keys returns what stands under a column's keys, those with names that logs have for a
// flow's properties.
func (e *Engine) keys(ctx context.Context, c schema.Column, keys string, at func(key string) (expression, typ string)) (list []schema.Column, err error) {
	rows := &schema.Statement{Columns: []string{schema.Ident(c.Name)}, From: e.source(), Limit: sampledRows}
	ask := &schema.Statement{Columns: []string{schema.As(keys, "beacon_key")}, From: rows.Within(), Group: []string{"beacon_key"}, Order: []string{"beacon_key"}, Settings: e.Settings()}
	var key string
	err = e.Rows(ctx, "looking at the keys of "+c.Name, ask, []any{&key}, func() error {
		_, known := flowlog.RoleOf(key)
		mapped := false
		for _, name := range e.opt.Map {
			mapped = mapped || name == key
		}
		if known || mapped {
			in := schema.Column{Name: key, Kind: c.Kind}
			in.Expression, in.Typ = at(key)
			list = append(list, in)
		}
		return nil
	})
	return list, err
}
