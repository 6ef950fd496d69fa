package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"beacon/internal/clickhouse/schema"
)

// kindColumns are columns that tell kinds of records apart, by their normal names, and
// flowKinds their values for flows: of Zeek's logs and of Suricata's events. Of several
// in one table only the first counts, for a connection is in each of them.
var (
	kindColumns = []string{"eventtype", "logtype", "path", "recordtype", "eventkind"}
	flowKinds   = []string{"conn", "flow", "netflow"}
)

// choose sets which rows of the table count: those that the analyst's condition names
// or, where the table mixes kinds of records, those of flows.
func (e *Engine) choose(ctx context.Context, t *schema.Table, columns []schema.Column) error {
	if e.opt.Where != "" {
		t.Filter = "(" + e.opt.Where + ")"
		return nil
	}
	for _, c := range columns {
		if typ, _ := schema.Bare(c.Typ); typ != "String" || !slices.Contains(kindColumns, schema.Normal(c.Name)) {
			continue
		}
		ask := &schema.Statement{From: t.From, Settings: e.Settings(), Columns: []string{schema.Call("toInt64", schema.Call("count"))}}
		counts := make([]int64, 1+len(flowKinds))
		dest := []any{&counts[0]}
		for i, kind := range flowKinds {
			ask.Columns = append(ask.Columns, schema.Call("toInt64", schema.Call("countIf", schema.Ident(c.Name)+" = "+schema.Text(kind))))
			dest = append(dest, &counts[i+1])
		}
		if err := e.Row(ctx, "looking at the kinds of records", ask, dest...); err != nil {
			return err
		}
		for i, kind := range flowKinds {
			if n := counts[i+1]; n > 0 && n < counts[0] {
				t.Kind = fmt.Sprintf("%s = '%s'", c.Name, kind)
				t.Other = schema.AnyOf(t.Other, "ifNull("+schema.Ident(c.Name)+", '') != "+schema.Text(kind))
				return nil
			}
		}
	}
	return nil
}

var distributed = regexp.MustCompile(`^Distributed\('?[^',]*'?, *'?([^',]*)'?, *'?([^',)]*)'?`)

// storage says how a table, or the local one behind a distributed table, holds its rows.
type storage struct {
	final bool   // it has rows that others replace, once the server has merged them, so that it must be read with FINAL
	key   string // first column of its sorting key; "" where it has none
}

// stored asks how a table holds its rows.
func (e *Engine) stored(ctx context.Context, database, table string) (s storage, err error) {
	var engine, full, key string
	ask := &schema.Statement{Columns: []string{"engine", "engine_full", "sorting_key"}, From: "system.tables",
		Where: schema.All("database = "+schema.Text(database), "name = "+schema.Text(table))}
	if err := e.Rows(ctx, "looking at the table's engine", ask, []any{&engine, &full, &key}, func() error { return nil }); err != nil {
		return s, err
	}
	if local := distributed.FindStringSubmatch(full); local != nil && (local[1] != database || local[2] != table) {
		return e.stored(ctx, cmp.Or(local[1], database), local[2])
	}
	first, _, _ := strings.Cut(key, ",")
	s.key = strings.Trim(first, "` ")
	s.final = strings.HasSuffix(engine, "MergeTree") && (strings.Contains(engine, "Replacing") || strings.Contains(engine, "Collapsing"))
	return s, nil
}
