package clickhouse

import (
	"net/netip"
	"slices"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// within returns the condition of the query's bounds of time, and the analyst's own.
func (x *question) within() string {
	return schema.All(x.Time.Between(x.query.From, x.query.To), x.Filter)
}

// readable returns the condition of a flow that counts: within the bounds, with
// addresses.
func (x *question) readable() string {
	return schema.All(x.within(), schema.Not(x.Other), schema.Not(x.BadTime), schema.Not(x.Src.Bad), schema.Not(x.Dst.Bad))
}

func (x *question) excluded() string {
	return schema.AnyOf(x.Src.In(x.Src.Name, x.query.Exclude), x.Dst.In(x.Dst.Name, x.query.Exclude))
}

// Note: these conditions as names behind WITH made the statements a quarter as
// long, but 18.16.1 fails on them with std::bad_typeid where it looks at the
// primary key.
func (x *question) srcInternal() string {
	return schema.IsTrue(x.Src.In(x.Src.Name, x.internal), schema.Never)
}
func (x *question) dstInternal() string {
	return schema.IsTrue(x.Dst.In(x.Dst.Name, x.internal), schema.Never)
}

// outbound returns the condition of a flow from an internal to an external address,
// neither of them left out.
func (x *question) outbound() string {
	src, dst := x.excludedEnds()
	return schema.All(x.srcInternal(), schema.Not(x.dstInternal()), schema.Not(schema.AnyOf(src, dst)))
}

// outboundTo returns the condition that a flow to a destination that outbound flows have is
// one of them.
func (x *question) outboundTo() string {
	src, _ := x.excludedEnds()
	return schema.All(x.srcInternal(), schema.Not(src))
}

// fewInternal is how many internal networks each excluded one is compared with.
const fewInternal = 64

// excludedEnds returns the conditions that a source that is internal is excluded, and a
// destination that isn't.
func (x *question) excludedEnds() (src, dst string) {
	sources, destinations := endsIn(x.query.Exclude, x.internal)
	return x.Src.In(x.Src.Name, sources), x.Dst.In(x.Dst.Name, destinations)
}

// endsIn returns the part of the excluded networks that may have internal addresses, and the
// part that may have others: the ends of outbound flows are looked up in fewer networks.
func endsIn(excluded, internal *netset.Set) (sources, destinations *netset.Set) {
	within := internal.Prefixes()
	if len(within) > fewInternal || internal.Except() != nil || excluded.Except() != nil {
		return excluded, excluded
	}
	sources, destinations = new(netset.Set), new(netset.Set)
	for _, p := range excluded.Prefixes() {
		if slices.ContainsFunc(within, p.Overlaps) {
			sources.Add(p)
		}
		if !slices.ContainsFunc(within, func(in netip.Prefix) bool { return in.Overlaps(p) && in.Bits() <= p.Bits() }) {
			destinations.Add(p)
		}
	}
	return sources, destinations
}
