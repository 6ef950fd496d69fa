package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
)

// askedAtOnce is how many flagged destinations, or callers, one statement asks about,
// so that neither its text nor the server's state of it grows without bound.
const askedAtOnce = 1000

// Find answers a query from the table. A flow that is written while it does may
// be in one part of the answer and not in another.
func (e *Engine) Find(ctx context.Context, q beacon.Query) (*beacon.Findings, error) {
	x, err := e.ask(ctx, &q)
	if err != nil {
		return nil, err
	}
	f := &finding{Engine: e, question: x, found: &beacon.Findings{List: []beacon.Finding{}}}
	if err := f.count(ctx); err != nil {
		return nil, err
	}
	if q.Rules.Has(beacon.EveryMinute) && f.found.Totals.Flows > 0 {
		if err := f.fold(ctx); err != nil {
			return nil, err
		}
	}
	if q.Rules.Has(beacon.EveryRhythm) {
		if err := f.judge(ctx); err != nil {
			return nil, err
		}
	}
	return f.complete(), nil
}

// ask puts a query to the table as its columns are.
func (e *Engine) ask(ctx context.Context, q *beacon.Query) (*question, error) {
	if q.Order == "" {
		q.Order = beacon.ByTime
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if q.Order != beacon.ByTime {
		return nil, &Error{Host: e.at.host, Err: errors.New("a table keeps no order of a log"), hint: "--order time"}
	}
	t, err := e.describe(ctx)
	if err != nil {
		return nil, err
	}
	x := &question{table: t, version: e.version, query: q, internal: q.Internal, settings: e.settings()}
	if x.internal == nil {
		x.internal = netset.Default()
	}
	return x, nil
}

// SQL is the statements by which Find answers a query, without asking them but
// for the table's columns. Where they depend on an answer, a comment stands.
func (e *Engine) SQL(ctx context.Context, q beacon.Query) ([]string, error) {
	x, err := e.ask(ctx, &q)
	if err != nil {
		return nil, err
	}
	return x.texts(), nil
}

// finding is an answer in the making.
type finding struct {
	*Engine
	*question
	found    *beacon.Findings
	evidence beacon.NetworkEvidence
	weighed  bool  // evidence has the prefixes
	replies  int64 // outbound flows that look like a server's replies
	long     int64 // flows that last longer than a bucket
	sampling int64 // largest sampling rate
	slots    map[netip.Addr]int
	only     map[netip.Addr]bool
}

// count fills in the totals, and decides the internal networks where the query
// names none.
func (f *finding) count(ctx context.Context) error {
	t := &f.found.Totals
	t.First, t.Last = math.MaxInt64, math.MinInt64
	var first, last int64
	f.evidence = beacon.NetworkEvidence{}
	err := f.row(ctx, "counting flows", f.question.totals(), &t.Flows, &first, &last, &t.Excluded, &t.Outbound,
		&f.evidence.InDefault, &t.Bad, &t.Other, &f.replies, &f.long, &f.sampling)
	if err != nil {
		return err
	}
	f.evidence.Flows = t.Flows - t.Excluded
	if t.Flows > 0 {
		t.First, t.Last = first*f.time.tick(), last*f.time.tick()
		f.before = t.First < 0
	}
	if f.query.Internal == nil {
		if err := f.infer(ctx); err != nil {
			return err
		}
	}
	if t.Flows == 0 {
		return nil
	}
	return f.row(ctx, "counting addresses", f.question.addresses(), &t.Addresses, &t.InternalHosts)
}

// infer decides the internal networks.
func (f *finding) infer(ctx context.Context) error {
	if 2*f.evidence.InDefault < f.evidence.Flows {
		if err := f.weigh(ctx); err != nil {
			return err
		}
	}
	internal, inferred, err := f.evidence.Infer()
	if err != nil {
		return err
	}
	f.found.Inferred = inferred
	if internal.String() != f.internal.String() {
		f.internal = internal
		if err := f.row(ctx, "counting outbound flows", f.question.outboundFlows(), &f.found.Totals.Outbound); err != nil {
			return err
		}
		f.replies = 0 // were counted with another network
	}
	if f.found.Totals.Outbound == 0 && f.evidence.Flows > 0 {
		if err := f.weigh(ctx); err != nil {
			return err
		}
		return f.evidence.None("no flow goes from an internal address (" + f.internal.String() + ") to an external one")
	}
	return nil
}

// weigh asks for the addresses and flows of each /8.
func (f *finding) weigh(ctx context.Context) error {
	if f.weighed {
		return nil
	}
	f.weighed = true
	var octet uint16
	var n int64
	for _, part := range []struct {
		doing string
		ask   *statement
		count func(*beacon.PrefixEvidence) *int64
	}{
		{"counting addresses by prefix", f.prefixAddresses(), func(p *beacon.PrefixEvidence) *int64 { return &p.Addresses }},
		{"counting flows by prefix", f.prefixFlows(), func(p *beacon.PrefixEvidence) *int64 { return &p.Flows }},
	} {
		err := f.rows(ctx, part.doing, part.ask, []any{&octet, &n}, func() error {
			if octet < noOctet {
				*part.count(&f.evidence.Prefixes[octet]) = n
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fold finds the flagged and the near, then all about the flagged.
func (f *finding) fold(ctx context.Context) error {
	f.slots, f.only = map[netip.Addr]int{}, map[netip.Addr]bool{}
	for _, a := range f.query.Only {
		f.only[a.Unmap()] = true
	}
	var flagged []netip.Addr
	dst := cell{encoding: f.dst.encoding}
	var slots uint64
	err := f.rows(ctx, "folding flows", f.question.fold(), []any{dst.dest(), &slots}, func() error {
		n := int(slots)
		if f.query.CycleSlots() <= maxBits {
			n = bits.OnesCount64(slots)
		}
		addr := dst.addr()
		f.slots[addr] = n
		switch {
		case n >= f.query.Slots:
			if f.query.Only == nil || f.only[addr] {
				flagged = append(flagged, addr)
			}
		case n >= max(1, beacon.NearMiss(f.query.Slots)):
			f.found.Near = append(f.found.Near, beacon.Near{Destination: addr, Slots: n})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(flagged, netip.Addr.Compare)
	for some := range slices.Chunk(flagged, askedAtOnce) {
		if err := f.gather(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// gather asks for all about some flagged destinations.
func (f *finding) gather(ctx context.Context, flagged []netip.Addr) error {
	at := map[netip.Addr]int{}
	for _, addr := range flagged {
		at[addr] = len(f.found.List)
		f.found.List = append(f.found.List, beacon.Finding{Destination: addr, Slots: f.slots[addr], Series: beacon.Series{Bucket: f.query.Bucket}})
	}
	dst, src := cell{encoding: f.dst.encoding}, cell{encoding: f.src.encoding}
	var part uint8
	var number, flows, bytes, first, last int64
	var name string
	named := map[int][]namedFlows{}
	statement := f.question.evidence(f.dst.oneOf(f.dst.name, flagged))
	columns := []any{dst.dest(), &part, src.dest(), &number, &name, &flows, &bytes, &first, &last}
	err := f.rows(ctx, "gathering evidence", statement, columns, func() error {
		i, ok := at[dst.addr()]
		if !ok {
			return fmt.Errorf("the server answered about %s, which was not asked for", dst.addr())
		}
		finding := &f.found.List[i]
		switch part {
		case sourcePart:
			finding.Sources = append(finding.Sources, beacon.Source{Addr: src.addr(), Flows: flows, Bytes: bytes,
				First: first * f.time.tick(), Last: last * f.time.tick()})
		case seriesPart:
			finding.Series.Counts = append(finding.Series.Counts, beacon.Count{Index: number, Calls: flows})
		case portPart:
			finding.Ports = append(finding.Ports, beacon.PortCount{Port: uint16(number), Flows: flows})
		case namePart:
			if name != "" {
				named[i] = append(named[i], namedFlows{name, flows})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, all := range named {
		f.found.List[i].Names = sortedNames(all)
	}
	return nil
}

// complete is the answer, judged and in order.
func (f *finding) complete() *beacon.Findings {
	fs := f.found
	fs.Query = *f.query
	fs.Query.Internal = f.internal
	for i := range fs.List {
		counts := fs.List[i].Series.Counts
		slices.SortFunc(counts, func(a, b beacon.Count) int { return int(a.Index - b.Index) })
	}
	fs.Complete()
	fs.CollectSources()
	beacon.SortNear(fs.Near)
	var done []netip.Addr
	for _, addr := range fs.Query.Only {
		if n := f.slots[addr.Unmap()]; n < fs.Query.Slots && !slices.Contains(done, addr) {
			fs.NotFlagged = append(fs.NotFlagged, beacon.Near{Destination: addr, Slots: n})
			done = append(done, addr)
		}
	}
	fs.Warnings = f.warnings()
	fs.Warn()
	return fs
}

// warnings is what the table says about how the rule can mislead.
func (f *finding) warnings() (list []beacon.Warning) {
	list = beacon.Habits{Flows: f.evidence.Flows, Long: f.long, Outbound: f.found.Totals.Outbound, Replies: f.replies}.Warnings(f.query)
	if f.sampling > 1 {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("flows are sampled, one packet in up to %d: counts and bytes are estimates, and a destination that is called every minute can miss slots for want of a sample", f.sampling),
			Hint: fmt.Sprintf("ask for fewer slots: --slots %d", max(1, beacon.NearMiss(f.query.Slots))),
		})
	}
	if f.query.Span && f.duration == "" {
		list = append(list, beacon.Warning{Text: "the table has no column for the duration of a flow: a flow marks the bucket that it starts in"})
	}
	if tick := f.time.tick(); tick > int64(f.query.Bucket) {
		list = append(list, beacon.Warning{
			Text: fmt.Sprintf("the table's times are in steps of %s, longer than a bucket of %s", time.Duration(tick), f.query.Bucket),
			Hint: "take longer buckets: --bucket",
		})
	}
	return list
}
