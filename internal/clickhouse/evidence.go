package clickhouse

import (
	"fmt"
	"net/netip"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// The statements of the every-minute rule.

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
	lasted := fmt.Sprintf("least(greatest(%s, 0), %d)", x.Duration, int64(x.query.Cycle)) // past that its end may be later than an Int64 holds
	end := fmt.Sprintf("toInt64(%s) * %d + %s", x.Time.Name(), x.Time.Tick(), lasted)
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
	if !x.query.SourcesOnly() {
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
		called := x.Name
		if x.names != nil {
			called = schema.Call("if", schema.IsAddress(x.Dst.Name), named.Alias, schema.Text(""))
		}
		name = schema.Call("if", fmt.Sprintf("beacon_part = %d", namePart), called, schema.Text(""))
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
	nowhere, _ := x.Src.Literal(netset.Host{Addr: netip.IPv4Unspecified()})
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
	return (x.query.Want.Has(c) || x.names != nil && x.names.Judged() && c&(flow.Name|flow.Port) != 0) && expression != ""
}

func joinInts(list []int) string {
	s := fmt.Sprint(list[0])
	for _, n := range list[1:] {
		s += fmt.Sprint(", ", n)
	}
	return s
}
