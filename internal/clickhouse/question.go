package clickhouse

import (
	"fmt"
	"net/netip"
	"strconv"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/netset"
	"beacon/internal/timespan"
)

// question holds a query and the table that it is about; its methods return the
// SQL statements.
type question struct {
	*schema.Table
	schema.Version
	query    *beacon.Query
	internal *netset.Set
	settings []schema.Setting
	spill    []schema.Setting // of statements whose state may go to the server's disk
	most     []schema.Setting // of a count of addresses
	before   bool             // there are times before the epoch
}

func (x *question) statement() *schema.Statement {
	s := &schema.Statement{With: x.ends(), From: x.From, Where: x.readable(), Settings: x.settings, Sets: x.Src.Sets}
	if name := x.Time.Name(); name == schema.TimeName {
		s.With = append(s.With, schema.As(x.Time.Ticks(), name))
	}
	return s
}

// ends gives the ends of a flow their names, those that aren't columns.
//
// Note: with a name for each column, too, 18.16.1 did not see its primary key in
// the conditions, and read 24.4 million flows where 9.9 million are enough.
func (x *question) ends() (with []string) {
	for _, end := range []schema.Address{x.Src, x.Dst} {
		if end.Name != end.Key {
			with = append(with, schema.As(end.Key, end.Name))
		}
	}
	return with
}

// texts returns the statements in the order in which they are asked. Where one depends
// on an answer, a comment stands.
func (x *question) texts() []string {
	var list []string
	add := func(why string, s *schema.Statement) { list = append(list, "-- "+why+"\n"+s.String()) }
	add("totals", x.totals())
	if x.query.Internal == nil {
		add("addresses of each /8, where the default networks don't hold", x.prefixAddresses())
		add("flows of each /8, where the default networks don't hold", x.prefixFlows())
	}
	add("times of a few flows, for the resolutions of the clock that they rule out", x.sampledTimes())
	add("flows by day", x.days(0, failed{}))
	add("flows with no internal end, by source", x.sites())
	add("distinct addresses", x.addresses())
	add("about how many they are, where they are too many to count", x.manyAddresses())
	if list := x.named(); len(list) > 0 {
		add("flows of each network of the query", x.networks(list))
	}
	if x.query.Rules.Has(beacon.EveryRhythm) {
		add("pairs by source, by its port and by service", x.census())
		add("destinations of a few of the calls, for the bounds of blocks", x.sampledDestinations())
		add("times of the pairs that can be judged, in blocks", x.callTimes(x.Dst.Name+" >= /* a bound */ AND "+x.Dst.Name+" < /* the next */"))
		add("calls of the pairs that these times leave open", x.calls(schema.Call("", x.Src.Name, x.Dst.Name)+" IN (/* the pairs */)"))
		add("times of who may have a rotation, or is drawn", x.pairTimes(portName+" = /* a port */ AND "+x.Src.Name+" IN (/* its callers */)", beacon.LeastTurn))
		if x.Duration != "" {
			add("longest flows", x.long())
		}
	}
	if x.query.Rules.Has(beacon.EveryLong) && x.Duration != "" {
		add("sources and destinations whose connections may last", x.lasting())
		add("their flows", x.calls(schema.Call("", x.Src.Name, x.Dst.Name)+" IN (/* these */)"))
	}
	if !x.query.Rules.Has(beacon.EveryMinute) {
		return list
	}
	add("slots of each destination", x.fold())
	add("sources, series and more of the flagged destinations", x.evidence(x.Dst.Name+" IN (/* the flagged destinations */)"))
	return list
}

