package inspect

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/infer"
	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Networks is which networks of a log look internal.
type Networks struct {
	Internal []string  `json:"internal"` // those that are, or seem so; none where that can't be told
	Source   string    `json:"source"`   // "given", "default", "inferred", or "" where none is known
	Why      string    `json:"why"`      // that none is known
	Command  string    `json:"command"`  // what to type
	Prefixes []Network `json:"prefixes"` // the internal ones that occur; the largest /8 where none is known
}

// Network is a prefix with what is known of it.
type Network struct {
	Prefix    string `json:"prefix"`
	Addresses int64  `json:"addresses"` // distinct addresses in it
	Flows     int64  `json:"flows"`     // flows with an end in it
}

// Directions is flows by where their ends lie.
type Directions struct {
	Outbound int64 `json:"outbound"` // internal to external
	Inbound  int64 `json:"inbound"`  // external to internal
	Within   int64 `json:"within"`   // internal to internal
	Outside  int64 `json:"outside"`  // external to external
}

// What is decided once about an address: whether it was called internal, which of
// the default networks it lies in (0 for none), and its first octet.
const (
	isGiven flow.Tag = 1 << iota
	isIPv4
	inDefault1 // the lowest bit of the network's number from 1

	defaultMask = 15 * inDefault1
	octetShift  = 8
)

func tagger(given *netset.Set) func(netset.Host) flow.Tag {
	defaults := netset.Default().Prefixes()
	return func(h netset.Host) (tag flow.Tag) {
		addr := h.Addr
		if given.Has(h) {
			tag |= isGiven
		}
		if i := slices.IndexFunc(defaults, func(p netip.Prefix) bool { return p.Contains(addr) }); i >= 0 {
			tag |= flow.Tag(i+1) * inDefault1
		}
		if addr.Is4() {
			tag |= isIPv4 | flow.Tag(addr.As4()[0])<<octetShift
		}
		return tag
	}
}

// evidence counts flows by what their ends are: enough to split them by
// direction whichever network turns out to be internal.
type evidence struct {
	given, byDefault [4]int64   // 1 for an internal source, 2 for an internal destination
	defaults         [16]int64  // flows with an end in each default network, by its number
	src, dst, both   [256]int64 // flows by first octet of an IPv4 end, and with both ends in the /8
}

// see counts n flows between ends with these tags.
func (e *evidence) see(s, d flow.Tag, n int64) {
	e.given[s&isGiven|d&isGiven<<1] += n
	sd, dd := s&defaultMask/inDefault1, d&defaultMask/inDefault1
	pair := 0
	if sd != 0 {
		pair |= 1
		e.defaults[sd] += n
	}
	if dd != 0 {
		pair |= 2
		if dd != sd {
			e.defaults[dd] += n
		}
	}
	e.byDefault[pair] += n
	if s&isIPv4 != 0 {
		e.src[s>>octetShift] += n
	}
	if d&isIPv4 != 0 {
		e.dst[d>>octetShift] += n
		if s&isIPv4 != 0 && s>>octetShift == d>>octetShift {
			e.both[d>>octetShift] += n
		}
	}
}

func (e *evidence) add(o *evidence) {
	for i := range e.given {
		e.given[i] += o.given[i]
		e.byDefault[i] += o.byDefault[i]
	}
	for i := range e.defaults {
		e.defaults[i] += o.defaults[i]
	}
	for i := range e.src {
		e.src[i] += o.src[i]
		e.dst[i] += o.dst[i]
		e.both[i] += o.both[i]
	}
}

func (e *evidence) flows() int64 {
	return e.byDefault[0] + e.byDefault[1] + e.byDefault[2] + e.byDefault[3]
}

func split(pairs [4]int64) *Directions {
	return &Directions{Outbound: pairs[1], Inbound: pairs[2], Within: pairs[3], Outside: pairs[0]}
}

