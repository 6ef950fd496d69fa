package clickhouse

import (
	"net/netip"
	"slices"

	"beacon/internal/clickhouse/named"
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
	return schema.All(x.within(), schema.Not(x.Other), schema.Not(x.BadTime), schema.Not(x.Src.Bad), schema.Not(x.flows().Dst.Bad))
}

// excluded returns the condition that an end of a flow is left out.
func (x *question) excluded() string {
	dst, out := x.flows().Dst, x.query.Exclude
	return schema.AnyOf(x.Src.In(x.Src.Name, out), x.names.Either(dst.In(dst.Name, out), named.In(named.Own, out)))
}

// Note: these conditions as names behind WITH made the statements a quarter as
// long, but 18.16.1 fails on them with std::bad_typeid where it looks at the
// primary key.
func (x *question) srcInternal() string {
	return schema.IsTrue(x.Src.In(x.Src.Name, x.internal), schema.Never)
}
func (x *question) dstInternal() string {
	dst := x.flows().Dst
	return x.names.Either(schema.IsTrue(dst.In(dst.Name, x.internal), schema.Never), named.Internal(named.Own, x.internal))
}

// outbound returns the condition of a flow from an internal to an external address,
// neither of them left out, nor the name that it has besides, and not from a proxy.
func (x *question) outbound() string {
	return schema.All(x.outward(), schema.Not(x.names.Left()), schema.Not(x.Src.In(x.Src.Name, x.query.Proxies)))
}

// outward returns the condition of a flow from an internal to an external host, neither of
// them left out.
func (x *question) outward() string {
	src, dst := x.excludedEnds()
	return schema.All(x.srcInternal(), schema.Not(x.dstInternal()), schema.Not(schema.AnyOf(src, dst)))
}

// outboundTo returns the condition that a flow to a destination that outbound flows have is
// one of them.
func (x *question) outboundTo() string {
	if x.names != nil { // the flows of a name can go to any address
		return x.outbound()
	}
	src, _ := x.excludedEnds()
	return schema.All(x.srcInternal(), schema.Not(src))
}

// fewInternal is how many internal networks each excluded one is compared with.
const fewInternal = 64

// excludedEnds returns the conditions that a source that is internal is excluded, and a
// destination that isn't.
func (x *question) excludedEnds() (src, dst string) {
	sources, destinations := endsIn(x.query.Exclude, x.internal)
	to := x.flows().Dst
	return x.Src.In(x.Src.Name, sources), x.names.Either(to.In(to.Name, destinations), named.In(named.Own, x.query.Exclude))
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