// totals counts flows: all, excluded, outbound, those with an internal end; first and last tick; the largest weight; replies; long flows; and
// records that can't be read or have no addresses.
func (x *question) totals() *schema.Statement {
	s := x.statement()
	unreadable := schema.AnyOf(x.BadTime, x.Src.Bad, x.Dst.Bad)
	counted := schema.All(schema.Not(x.Other), schema.Not(unreadable))
	s.Where = x.within()
	count := func(condition, name string) string {
		return schema.As(schema.Call("toInt64", schema.Call("countIf", schema.IsTrue(condition, schema.Always))), name)
	}
	inInternal := schema.All(counted, schema.AnyOf(x.srcInternal(), x.dstInternal()), schema.Not(x.excluded()))
	replies, long := schema.Never, schema.Never
	if x.SrcPort != "" && x.Port != "" {
		replies = schema.All(counted, x.outbound(), x.SrcPort+" > 0", fmt.Sprintf("%s < %d", x.SrcPort, beacon.ServerPorts), fmt.Sprintf("%s >= %d", x.Port, beacon.ClientPorts))
	}
	if x.Duration != "" {
		long = schema.All(counted, schema.Not(x.excluded()), fmt.Sprintf("%s > %d", x.Duration, int64(x.query.Bucket)))
	}
	weight := "toInt64(1)"
	if x.Weight != "" {
		weight = schema.Call("toInt64", schema.Call("max", x.Weight))
	}
	s.Columns = []string{
		count(counted, "beacon_flows"),
		schema.As(schema.Call("toInt64", schema.Call("minIf", x.Time.Name(), schema.IsTrue(counted, schema.Always))), "beacon_first"),
		schema.As(schema.Call("toInt64", schema.Call("maxIf", x.Time.Name(), schema.IsTrue(counted, schema.Always))), "beacon_last"),
		count(schema.All(counted, schema.IsTrue(x.excluded(), schema.Never)), "beacon_excluded"),
		count(schema.All(counted, x.outbound()), "beacon_outbound"),
		count(inInternal, "beacon_in_internal"),
		count(schema.IsTrue(schema.All(unreadable, schema.Not(x.Other)), schema.Never), "beacon_bad"),
		count(schema.IsTrue(x.Other, schema.Never), "beacon_other"),
		count(replies, "beacon_replies"),
		count(long, "beacon_long"),
		schema.As(weight, "beacon_sampling"),
	}
	return s
}

// outboundFlows counts the outbound flows, and those with no internal end.
func (x *question) outboundFlows() *schema.Statement {
	s := x.statement()
	neither := schema.All(schema.Not(x.srcInternal()), schema.Not(x.dstInternal()), schema.Not(x.excluded()))
	s.Columns = []string{schema.Call("toInt64", schema.Call("countIf", x.outbound())), schema.Call("toInt64", schema.Call("countIf", neither))}
	return s
}

// failedTicks returns a number with a bit for each of timespan.Ticks that a value, in ticks
// of the table's clock, is in some row no multiple of. Those in known are left out.
func (x *question) failedTicks(value string, known uint64) string {
	bits := "toUInt64(0)"
	for i, tick := range timespan.Ticks {
		if step := int64(tick) / x.Time.Tick(); known&(1<<i) == 0 && int64(tick)%x.Time.Tick() == 0 && step > 1 {
			bits = schema.Call("bitOr", bits, schema.Call("bitShiftLeft", schema.Call("toUInt64", fmt.Sprintf("%s %% %d != 0", value, step)), fmt.Sprint(i)))
		}
	}
	return schema.Call("groupBitOr", bits)
}

// failed is the bits of the ticks that not all times, and not all of their distances from
// a given one, are multiples of.
type failed struct{ times, apart uint64 }

func sinceTick(t string, first int64) string {
	return fmt.Sprintf("(toInt64(%s) - toInt64(%d))", t, first)
}

// tickSample is how many flows are looked at for ticks that can be left out of days: of
// times that aren't rounded a few hundred fail all.
const tickSample = 1000

// sampledTimes returns the times of a few of the flows, in ticks, with their ends.
//
// Note: without the ends, 18.16.1 can't read a distributed table FINAL: it misses columns
// of the sorting key that the statement doesn't name.
func (x *question) sampledTimes() *schema.Statement {
	s := x.statement()
	s.Columns, s.Limit = []string{schema.Call("toInt64", x.Time.Name()), x.Src.Name, x.Dst.Name}, tickSample
	return s
}

// fail adds the ticks that a number of the clock's own ticks is no multiple of.
func (x *question) fail(known uint64, value int64) uint64 {
	for i, tick := range timespan.Ticks {
		if step := int64(tick) / x.Time.Tick(); int64(tick)%x.Time.Tick() == 0 && step > 1 && value%step != 0 {
			known |= 1 << i
		}
	}
	return known
}