// networks finds out which networks are internal, as detect does, and splits the
// flows by it.
func (i *Inspection) networks(inputs string, given *netset.Set, addresses *addressCounts, e *evidence) {
	n := Networks{Internal: []string{}, Prefixes: []Network{}}
	defer func() { i.Networks = n }()
	n.Command = "beacon detect " + inputs
	if e.flows() == 0 {
		n.Why = "there is no flow"
		return
	}
	if given != nil {
		n.Source, i.Directions = "given", split(e.given)
		for _, p := range given.Prefixes() {
			n.Internal = append(n.Internal, p.String())
		}
		n.Command = "beacon detect --internal " + strings.Join(n.Internal, ",") + " " + inputs
		return
	}
	sum := e.sum(addresses)
	internal, inferred, err := sum.Infer()
	var none *infer.ErrNone
	switch {
	case errors.As(err, &none):
		n.Why = none.Why
		n.Command = "beacon detect --internal " + none.Example + " " + inputs
		n.Prefixes = largest(sum)
	case inferred:
		p := internal.Prefixes()[0]
		octet := p.Addr().As4()[0]
		n.Source = "inferred"
		n.Internal = []string{p.String()}
		n.Command = "beacon detect --internal " + p.String() + " " + inputs
		n.Prefixes = []Network{{p.String(), sum.Prefixes[octet].Addresses, sum.Prefixes[octet].Flows}}
		src, dst, both := e.src[octet], e.dst[octet], e.both[octet]
		i.Directions = split([4]int64{e.flows() - src - dst + both, src - both, dst - both, both})
	default:
		n.Source, i.Directions = "default", split(e.byDefault)
		n.Prefixes = defaultNetworks(addresses, e)
		for _, p := range n.Prefixes {
			n.Internal = append(n.Internal, p.Prefix)
		}
	}
}

// addressCounts counts the addresses of a log.
type addressCounts struct {
	octets   [256]int64 // of IPv4, by the first octet
	defaults [16]int64  // in each default network, by its number
}

func (a *addressCounts) see(tag flow.Tag, n int64) {
	if tag&isIPv4 != 0 {
		a.octets[tag>>octetShift] += n
	}
	a.defaults[tag&defaultMask/inDefault1] += n
}

// countAddresses counts the addresses that flows have.
func (t *tally) countAddresses() *addressCounts {
	a := new(addressCounts)
	tags := t.hosts.Tags()
	for id := range uint32(t.hosts.Len()) {
		if source, destination := t.seen(id); source || destination {
			a.see(*tags.Get(id), 1)
		}
	}
	return a
}

// sum returns the evidence in the terms of the query that will be asked.
func (e *evidence) sum(addresses *addressCounts) *infer.Evidence {
	sum := &infer.Evidence{Flows: e.flows(), InDefault: e.flows() - e.byDefault[0]}
	for o := range sum.Prefixes {
		sum.Prefixes[o] = infer.Prefix{Addresses: addresses.octets[o], Flows: e.src[o] + e.dst[o] - e.both[o]}
	}
	return sum
}

// defaultNetworks returns the default networks that occur, the largest first.
func defaultNetworks(addresses *addressCounts, e *evidence) []Network {
	list := []Network{}
	for i, p := range netset.Default().Prefixes() {
		if n := addresses.defaults[i+1]; n > 0 {
			list = append(list, Network{p.String(), n, e.defaults[i+1]})
		}
	}
	sortNetworks(list)
	return list
}

const networksListed = 5

// largest returns the /8 with the most addresses.
func largest(sum *infer.Evidence) []Network {
	list := []Network{}
	for o, p := range sum.Prefixes {
		if p.Addresses > 0 {
			list = append(list, Network{netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(o)}), 8).String(), p.Addresses, p.Flows})
		}
	}
	sortNetworks(list)
	return list[:min(networksListed, len(list))]
}

func sortNetworks(list []Network) {
	sorting.Stable(list, func(a, b Network) int {
		return cmp.Or(cmp.Compare(b.Addresses, a.Addresses), cmp.Compare(b.Flows, a.Flows))
	})
}

// inputsNamed is how many inputs a command names one by one.
const inputsNamed = 3

func inputWords(log *flowlog.Log) string {
	if len(log.Inputs) > inputsNamed {
		return "INPUT..."
	}
	words := make([]string, len(log.Inputs))
	for i, in := range log.Inputs {
		words[i] = in.Word()
	}
	return strings.Join(words, " ")
}
