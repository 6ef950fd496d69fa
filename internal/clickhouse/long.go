package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/connection"
)

// errNoDuration is a table that the rule of long connections can't judge.
var errNoDuration = &client.Error{Err: errors.New("--rule long needs a column with the duration or the end of flows, and the table has none"),
	Advice: "name it with --map duration=COLUMN or --map end=COLUMN, or leave the rule out"}

// lasting returns the sources and destinations whose flows last long enough together that
// their connections may, with the number of their flows.
func (x *question) lasting() *schema.Statement {
	s := x.pairs()
	if x.base != nil && x.query.By.Has(beacon.ByAddress) { // a name's connections are those of its addresses
		s.Where = schema.All(s.Where, schema.IsAddress(x.Dst.Name))
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
		open.addEnds(src.Host(), dst.Host(), flows)
		return nil
	})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	for ends := range slices.Chunk(open.ends, openAtOnce) {
		blocks, drop := f.openBlocks(ends, open.flows)
		err := f.eachEnds(ctx, blocks, f.fetchCalls, func(e *fetchedEnds) error {
			found := e.lasting(f.query, &f.found.Totals)
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

// lasting returns the ports whose connections last.
func (e *fetchedEnds) lasting(q *beacon.Query, totals *beacon.Totals) (found []beacon.LongEvidence) {
	for _, port := range slices.Sorted(maps.Keys(e.ports)) {
		calls := e.ports[port].flows
		sortCalls(calls)
		calls = within(calls, totals)
		records := make([]connection.Record, len(calls))
		for i := range calls {
			records[i] = calls[i].Record
		}
		l, ok := connection.Last(records, q.MinDuration)
		if !ok {
			continue
		}
		long := beacon.LongEvidence{Destination: e.dst, Port: port, Proto: calls[0].proto, Lasting: l,
			Source: beacon.Source{Addr: e.src, First: calls[0].Start, Last: calls[len(calls)-1].Start, Flows: int64(len(calls))}}
		for i := range calls {
			long.Source.Bytes += calls[i].bytes
		}
		found = append(found, long)
	}
	return found
}
