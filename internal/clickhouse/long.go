package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/calls"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/connection"
	"beacon/internal/netset"
)

// errNoDuration is a table that the rule of long connections can't judge.
var errNoDuration = &client.Error{Err: errors.New("--rule long needs a column with the duration or the end of flows, and the table has none"),
	Advice: "name it with --map duration=COLUMN or --map end=COLUMN, or leave the rule out"}

// lasting returns the sources and destinations whose flows last long enough together that
// their connections may, with the number of their flows; only those of the destinations that
// Query.Only names, unless it has domains.
//
// Note: the rhythm rule leaves out no pairs so, for its false-discovery rate is that of all.
func (x *question) lasting() *schema.Statement {
	s := x.pairs()
	if x.base != nil && x.query.By.Has(beacon.ByAddress) { // a name's connections are those of its addresses
		s.Where = schema.All(s.Where, schema.IsAddress(x.Dst.Name))
	}
	if !slices.ContainsFunc(x.query.Only, netset.Host.IsDomain) {
		s.Where = schema.All(s.Where, x.Dst.OneOf(x.Dst.Name, x.query.Only))
	}
	s.Columns = []string{x.Src.Name, x.Dst.Name, schema.Call("toInt64", schema.Call("count"))}
	s.Group = []string{x.Src.Name, x.Dst.Name}
	s.Having = fmt.Sprintf("%s >= %d", schema.Call("sum", schema.Call("greatest", schema.Call("toInt64", x.Duration), "0")), int64(connection.LeastTotal(x.query.MinDuration)))
	return s
}

// judgeLong judges the connections that may last.
func (f *gathering) judgeLong(ctx context.Context) error {
	if f.Duration == "" {
		return errNoDuration
	}
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var open openEnds
	var flows int64
	err := f.Rows(ctx, "looking for long connections", f.question.lasting(), []any{src.Dest(), dst.Dest(), &flows}, func() error {
		open.add(src.Host(), dst.Host(), flows)
		return nil
	})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	for ends := range slices.Chunk(open.ends, openAtOnce) {
		blocks, drop := f.openBlocks(ends, open.flows)
		err := f.eachEnds(ctx, blocks, f.fetchCalls, func(e *calls.Ends) error {
			found := e.Lasting(f.query, &f.found.Totals)
			mu.Lock()
			defer mu.Unlock()
			return f.found.AddLong(found)
		})
		drop()
		if err != nil {
			return err
		}
	}
	return nil
}
