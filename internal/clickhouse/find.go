package clickhouse

import (
	"context"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/parallel"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/infer"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/shape"
	"beacon/internal/timespan"
)

// askedAtOnce is how many flagged destinations, or callers, one statement asks about,
// so that neither its text nor the server's state of it grows without bound.
var askedAtOnce = 1000 // tests make it smaller

// Find answers a query from the table. A flow that is written while it does may
// be in one part of the answer and not in another.
func (e *Engine) Find(ctx context.Context, q beacon.Query) (_ *beacon.Findings, err error) {
	x, err := e.askNamed(ctx, &q)
	if err != nil {
		return nil, err
	}
	f := &gathering{Engine: e, question: x, rhythm: q.Rhythm}
	if q.SourcesOnly() {
		if found, err := f.findBrief(ctx); found != nil || err != nil {
			return found, err
		}
		q.Brief = false
	}
	defer func() {
		if err != nil {
			f.found.Close()
		}
	}()
	if err := f.count(ctx); err != nil {
		return nil, err
	}
	if err := f.eachHost(ctx); err != nil {
		return nil, err
	}
	if q.Rules.Has(beacon.EveryMinute) && f.found.Totals.Flows > 0 && f.found.Slots == nil {
		if err := f.fold(ctx); err != nil {
			return nil, err
		}
	}
	if q.Rules.Has(beacon.EveryRhythm) {
		if err := f.judge(ctx); err != nil {
			return nil, err
		}
	}
	if q.Rules.Has(beacon.EveryLong) {
		if err := f.judgeLong(ctx); err != nil {
			return nil, err
		}
	}
	if err := f.found.Check(); err != nil {
		return nil, e.Failed(ctx, "counting by source", err)
	}
	if err := f.describeNames(ctx); err != nil {
		return nil, err
	}
	byHost := f.question
	f.question = byHost.flows()
	f.found.Internal = f.internal
	if q.Rules.Has(beacon.EveryRhythm) {
		if err := f.longest(ctx); err != nil {
			return nil, err
		}
	}
	sites, err := f.countSites(ctx)
	if err != nil {
		return nil, err
	}
	f.found.Habits = beacon.Habits{Neither: sites, Flows: f.network.Flows, Long: f.long, Outbound: f.found.Totals.Outbound, Replies: f.replies}
	f.found.Warnings = f.warnings()
	findings := beacon.Assemble(q, f.found)
	f.question = byHost
	if err := f.picture(ctx, findings.Pictured()); err != nil {
		findings.Close()
		return nil, err
	}
	return findings, nil
}

// ask puts a query to the table as its columns are.
func (e *Engine) ask(ctx context.Context, q *beacon.Query) (*question, error) {
	if q.Order == "" {
		q.Order = beacon.ByTime
	}
	if err := q.Validate(); err != nil {
		return nil, err
	}
	if err := unsupported(q); err != nil {
		return nil, err
	}
	t, err := e.describe(ctx)
	if err != nil {
		return nil, err
	}
	x := &question{Table: t, Version: e.Release, query: q, internal: q.Internal, settings: e.Settings(), spill: e.spill, most: e.most}
	if x.internal == nil {
		x.internal = netset.Default()
	}
	return x, nil
}

// askNamed is ask with the names that the table has.
func (e *Engine) askNamed(ctx context.Context, q *beacon.Query) (*question, error) {
	x, err := e.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	return x, e.readNames(ctx, x)
}

// SQL returns the statements by which Find answers a query, without asking them but
// for the table's columns, and whether it has names. Where they depend on an answer, a comment stands.
func (e *Engine) SQL(ctx context.Context, q beacon.Query) ([]string, error) {
	x, err := e.askNamed(ctx, &q)
	if err != nil {
		return nil, err
	}
	return x.texts(), nil
}

// gathering is the evidence about a query in the making.
type gathering struct {
	*Engine
	*question
	found    beacon.Evidence
	rhythm   rhythm.Options // the query's, with the clock's resolution
	network  infer.Evidence
	weighed  bool  // network has the prefixes
	warned   bool  // only the warnings are wanted, because nothing is flagged
	replies  int64 // outbound flows that look like a server's replies
	long     int64 // flows that last longer than a bucket
	left     int64 // flows that are left out for their names alone
	sampling int64 // largest sampling rate

	estimated bool // the numbers of addresses are

	called map[netset.Host]bool // addresses that are called by name
	large  parallel.Large       // judgements of long series

	longSeries map[[2]netset.Host]map[uint16]rhythm.Result // see calls.Ends
}

