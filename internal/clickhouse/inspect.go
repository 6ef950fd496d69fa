package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/inspect"
	"beacon/internal/netset"
)

// InspectOptions says how a table is inspected.
type InspectOptions struct {
	From, To int64       // bounds of time, see beacon.Query
	Internal *netset.Set // networks that the analyst called internal; nil to find out
	Latest   int64       // plausible start of a flow, ns since the Unix epoch
}

// Inspect describes a table as inspect.Inspect does a log. The server counts: what comes
// over grows with neither flows nor addresses.
func (e *Engine) Inspect(ctx context.Context, opt InspectOptions) (*inspect.Inspection, error) {
	x, err := e.ask(ctx, &beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 1, From: opt.From, To: opt.To, Internal: opt.Internal})
	if err != nil {
		return nil, err
	}
	x.before = true
	s := &survey{Engine: e, question: x, opt: opt}
	for _, step := range []func(context.Context) error{s.count, s.minutes, s.directions, s.addresses, s.destinations} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return s.found.Inspection(opt.Internal), nil
}

// survey is an inspection in the making.
type survey struct {
	*Engine
	*question
	opt   InspectOptions
	found *inspect.Counted
}

// count counts the records and the flows by how long they last.
func (s *survey) count(ctx context.Context) error {
	ask := s.statement()
	ask.Where = s.within()
	time0 := s.Time.Name()
	unreadable := schema.AnyOf(s.Src.Bad, s.Dst.Bad)
	counted := schema.All(schema.Not(s.Other), schema.Not(s.BadTime), schema.Not(unreadable))
	var dest []any
	add := func(to *int64, function string, args ...string) {
		ask.Columns = append(ask.Columns, schema.Call("toInt64", schema.Call(function, args...)))
		dest = append(dest, to)
	}
	count := func(to *int64, conditions ...string) {
		if slices.Contains(conditions[1:], "") { // what can't be
			conditions[0] = schema.Never
		}
		add(to, "countIf", schema.IsTrue(schema.All(conditions...), schema.Always))
	}
	var first, last, badTime, badAddress int64
	in := inspect.Input{Name: s.At.String(), Version: s.Release.String(), Size: -1,
		Totals: inspect.Totals{Format: "clickhouse", Reasons: map[string]int64{}, Unknown: map[string]int64{}, Notes: s.notes()}}
	count(&in.Rows, counted)
	add(&first, "minIf", time0, schema.IsTrue(counted, schema.Always))
	add(&last, "maxIf", time0, schema.IsTrue(counted, schema.Always))
	count(&in.Other, "", s.Other)
	count(&badTime, schema.Not(s.Other), s.BadTime)
	count(&badAddress, schema.All(schema.Not(s.Other), schema.Not(s.BadTime)), unreadable)
	tick := s.Time.Tick()
	count(&in.OddTimes, counted, fmt.Sprintf("(%[1]s < %[2]d OR %[1]s > %[3]d)", time0, clocks.Earliest/tick, s.opt.Latest/tick))
	var d inspect.Durations
	if s.Duration != "" {
		for _, c := range []struct {
			than time.Duration
			to   *int64
		}{{0, &d.Known}, {time.Second, &d.Second}, {time.Minute, &d.Minute}, {10 * time.Minute, &d.TenMin}, {time.Hour, &d.Hour}} {
			count(c.to, counted, fmt.Sprintf("%s > %d", s.Duration, int64(c.than)))
		}
		add(&d.Longest, "maxIf", schema.Call("greatest", s.Duration, "0"), schema.IsTrue(counted, schema.Always))
	}
	if err := s.Row(ctx, "counting flows", ask, dest...); err != nil {
		return err
	}
	for reason, n := range map[string]int64{flowlog.BadTime: badTime, flowlog.BadAddress: badAddress} {
		if n > 0 {
			in.Bad, in.Reasons[reason] = in.Bad+n, n
		}
	}
	if in.Rows > 0 {
		in.Span = &inspect.Span{First: inspect.Time(first * tick), Last: inspect.Time(last * tick)}
	}
	in.Columns = s.roles()
	s.found = inspect.NewCounted(in, d)
	return nil
}

// notes says which of the table's rows count.
func (s *survey) notes() (list []string) {
	if s.Kind != "" {
		list = append(list, "rows with "+s.Kind+" are flows; for others: --where")
	}
	if s.Final {
		list = append(list, "rows that later ones replace are left out (FINAL)")
	}
	return list
}

// roles returns the table's columns and what each is read as.
func (s *survey) roles() []inspect.Column {
	list := []inspect.Column{}
	for _, name := range s.Columns {
		c := inspect.Column{Name: name}
		for _, role := range append(flowlog.MapKeys(), schema.HostAddress) {
			if slices.Contains(s.Matched[role], name) && (c.Role == "" || role != "src_bytes") {
				c.Role = role
			}
		}
		list = append(list, c)
	}
	return list
}

