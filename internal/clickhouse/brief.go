package clickhouse

import (
	"context"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// findBrief answers a query that wants no more than the flagged destinations and their
// sources: by two readings of the outbound flows, and by one of all flows where the
// internal network isn't given. It returns nil where the query has to be answered in
// full: of a table that may have records that can't be read, or where nothing is
// flagged, for then the warnings are the answer. What it has found out is kept for them.
func (f *gathering) findBrief(ctx context.Context) (*beacon.Findings, error) {
	x := f.question
	if x.BadTime+x.Src.Bad+x.Dst.Bad+x.Other+x.Weight != "" {
		return nil, nil
	}
	mine := *x // with the internal network
	f.question = &mine
	if x.query.Internal == nil {
		if err := f.Row(ctx, "counting flows", x.inDefault(), &f.network.Flows, &f.network.InDefault, &f.found.Totals.Outbound); err != nil {
			return nil, err
		}
		if err := f.infer(ctx); err != nil {
			return nil, err
		}
	}
	if err := f.eachHost(ctx); err != nil {
		return nil, err
	}
	if err := f.fold(ctx); err != nil {
		return nil, err
	}
	if err := f.found.Check(); err != nil {
		return nil, f.Failed(ctx, "counting by source", err)
	}
	f.found.Totals = totalsOf(f.found.Destinations)
	if f.found.Totals.Flows == 0 {
		f.question, f.warned = x, true
		f.found = beacon.Evidence{Slots: f.found.Slots}
		return nil, nil
	}
	f.found.Internal = f.internal
	f.found.Warnings = f.warnings()
	return beacon.Assemble(*x.query, f.found), nil
}

// inDefault counts the flows, those with an end in the default internal networks, and the
// outbound ones if these hold.
func (x *question) inDefault() *schema.Statement {
	s := x.statement()
	s.Where = schema.All(s.Where, schema.Not(x.excluded()))
	either := schema.AnyOf(x.Src.In(x.Src.Name, netset.Default()), x.Dst.In(x.Dst.Name, netset.Default()))
	s.Columns = []string{schema.Call("toInt64", schema.Call("count")), schema.Call("toInt64", schema.Call("countIf", either)),
		schema.Call("toInt64", schema.Call("countIf", x.outbound()))}
	return s
}

// totalsOf returns what the flows to the flagged destinations add up to.
func totalsOf(flagged []beacon.DestinationEvidence) (t beacon.Totals) {
	for i := range flagged {
		for _, s := range flagged[i].Sources {
			if t.Flows == 0 {
				t.First, t.Last = s.First, s.Last
			}
			t.Flows, t.First, t.Last = t.Flows+s.Flows, min(t.First, s.First), max(t.Last, s.Last)
		}
	}
	t.Outbound = t.Flows
	return t
}