// count fills in the totals, and decides the internal networks where the query
// names none.
func (f *gathering) count(ctx context.Context) error {
	t := &f.found.Totals
	var first, last int64
	err := f.Row(ctx, "counting flows", f.question.totals(), &t.Flows, &first, &last, &t.Excluded, &t.Outbound,
		&f.network.InDefault, &t.Bad, &t.Other, &f.replies, &f.long, &f.left, &f.sampling)
	if err != nil {
		return err
	}
	f.network.Flows = t.Flows - t.Excluded
	t.Neither = t.Flows - t.Excluded - f.network.InDefault
	if t.Flows > 0 {
		f.before = first < 0
	}
	if err := f.countDays(ctx, first); err != nil {
		return err
	}
	if f.query.Internal == nil {
		if err := f.infer(ctx); err != nil {
			return err
		}
	}
	t.Excluded += f.left
	if t.Flows == 0 {
		return nil
	}
	if err := f.countAddresses(ctx); err != nil {
		return err
	}
	return f.countNetworks(ctx)
}

// countNetworks finds the networks that the query names and that hold no address.
func (f *gathering) countNetworks(ctx context.Context) error {
	list := f.question.named()
	if len(list) == 0 {
		return nil
	}
	counts, dest := make([]int64, len(list)), make([]any, len(list))
	for i := range counts {
		dest[i] = &counts[i]
	}
	if err := f.Row(ctx, "counting flows by network", f.question.networks(list), dest...); err != nil {
		return err
	}
	for i, n := range counts {
		if n == 0 {
			f.found.Vacant = append(f.found.Vacant, list[i])
		}
	}
	return nil
}

// countDays finds the part of the log that holds its flows, and the clock's resolution.
func (f *gathering) countDays(ctx context.Context, base int64) error {
	days := timespan.Days{}
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var day, flows, first, last int64
	if f.names != nil {
		dst = schema.Cell{Encoding: f.question.self().Encoding}
	}
	var all, some failed
	var at int64
	err := f.Rows(ctx, "looking at times", f.question.sampledTimes(), []any{&at, src.Dest(), dst.Dest()}, func() error {
		all.times, all.apart = f.fail(all.times, at), f.fail(all.apart, at-base)
		return nil
	})
	if err != nil {
		return err
	}
	err = f.Rows(ctx, "counting days", f.question.days(base, all), []any{&day, &flows, &first, &last, src.Dest(), dst.Dest(), &some.times, &some.apart}, func() error {
		days[day] = timespan.Day{Flows: flows, First: first * f.Time.Tick(), Last: last * f.Time.Tick(), Source: src.Host(), Destination: dst.Host()}
		all.times, all.apart = all.times|some.times, all.apart|some.apart
		return nil
	})
	if len(days) > 0 {
		f.rhythm.Tick = timespan.ClockTick(f.coarsest(all.times), f.coarsest(all.apart))
	}
	f.found.SetTimes(days, f.rhythm.Tick)
	return err
}

// coarsest returns the first of timespan.Ticks, in ns, whose bit isn't set.
func (f *gathering) coarsest(failed uint64) int64 {
	for i, tick := range timespan.Ticks {
		if failed&(1<<i) == 0 && int64(tick)%f.Time.Tick() == 0 {
			return int64(tick)
		}
	}
	return 1
}

// countSites counts the flows with no internal end by the site of their source, where
// there are any.
func (f *gathering) countSites(ctx context.Context) (map[netip.Prefix]int64, error) {
	sites := map[netip.Prefix]int64{}
	if f.found.Totals.Neither == 0 {
		return sites, nil
	}
	src := schema.Cell{Encoding: f.Src.Encoding}
	var flows int64
	return sites, f.Rows(ctx, "counting flows with no internal end", f.question.sites(), []any{src.Dest(), &flows}, func() error {
		sites[infer.SiteOf(src.Host())] += flows
		return nil
	})
}

