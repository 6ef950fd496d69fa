package engine

import (
	"net/netip"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/infer"
	"beacon/internal/netset"
)

// What is decided once about a host.
const (
	internal  flow.Tag = 1 << iota
	excluded           // flows with it are left out
	isDefault          // lies in the default internal networks
	isIPv4             // and its first octet stands in the high byte
	isProxy            // flows to it go to the name that they ask for, and it is no source
)

const octetShift = 8

// tagger decides about hosts for a query and an internal network. What is the same for all
// addresses with the same first octet is looked up by that.
//
// Note: four sets asked about each address were a tenth of the CPU where nearly all
// addresses are new, under the lock of the host table.
func tagger(in *netset.Set, q *beacon.Query) func(netset.Host) flow.Tag {
	defaults := netset.Default()
	decide := func(h netset.Host) flow.Tag {
		var tag flow.Tag
		if in.Has(h) || h.IsLocal() {
			tag |= internal
		}
		if q.Exclude.Has(h) {
			tag |= excluded
		}
		if defaults.Has(h) {
			tag |= isDefault
		}
		if q.Proxies.Has(h) {
			tag |= isProxy
		}
		if h.Addr.Is4() {
			tag |= isIPv4 | flow.Tag(h.Addr.As4()[0])<<octetShift
		}
		return tag
	}
	mixed := mixedOctets(in, q.Exclude, defaults, q.Proxies)
	var v4, v6 [256]flow.Tag
	for i := range v4 {
		v4[i] = decide(netset.Host{Addr: netip.AddrFrom4([4]byte{byte(i)})})
		v6[i] = decide(netset.Host{Addr: netip.AddrFrom16([16]byte{byte(i)})})
	}
	return func(h netset.Host) flow.Tag {
		switch {
		case h.Addr.Is4():
			if i := h.Addr.As4()[0]; !mixed[0][i] {
				return v4[i]
			}
		case h.Addr.Is6():
			if i := h.Addr.As16()[0]; !mixed[1][i] {
				return v6[i]
			}
		}
		return decide(h)
	}
}

// mixedOctets returns the first octets, of IPv4 and of IPv6, whose addresses don't all lie in
// the same ones of some sets.
func mixedOctets(sets ...*netset.Set) (mixed [2][256]bool) {
	const octetBits = 8
	for _, set := range sets {
		for ; set != nil; set = set.Except() {
			for _, p := range set.Prefixes() {
				switch {
				case p.Bits() <= octetBits:
				case p.Addr().Is4():
					mixed[0][p.Addr().As4()[0]] = true
				default:
					mixed[1][p.Addr().As16()[0]] = true
				}
			}
		}
	}
	return mixed
}

// networkTally is one worker's part of the evidence for the internal network.
type networkTally struct {
	flows, inDefault int64
	ends             [256]int64 // flows with an end in the /8
}

func (e *networkTally) see(s, d flow.Tag) {
	e.flows++
	if (s|d)&isDefault != 0 {
		e.inDefault++
	}
	if s&isIPv4 != 0 {
		e.ends[s>>octetShift]++
	}
	if d&isIPv4 != 0 && (s&isIPv4 == 0 || s>>octetShift != d>>octetShift) {
		e.ends[d>>octetShift]++
	}
}

// seeBatch sees every flow of a batch that isn't left out.
func (e *networkTally) seeBatch(tags flow.View[flow.Tag], b *flow.Batch) {
	for i, src := range b.Src {
		if s, d := *tags.Get(src), *tags.Get(b.Dst[i]); (s|d)&excluded == 0 {
			e.see(s, d)
		}
	}
}

func (e *networkTally) addTo(sum *infer.Evidence) {
	sum.Flows += e.flows
	sum.InDefault += e.inDefault
	for i, n := range e.ends {
		sum.Prefixes[i].Flows += n
	}
}

// countAddresses counts the distinct addresses of each /8, of those that count.
func countAddresses(hosts *flow.Hosts, sum *infer.Evidence, counts func(id uint32) bool) {
	tags := hosts.Tags()
	for id := range uint32(hosts.Len()) {
		if tag := *tags.Get(id); tag&isIPv4 != 0 && tag&excluded == 0 && counts(id) {
			sum.Prefixes[tag>>octetShift].Addresses++
		}
	}
}