// minutes finds the minutes in which flows start.
func (s *survey) minutes(ctx context.Context) error {
	ask := s.statement()
	ask.Columns, ask.Group = []string{schema.As(schema.Call("toInt64", s.bucket()), "beacon_minute")}, []string{"beacon_minute"}
	var minute int64
	return s.Rows(ctx, "looking for gaps", ask, []any{&minute}, func() error {
		s.found.Minute(minute)
		return nil
	})
}

// class is the columns of an address's class, and what they are scanned into.
type class struct {
	given, network uint8
	octet          uint16
}

func (s *survey) class(x string) []string {
	network := []string{}
	for i, p := range netset.Default().Prefixes() {
		set := new(netset.Set)
		set.Add(p)
		if in := s.Src.In(x, set); in != "" {
			network = append(network, in, fmt.Sprint(i+1))
		}
	}
	return []string{
		schema.Call("toUInt8", schema.IsTrue(s.Src.In(x, s.opt.Internal), schema.Never)),
		schema.Call("toUInt8", schema.Call("multiIf", append(network, "0")...)),
		schema.Call("toUInt16", s.Src.Octet(x)),
	}
}

func (c *class) dest() []any { return []any{&c.given, &c.network, &c.octet} }

func (c *class) class() inspect.Class {
	known := inspect.Class{Given: c.given != 0, Default: int(c.network), IPv4: c.octet < schema.NoOctet}
	if known.IPv4 {
		known.Octet = uint8(c.octet)
	}
	return known
}

// numbered gives columns names with a common beginning.
func numbered(columns []string, beginning string) (list, names []string) {
	for i, c := range columns {
		name := fmt.Sprint(beginning, i)
		list, names = append(list, schema.As(c, name)), append(names, name)
	}
	return list, names
}

// directions counts the flows by the classes of their ends.
func (s *survey) directions(ctx context.Context) error {
	ask := s.statement()
	ask.Columns, ask.Group = numbered(append(s.class(s.Src.Name), s.class(s.Dst.Name)...), "beacon_class")
	ask.Columns = append(ask.Columns, schema.Call("toInt64", schema.Call("count")))
	var src, dst class
	var n int64
	return s.Rows(ctx, "counting flows by network", ask, append(append(src.dest(), dst.dest()...), &n), func() error {
		s.found.Flows(src.class(), dst.class(), n)
		return nil
	})
}

// addresses counts the addresses by class.
func (s *survey) addresses(ctx context.Context) error {
	inner := s.statement()
	inner.With = s.ends()
	const end = "beacon_end"
	element := func(i int) string { return schema.Call("tupleElement", end, fmt.Sprint(i)) }
	inner.Columns = []string{schema.As(schema.Call("arrayJoin", fmt.Sprintf("[(%s, 1, 0), (%s, 0, 1)]", s.Src.Name, s.Dst.Name)), end)}
	inner.Settings = nil
	once := &schema.Statement{From: inner.Within(), Columns: []string{schema.As(element(1), "beacon_address"),
		schema.As(schema.Call("max", element(2)), "beacon_source"), schema.As(schema.Call("max", element(3)), "beacon_destination")}, Group: []string{"beacon_address"}}
	ask := &schema.Statement{From: once.Within(), Settings: s.question.settings, Sets: s.Src.Sets}
	ask.Columns, ask.Group = numbered(s.class("beacon_address"), "beacon_class")
	for _, sum := range []string{schema.Call("count"), schema.Call("sum", "beacon_source"), schema.Call("sum", "beacon_destination")} {
		ask.Columns = append(ask.Columns, schema.Call("toInt64", sum))
	}
	var of class
	var n, sources, destinations int64
	return s.Rows(ctx, "counting addresses", ask, append(of.dest(), &n, &sources, &destinations), func() error {
		s.found.Addresses(of.class(), n, sources, destinations)
		return nil
	})
}

// destinations finds the busiest destinations.
func (s *survey) destinations(ctx context.Context) error {
	ask := s.statement()
	bytes := "toInt64(0)"
	if s.Bytes != "" {
		bytes = schema.Call("toInt64", schema.Call("sum", s.Bytes))
	}
	ask.Columns = []string{s.Dst.Name, schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_flows"), schema.As(bytes, "beacon_bytes")}
	ask.Group = []string{s.Dst.Name}
	isOther := fmt.Sprintf("%s = %d", s.Dst.Octet(s.Dst.Name), schema.NoOctet) // IPv4 stands first
	ask.Order, ask.Limit = []string{"beacon_flows DESC", "beacon_bytes DESC", isOther, s.Dst.Name}, inspect.Busiest
	dst := schema.Cell{Encoding: s.Dst.Encoding}
	var flows, sum int64
	return s.Rows(ctx, "finding the busiest destinations", ask, []any{dst.Dest(), &flows, &sum}, func() error {
		s.found.Destination(dst.Host(), flows, sum)
		return nil
	})
}
