package clickhouse

import (
	"fmt"
	"net/netip"
	"strconv"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/combine"
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
	names    *named.Flows     // nil where destinations are addresses
	base     *question        // of destinations of all kinds, the one about the flows; otherwise nil
	apart    string           // condition of a destination that is part of no rotation
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
	if x.base != nil {
		return append(append(x.base.ends(), x.base.hosts()...), schema.As(x.Dst.Key, x.Dst.Name))
	}
	for _, end := range []schema.Address{x.Src, x.Dst} {
		if end.Name != end.Key {
			with = append(with, schema.As(end.Key, end.Name))
		}
	}
	if x.names != nil {
		with = append(with, x.names.With(x.Dst, x.internal)...)
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
	if x.names != nil && x.query.By.Has(beacon.ByDomain) && x.Port != "" {
		add("names of DNS queries, for the public suffixes that they end with", x.askedNames())
	}
	return append(list, x.byHost().hostTexts()...)
}

// hostTexts returns the statements that group by destination, as texts does.
func (x *question) hostTexts() (list []string) {
	add := func(why string, s *schema.Statement) { list = append(list, "-- "+why+"\n"+s.String()) }
	if x.query.Rules.Has(beacon.EveryRhythm) {
		if x.base != nil {
			add("addresses that are called by name, which are part of no rotation", x.base.addressesCalled())
		}
		add("pairs by source, by its port and by service", x.census())
		add("destinations of a few of the calls, for the bounds of blocks", x.sampledDestinations())
		add("times of the pairs that can be judged, in blocks", x.callTimes(x.Dst.Name+" >= /* a bound */ AND "+x.Dst.Name+" < /* the next */"))
		add("calls of the pairs that these times leave open", x.calls(schema.Call("", x.Src.Name, x.Dst.Name)+" IN (/* the pairs */)"))
		add("times of who may have a rotation, or is drawn", x.pairTimes(portName+" = /* a port */ AND "+x.Src.Name+" IN (/* its callers */)", combine.LeastTurn))
		if x.Duration != "" {
			add("longest flows", x.flows().long())
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
		count(x.leftOut(counted), "beacon_left"),
		schema.As(weight, "beacon_sampling"),
	}
	return s
}

// leftOut returns the condition of a flow that meets another condition and is left out for
// the name that it has besides alone.
func (x *question) leftOut(condition string) string {
	if left := x.names.Left(); left != "" {
		return schema.All(condition, x.outward(), left)
	}
	return schema.Never
}

// outboundFlows counts the outbound flows, those with no internal end, and those that are
// left out for their names alone.
func (x *question) outboundFlows() *schema.Statement {
	s := x.statement()
	neither := schema.All(schema.Not(x.srcInternal()), schema.Not(x.dstInternal()), schema.Not(x.excluded()))
	s.Columns = []string{schema.Call("toInt64", schema.Call("countIf", x.outbound())), schema.Call("toInt64", schema.Call("countIf", neither)),
		schema.Call("toInt64", schema.Call("countIf", x.leftOut("")))}
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
	s.Columns, s.Limit = []string{schema.Call("toInt64", x.Time.Name()), x.Src.Name, x.self().Name}, tickSample
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
		schema.Call("argMin", x.Src.Name, t), schema.Call("argMin", x.self().Name, t), x.failedTicks(t, known.times), x.failedTicks(sinceTick(t, first), known.apart),
	}
	s.Group = []string{"beacon_day"}
	return s
}

// self returns the destination of a flow as it stands, an address or a name.
func (x *question) self() schema.Address {
	if x.names == nil {
		return x.Dst
	}
	self := x.Dst.AsHosts("")
	self.Name = schema.Call("if", named.Asked+" = ''", x.Dst.Host(), schema.NameKey(named.Asked))
	return self
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
		either := schema.AnyOf(x.Src.In(x.Src.Name, set), x.names.Either(x.Dst.In(x.Dst.Name, set), ""))
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
	s.With = append(x.ends(), schema.As(x.Src.Octet(x.Src.Name), "beacon_src_octet"), schema.As(x.dstOctet(), "beacon_dst_octet"))
	ends := schema.Call("if", "beacon_src_octet = beacon_dst_octet", "[beacon_src_octet]", "[beacon_src_octet, beacon_dst_octet]")
	s.Columns = []string{schema.As(schema.Call("arrayJoin", ends), "beacon_octet"), schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_flows")}
	s.Where = schema.All(s.Where, schema.Not(x.excluded()))
	s.Group = []string{"beacon_octet"}
	return s
}

// dstOctet returns the first octet of the destination's address.
func (x *question) dstOctet() string {
	octet := x.Dst.Octet(x.Dst.Name)
	if x.names == nil {
		return octet
	}
	return schema.Call("if", named.Own+" = ''", octet, schema.Call("toUInt16", fmt.Sprint(schema.NoOctet)))
}