// days counts the flows of each day, with the first and last tick, the ends of an earliest
// flow, and the ticks that fail besides those known.
//
// Note: with all ticks tested on every flow this was half of the cost of a query: 340 of
// 690 ns a flow on 18.16.1.
func (x *question) days(first int64, known failed) *schema.Statement {
	s := x.statement()
	t := x.Time.Name()
	s.Columns = []string{
		schema.As(schema.Call("toInt64", x.Time.Bucket(t, int64(timespan.DayLength), x.before)), "beacon_day"),
		schema.Call("toInt64", schema.Call("count")), schema.Call("toInt64", schema.Call("min", t)), schema.Call("toInt64", schema.Call("max", t)),
		schema.Call("argMin", x.Src.Name, t), schema.Call("argMin", x.Dst.Name, t), x.failedTicks(t, known.times), x.failedTicks(sinceTick(t, first), known.apart),
	}
	s.Group = []string{"beacon_day"}
	return s
}

// sites counts the flows with no internal end, by the source's address.
func (x *question) sites() *schema.Statement {
	s := x.statement()
	s.Where = schema.All(s.Where, schema.Not(x.srcInternal()), schema.Not(x.dstInternal()), schema.Not(x.excluded()))
	s.Columns = []string{x.Src.Name, schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_flows")}
	s.Group = []string{x.Src.Name}
	s.Order = []string{"beacon_flows DESC"}
	s.Limit = 1000 // the warning names the largest site: that of the largest sources
	return s
}

// named returns the networks of the query that are looked for in the table. One alone holds
// all that is internal, and isn't.
func (x *question) named() []netip.Prefix {
	if len(x.query.Internal.Prefixes()) < 2 {
		return nil
	}
	return x.query.Internal.Named(beacon.NamedNetworks)
}

// networks counts the flows with an end in each of some networks.
func (x *question) networks(list []netip.Prefix) *schema.Statement {
	s := x.statement()
	for i, p := range list {
		set := new(netset.Set)
		set.Add(p)
		either := schema.AnyOf(x.Src.In(x.Src.Name, set), x.Dst.In(x.Dst.Name, set))
		s.Columns = append(s.Columns, schema.As(schema.Call("toInt64", schema.Call("countIf", either)), "beacon_network_"+strconv.Itoa(i)))
	}
	return s
}

// prefixAddresses counts the distinct addresses of each /8.
func (x *question) prefixAddresses() *schema.Statement {
	return &schema.Statement{
		Columns: []string{schema.As(x.Src.Octet("beacon_address"), "beacon_octet"), schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_addresses")},
		From:    x.distinct().Within(), Where: schema.Not(x.Src.In("beacon_address", x.query.Exclude)),
		Group: []string{"beacon_octet"}, Settings: x.settings, Sets: x.Src.Sets,
	}
}

// prefixFlows counts the flows with an end in each /8.
func (x *question) prefixFlows() *schema.Statement {
	s := x.statement()
	s.With = append(x.ends(), schema.As(x.Src.Octet(x.Src.Name), "beacon_src_octet"), schema.As(x.Dst.Octet(x.Dst.Name), "beacon_dst_octet"))
	ends := schema.Call("if", "beacon_src_octet = beacon_dst_octet", "[beacon_src_octet]", "[beacon_src_octet, beacon_dst_octet]")
	s.Columns = []string{schema.As(schema.Call("arrayJoin", ends), "beacon_octet"), schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_flows")}
	s.Where = schema.All(s.Where, schema.Not(x.excluded()))
	s.Group = []string{"beacon_octet"}
	return s
}

func (x *question) bucket() string {
	return x.Time.Bucket(x.Time.Name(), int64(x.query.Bucket), x.before)
}

// maxBits is the most slots that are kept as the bits of a number.
const maxBits = 64

// fold counts the slots of the destinations that have nearly enough, and of
// those that the query names: as the bits of a number where they fit.
func (x *question) fold() *schema.Statement {
	s := x.statement()
	s.Where = schema.All(s.Where, x.outbound())
	cycle := x.query.CycleSlots()
	slot := schema.Remainder(x.bucket(), cycle, x.before)
	if x.query.Span && x.Duration != "" {
		slot = schema.Remainder(x.spanned(cycle), cycle, x.before)
	}
	count := "beacon_slots"
	if cycle <= maxBits {
		s.Columns = []string{x.Dst.Name, schema.As(schema.Call("groupBitOr", schema.Call("bitShiftLeft", "toUInt64(1)", schema.Call("toUInt8", slot))), "beacon_slots")}
		count = schema.Call("length", schema.Call("bitmaskToArray", "beacon_slots"))
		if x.AtLeast(20, 3) {
			count = schema.Call("bitCount", "beacon_slots")
		}
	} else {
		s.Columns = []string{x.Dst.Name, schema.As(schema.Call("uniqExact", schema.Call("toUInt16", slot)), "beacon_slots")}
	}
	s.Group = []string{x.Dst.Name}
	s.Having = schema.AnyOf(fmt.Sprintf("%s >= %d", count, beacon.NearMiss(x.query.Slots)), x.Dst.OneOf(x.Dst.Name, x.query.Only))
	return s
}

// spanned returns each bucket that a flow lasts through, a row for each, at most a
// cycle of them.
func (x *question) spanned(cycle int) string {
	first := schema.Call("toInt64", x.bucket())
	inNs := x.Time
	inNs.Kind, inNs.Unit = schema.Epoch, 1
	end := fmt.Sprintf("toInt64(%s) * %d + greatest(%s, 0)", x.Time.Name(), x.Time.Tick(), x.Duration)
	last := inNs.Bucket("("+end+")", int64(x.query.Bucket), x.before)
	return fmt.Sprintf("(%s + arrayJoin(range(toUInt32(least(%s - %s, %d)) + 1)))", first, last, first, cycle-1)
}

// The parts of the evidence about a destination.
const (
	sourcePart = 1 + iota
	seriesPart
	portPart
	namePart
)

// evidence returns all about the flagged destinations, in one reading of their flows
// (GROUPING SETS by hand, for older servers have none): a row for each source,
// each bucket, each port and each name.
func (x *question) evidence(flagged string) *schema.Statement {
	s := x.statement()
	s.Where = schema.All(flagged, s.Where, x.outboundTo())
	parts, number := []int{sourcePart}, []string{}
	if !x.query.Brief {
		parts = append(parts, seriesPart)
		number = append(number, fmt.Sprintf("beacon_part = %d", seriesPart), schema.Call("toInt64", x.bucket()))
	}
	if x.wants(flow.Port, x.Port) {
		parts = append(parts, portPart)
		number = append(number, fmt.Sprintf("beacon_part = %d", portPart), schema.Call("toInt64", x.Port))
	}
	name := schema.Text("")
	if x.wants(flow.Name, x.Name) {
		parts = append(parts, namePart)
		name = schema.Call("if", fmt.Sprintf("beacon_part = %d", namePart), x.Name, schema.Text(""))
	}
	bytes, flows := "toInt64(0)", schema.Call("toInt64", schema.Call("count"))
	if x.Weight != "" {
		flows = schema.Call("toInt64", schema.Call("sum", x.Weight))
	}
	if x.wants(flow.Bytes, x.Bytes) {
		bytes = x.Bytes
		if x.Weight != "" {
			bytes = fmt.Sprintf("(%s) * %s", bytes, x.Weight)
		}
		bytes = schema.Call("toInt64", schema.Call("sum", bytes))
	}
	nowhere, _ := x.Src.Literal(netip.IPv4Unspecified())
	s.Columns = []string{
		x.Dst.Name,
		schema.As(schema.Call("arrayJoin", fmt.Sprint("[", joinInts(parts), "]")), "beacon_part"),
		schema.As(schema.Call("if", fmt.Sprintf("beacon_part = %d", sourcePart), x.Src.Name, nowhere), "beacon_source"),
		schema.As(choose(number, "toInt64(0)"), "beacon_number"),
		schema.As(name, "beacon_name"),
		schema.As(flows, "beacon_flows"),
		schema.As(bytes, "beacon_bytes"),
		schema.As(schema.Call("toInt64", schema.Call("min", x.Time.Name())), "beacon_first"),
		schema.As(schema.Call("toInt64", schema.Call("max", x.Time.Name())), "beacon_last"),
	}
	s.Group = []string{x.Dst.Name, "beacon_part", "beacon_source", "beacon_number", "beacon_name"}
	return s
}

// choose returns the value of the first condition that holds, of a list of both in turn.
func choose(cases []string, otherwise string) string {
	if len(cases) == 0 {
		return otherwise
	}
	return schema.Call("multiIf", append(cases, otherwise)...)
}

// wants reports whether the query wants evidence of a column that the table has.
func (x *question) wants(c flow.Column, expression string) bool {
	return x.query.Want.Has(c) && expression != ""
}

func joinInts(list []int) string {
	s := fmt.Sprint(list[0])
	for _, n := range list[1:] {
		s += fmt.Sprint(", ", n)
	}
	return s
}
