package clickhouse

import (
	"fmt"
	"net/netip"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// question holds a query and the table that it is about; its methods return the
// SQL statements.
type question struct {
	*table
	version
	query    *beacon.Query
	internal *netset.Set
	settings []setting
	before   bool // there are times before the epoch
}

// What the statements call a flow's parts. All names of ours begin with beacon_,
// for an alias hides a column of the same name.
const (
	srcName  = "beacon_src"
	dstName  = "beacon_dst"
	timeName = "beacon_time" // in ticks of the table's clock
)

func (x *question) statement() *statement {
	s := &statement{with: x.ends(), from: x.from, where: x.readable(), settings: x.settings, sets: x.src.sets}
	if name := x.time.name(); name == timeName {
		s.with = append(s.with, as(x.time.ticks(), name))
	}
	return s
}

// ends gives the ends of a flow their names, those that aren't columns.
//
// Note: with a name for each column, too, 18.16.1 did not see its primary key in
// the conditions, and read 24.4 million flows where 9.9 million are enough.
func (x *question) ends() (with []string) {
	for _, end := range []address{x.src, x.dst} {
		if end.name != end.key {
			with = append(with, as(end.key, end.name))
		}
	}
	return with
}

// texts returns the statements in the order in which they are asked. Where one depends
// on an answer, a comment stands.
func (x *question) texts() []string {
	var list []string
	add := func(why string, s *statement) { list = append(list, "-- "+why+"\n"+s.String()) }
	add("totals", x.totals())
	if x.query.Internal == nil {
		add("addresses of each /8, where the default networks don't hold", x.prefixAddresses())
		add("flows of each /8, where the default networks don't hold", x.prefixFlows())
	}
	add("flows by day", x.days(0))
	add("flows with no internal end, by source", x.sites())
	add("distinct addresses", x.addresses())
	if x.query.Rules.Has(beacon.EveryRhythm) {
		add("pairs, judged pairs, sources", x.population())
		add("destinations of a few of the calls, for the bounds of blocks", x.sampledDestinations())
		add("times of the pairs that can be judged, in blocks", x.callTimes(x.dst.name+" >= /* a bound */ AND "+x.dst.name+" < /* the next */"))
		add("calls of the pairs that these times leave open", x.calls(call("", x.src.name, x.dst.name)+" IN (/* the pairs */)"))
		add("callers of the services that these call", x.callers())
		add("pairs of too few calls to be judged", x.fewCalls())
		add("times of who may have a rotation, or is drawn", x.pairTimes(portName+" = /* a port */ AND "+x.src.name+" IN (/* its callers */)", beacon.LeastTurn))
		if x.duration != "" {
			add("longest flows", x.long())
		}
	}
	if !x.query.Rules.Has(beacon.EveryMinute) {
		return list
	}
	add("slots of each destination", x.fold())
	add("sources, series and more of the flagged destinations", x.evidence(x.dst.name+" IN (/* the flagged destinations */)"))
	return list
}

// within returns the condition of the query's bounds of time, and the analyst's own.
func (x *question) within() string {
	return all(x.time.between(x.query.From, x.query.To), x.filter)
}

// readable returns the condition of a flow that counts: within the bounds, with
// addresses.
func (x *question) readable() string {
	return all(x.within(), not(x.other), not(x.badTime), not(x.src.bad), not(x.dst.bad))
}

func (x *question) excluded() string {
	return anyOf(x.src.in(x.src.name, x.query.Exclude), x.dst.in(x.dst.name, x.query.Exclude))
}

// Note: these conditions as names behind WITH made the statements a quarter as
// long, but 18.16.1 fails on them with std::bad_typeid where it looks at the
// primary key.
func (x *question) srcInternal() string { return isTrue(x.src.in(x.src.name, x.internal), never) }
func (x *question) dstInternal() string { return isTrue(x.dst.in(x.dst.name, x.internal), never) }

// outbound returns the condition of a flow from an internal to an external address,
// neither of them left out.
func (x *question) outbound() string {
	return all(x.srcInternal(), not(x.dstInternal()), not(x.excluded()))
}

// totals counts flows: all, excluded, outbound, those with an internal end; first and last tick; the largest weight; replies; long flows; and
// records that can't be read or have no addresses.
func (x *question) totals() *statement {
	s := x.statement()
	unreadable := anyOf(x.badTime, x.src.bad, x.dst.bad)
	counted := all(not(x.other), not(unreadable))
	s.where = x.within()
	count := func(condition, name string) string {
		return as(call("toInt64", call("countIf", isTrue(condition, always))), name)
	}
	inInternal := all(counted, anyOf(x.srcInternal(), x.dstInternal()), not(x.excluded()))
	replies, long := never, never
	if x.srcPort != "" && x.port != "" {
		replies = all(counted, x.outbound(), x.srcPort+" > 0", fmt.Sprintf("%s < %d", x.srcPort, beacon.ServerPorts), fmt.Sprintf("%s >= %d", x.port, beacon.ClientPorts))
	}
	if x.duration != "" {
		long = all(counted, not(x.excluded()), fmt.Sprintf("%s > %d", x.duration, int64(x.query.Bucket)))
	}
	weight := "toInt64(1)"
	if x.weight != "" {
		weight = call("toInt64", call("max", x.weight))
	}
	s.columns = []string{
		count(counted, "beacon_flows"),
		as(call("toInt64", call("minIf", x.time.name(), isTrue(counted, always))), "beacon_first"),
		as(call("toInt64", call("maxIf", x.time.name(), isTrue(counted, always))), "beacon_last"),
		count(all(counted, isTrue(x.excluded(), never)), "beacon_excluded"),
		count(all(counted, x.outbound()), "beacon_outbound"),
		count(inInternal, "beacon_in_internal"),
		count(isTrue(all(unreadable, not(x.other)), never), "beacon_bad"),
		count(isTrue(x.other, never), "beacon_other"),
		count(replies, "beacon_replies"),
		count(long, "beacon_long"),
		as(weight, "beacon_sampling"),
	}
	return s
}

// outboundFlows counts the outbound flows, and those with no internal end.
func (x *question) outboundFlows() *statement {
	s := x.statement()
	neither := all(not(x.srcInternal()), not(x.dstInternal()), not(x.excluded()))
	s.columns = []string{call("toInt64", call("countIf", x.outbound())), call("toInt64", call("countIf", neither))}
	return s
}

// days counts the flows of each day, with the first and last tick, the ends of an earliest
// flow, and a bit for each of beacon.Ticks that not all times, and not all of their
// distances from the given tick, are multiples of.
func (x *question) days(first int64) *statement {
	s := x.statement()
	t := x.time.name()
	failed := func(value string) string { // a bit for each of beacon.Ticks that the value is no multiple of
		bits := "toUInt64(0)"
		for i, tick := range beacon.Ticks {
			if step := int64(tick) / x.time.tick(); int64(tick)%x.time.tick() == 0 && step > 1 {
				bits = call("bitOr", bits, call("bitShiftLeft", call("toUInt64", fmt.Sprintf("%s %% %d != 0", value, step)), fmt.Sprint(i)))
			}
		}
		return call("groupBitOr", bits)
	}
	s.columns = []string{
		as(call("toInt64", x.time.bucket(t, int64(beacon.DayLength), x.before)), "beacon_day"),
		call("toInt64", call("count")), call("toInt64", call("min", t)), call("toInt64", call("max", t)),
		call("argMin", x.src.name, t), call("argMin", x.dst.name, t), failed(t), failed(fmt.Sprintf("(toInt64(%s) - toInt64(%d))", t, first)),
	}
	s.group = []string{"beacon_day"}
	return s
}

// sites counts the flows with no internal end, by the source's address.
func (x *question) sites() *statement {
	s := x.statement()
	s.where = all(s.where, not(x.srcInternal()), not(x.dstInternal()), not(x.excluded()))
	s.columns = []string{x.src.name, as(call("toInt64", call("count")), "beacon_flows")}
	s.group = []string{x.src.name}
	s.order = []string{"beacon_flows DESC"}
	s.limit = 1000 // the warning names the largest site: that of the largest sources
	return s
}

// distinct returns every address of a flow, once.
func (x *question) distinct() *statement {
	s := x.statement()
	s.with = x.ends()
	s.columns = []string{as(call("arrayJoin", "["+x.src.name+", "+x.dst.name+"]"), "beacon_address")}
	s.group = []string{"beacon_address"}
	s.settings = nil
	return s
}

// addresses counts the distinct addresses, and the internal ones that are not
// excluded.
func (x *question) addresses() *statement {
	internal := all(isTrue(x.src.in("beacon_address", x.internal), never), not(x.src.in("beacon_address", x.query.Exclude)))
	return &statement{
		columns:  []string{as(call("toInt64", call("count")), "beacon_addresses"), as(call("toInt64", call("countIf", internal)), "beacon_internal_hosts")},
		from:     x.distinct().within(),
		settings: x.settings, sets: x.src.sets,
	}
}

// prefixAddresses counts the distinct addresses of each /8.
func (x *question) prefixAddresses() *statement {
	return &statement{
		columns: []string{as(x.src.octet("beacon_address"), "beacon_octet"), as(call("toInt64", call("count")), "beacon_addresses")},
		from:    x.distinct().within(), where: not(x.src.in("beacon_address", x.query.Exclude)),
		group: []string{"beacon_octet"}, settings: x.settings, sets: x.src.sets,
	}
}

// prefixFlows counts the flows with an end in each /8.
func (x *question) prefixFlows() *statement {
	s := x.statement()
	s.with = append(x.ends(), as(x.src.octet(x.src.name), "beacon_src_octet"), as(x.dst.octet(x.dst.name), "beacon_dst_octet"))
	ends := call("if", "beacon_src_octet = beacon_dst_octet", "[beacon_src_octet]", "[beacon_src_octet, beacon_dst_octet]")
	s.columns = []string{as(call("arrayJoin", ends), "beacon_octet"), as(call("toInt64", call("count")), "beacon_flows")}
	s.where = all(s.where, not(x.excluded()))
	s.group = []string{"beacon_octet"}
	return s
}

func (x *question) bucket() string {
	return x.time.bucket(x.time.name(), int64(x.query.Bucket), x.before)
}

// maxBits is the most slots that are kept as the bits of a number.
const maxBits = 64

// fold counts the slots of the destinations that have nearly enough, and of
// those that the query names: as the bits of a number where they fit.
func (x *question) fold() *statement {
	s := x.statement()
	s.where = all(s.where, x.outbound())
	cycle := x.query.CycleSlots()
	slot := remainder(x.bucket(), cycle, x.before)
	if x.query.Span && x.duration != "" {
		slot = remainder(x.spanned(cycle), cycle, x.before)
	}
	count := "beacon_slots"
	if cycle <= maxBits {
		s.columns = []string{x.dst.name, as(call("groupBitOr", call("bitShiftLeft", "toUInt64(1)", call("toUInt8", slot))), "beacon_slots")}
		count = call("length", call("bitmaskToArray", "beacon_slots"))
		if x.atLeast(20, 3) {
			count = call("bitCount", "beacon_slots")
		}
	} else {
		s.columns = []string{x.dst.name, as(call("uniqExact", call("toUInt16", slot)), "beacon_slots")}
	}
	s.group = []string{x.dst.name}
	s.having = anyOf(fmt.Sprintf("%s >= %d", count, beacon.NearMiss(x.query.Slots)), x.dst.oneOf(x.dst.name, x.query.Only))
	return s
}

// spanned returns each bucket that a flow lasts through, a row for each, at most a
// cycle of them.
func (x *question) spanned(cycle int) string {
	first := call("toInt64", x.bucket())
	inNs := x.time
	inNs.kind, inNs.unit = epoch, 1
	end := fmt.Sprintf("toInt64(%s) * %d + greatest(%s, 0)", x.time.name(), x.time.tick(), x.duration)
	last := inNs.bucket("("+end+")", int64(x.query.Bucket), x.before)
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
func (x *question) evidence(flagged string) *statement {
	s := x.statement()
	s.where = all(flagged, s.where, x.outbound())
	parts := []int{sourcePart, seriesPart}
	number := []string{fmt.Sprintf("beacon_part = %d", seriesPart), call("toInt64", x.bucket())}
	if x.wants(flow.Port, x.port) {
		parts = append(parts, portPart)
		number = append(number, fmt.Sprintf("beacon_part = %d", portPart), call("toInt64", x.port))
	}
	name := text("")
	if x.wants(flow.Name, x.name) {
		parts = append(parts, namePart)
		name = call("if", fmt.Sprintf("beacon_part = %d", namePart), x.name, text(""))
	}
	bytes, flows := "toInt64(0)", call("toInt64", call("count"))
	if x.weight != "" {
		flows = call("toInt64", call("sum", x.weight))
	}
	if x.wants(flow.Bytes, x.bytes) {
		bytes = x.bytes
		if x.weight != "" {
			bytes = fmt.Sprintf("(%s) * %s", bytes, x.weight)
		}
		bytes = call("toInt64", call("sum", bytes))
	}
	nowhere, _ := x.src.literal(netip.IPv4Unspecified())
	s.columns = []string{
		x.dst.name,
		as(call("arrayJoin", fmt.Sprint("[", joinInts(parts), "]")), "beacon_part"),
		as(call("if", fmt.Sprintf("beacon_part = %d", sourcePart), x.src.name, nowhere), "beacon_source"),
		as(call("multiIf", append(number, "toInt64(0)")...), "beacon_number"),
		as(name, "beacon_name"),
		as(flows, "beacon_flows"),
		as(bytes, "beacon_bytes"),
		as(call("toInt64", call("min", x.time.name())), "beacon_first"),
		as(call("toInt64", call("max", x.time.name())), "beacon_last"),
	}
	s.group = []string{x.dst.name, "beacon_part", "beacon_source", "beacon_number", "beacon_name"}
	return s
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