// infer decides the internal networks.
func (f *gathering) infer(ctx context.Context) error {
	if 2*f.network.InDefault < f.network.Flows {
		if err := f.weigh(ctx); err != nil {
			return err
		}
	}
	internal, inferred, err := f.network.Infer()
	if err != nil {
		return err
	}
	f.found.Inferred = inferred
	if internal.String() != f.internal.String() {
		f.internal = internal
		if err := f.Row(ctx, "counting outbound flows", f.question.outboundFlows(), &f.found.Totals.Outbound, &f.found.Totals.Neither, &f.left); err != nil {
			return err
		}
		f.replies = 0 // were counted with another network
	}
	if f.found.Totals.Outbound == 0 && f.network.Flows > 0 {
		if err := f.weigh(ctx); err != nil {
			return err
		}
		return f.network.None("no flow goes from an internal address (" + f.internal.String() + ") to an external one")
	}
	return nil
}

// weigh asks for the addresses and flows of each /8.
func (f *gathering) weigh(ctx context.Context) error {
	if f.weighed {
		return nil
	}
	f.weighed = true
	var octet uint16
	var n int64
	for _, part := range []struct {
		doing string
		ask   *schema.Statement
		count func(*infer.Prefix) *int64
	}{
		{"counting addresses by prefix", f.prefixAddresses(), func(p *infer.Prefix) *int64 { return &p.Addresses }},
		{"counting flows by prefix", f.prefixFlows(), func(p *infer.Prefix) *int64 { return &p.Flows }},
	} {
		err := f.Rows(ctx, part.doing, part.ask, []any{&octet, &n}, func() error {
			if octet < schema.NoOctet {
				*part.count(&f.network.Prefixes[octet]) = n
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
func (f *gathering) fold(ctx context.Context) error {
	slotsOf := map[netset.Host]int{}
	var flagged []netset.Host
	dst := schema.Cell{Encoding: f.Dst.Encoding}
	var slots uint64
	err := f.Rows(ctx, "folding flows", f.question.fold(), []any{dst.Dest(), &slots}, func() error {
		n := int(slots)
		if f.query.CycleSlots() <= maxBits {
			n = bits.OnesCount64(slots)
		}
		addr := dst.Host()
		slotsOf[addr] = n
		if n >= f.query.Slots && f.query.Keeps(addr) {
			flagged = append(flagged, addr)
		}
		return nil
	})
	if err != nil {
		return err
	}
	f.found.Slots = slotsOf
	slices.SortFunc(flagged, netset.Host.Compare)
	for some := range slices.Chunk(flagged, askedAtOnce) {
		if err := f.gather(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// gather asks for all about some flagged destinations.
func (f *gathering) gather(ctx context.Context, flagged []netset.Host) error {
	at := map[netset.Host]int{}
	for _, addr := range flagged {
		at[addr] = len(f.found.Destinations)
		f.found.Destinations = append(f.found.Destinations, beacon.DestinationEvidence{Address: addr, Slots: f.found.Slots[addr], Series: shape.Series{Bucket: f.query.Bucket}})
	}
	dst, src := schema.Cell{Encoding: f.Dst.Encoding}, schema.Cell{Encoding: f.Src.Encoding}
	var part uint8
	var number, flows, bytes, first, last int64
	var name string
	statement := f.question.evidence(f.Dst.OneOf(f.Dst.Name, flagged))
	columns := []any{dst.Dest(), &part, src.Dest(), &number, &name, &flows, &bytes, &first, &last}
	return f.Rows(ctx, "gathering evidence", statement, columns, func() error {
		i, ok := at[dst.Host()]
		if !ok {
			return fmt.Errorf("the server answered about %s, which was not asked for", dst.Host())
		}
		d := &f.found.Destinations[i]
		switch part {
		case sourcePart:
			d.Sources = append(d.Sources, beacon.Source{Addr: src.Host(), Flows: flows, Bytes: bytes,
				First: first * f.Time.Tick(), Last: last * f.Time.Tick()})
		case seriesPart:
			d.Series.Counts = append(d.Series.Counts, shape.Count{Index: number, Calls: flows})
		case portPart:
			d.Ports = append(d.Ports, beacon.PortCount{Port: uint16(number), Flows: flows})
		case namePart:
			if name != "" {
				d.Names = append(d.Names, beacon.NameCount{Name: name, Flows: flows})
			}
		}
		return nil
	})
}
