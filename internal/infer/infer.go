// Package infer finds the internal network of a log where the analyst named none.
package infer

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Evidence counts the flows and addresses that show which network of a log is
// internal.
type Evidence struct {
	Flows     int64       // flows, those left out by the query aside
	InDefault int64       // of these, with an end in the default networks
	Prefixes  [256]Prefix // of IPv4, by first octet
}

// Prefix counts the addresses and flows of one /8.
type Prefix struct {
	Addresses int64 // distinct addresses in it
	Flows     int64 // flows with an end in it
}

// What makes a /8 stand out, from the original hunt: 523 of 5,497 addresses
// began with 120, the next had 38, and every outbound flow had an end in it.
const (
	inferTimes    = 5  // as many addresses as the next
	inferEndParts = 10 // lies at an end of all but one in so many flows
	inferListed   = 5  // largest prefixes that an error lists
)

// NeitherShare is the flows of which one with no internal end is worth a word: a network is
// missing from those that are internal.
const NeitherShare = 20

// ErrNone is that no network stands out as the internal one, or that
// nothing leaves it.
type ErrNone struct {
	Why     string
	Largest []string // largest prefixes with what is known of them
	Example string   // a prefix to type
}

func (e *ErrNone) Error() string {
	return fmt.Sprintf("%s; the prefixes with the most addresses are %s", e.Why, strings.Join(e.Largest, ", "))
}

// Hint returns what the analyst can type.
func (e *ErrNone) Hint() string {
	return "say which network is yours: --internal " + e.Example
}

// Infer decides the internal network where the analyst named none: the default
// networks where an end of half of the flows or more lies in them; otherwise
// the /8 that holds five times as many distinct addresses as the next and lies at
// an end of nine tenths of the flows; otherwise the default networks again, if an
// end of a twentieth of the flows lies in them. inferred says that it is such a /8. The error is *ErrNone.
func (e *Evidence) Infer() (internal *netset.Set, inferred bool, err error) {
	if 2*e.InDefault >= e.Flows {
		return netset.Default(), false, nil
	}
	order := e.order()
	first, next := e.Prefixes[order[0]], e.Prefixes[order[1]]
	if first.Addresses < inferTimes*next.Addresses || inferEndParts*(e.Flows-first.Flows) > e.Flows || first.Addresses == 0 {
		if e.InDefault > 0 && e.InDefault*NeitherShare >= e.Flows { // the rest are another family's addresses, or a network that the analyst has to name
			return netset.Default(), false, nil
		}
		return nil, false, e.None("hardly any flow has an end in the default internal networks, and no other network stands out")
	}
	set := new(netset.Set)
	set.Add(slashEight(order[0]))
	return set, true, nil
}

// None returns the error that no internal network is known, for a reason.
func (e *Evidence) None(why string) *ErrNone {
	err := &ErrNone{Why: why, Example: "10.0.0.0/8"}
	for i, octet := range e.order()[:inferListed] {
		if p := e.Prefixes[octet]; p.Addresses > 0 {
			err.Largest = append(err.Largest, fmt.Sprintf("%s (%d addresses, %d flows)", slashEight(octet), p.Addresses, p.Flows))
			if i == 0 {
				err.Example = slashEight(octet).String()
			}
		}
	}
	if err.Largest == nil {
		err.Largest = []string{"none of IPv4"}
	}
	return err
}

// order returns the first octets by distinct addresses, most first.
func (e *Evidence) order() []int {
	order := make([]int, len(e.Prefixes))
	for i := range order {
		order[i] = i
	}
	sorting.Stable(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(e.Prefixes[b].Addresses, e.Prefixes[a].Addresses), cmp.Compare(e.Prefixes[b].Flows, e.Prefixes[a].Flows))
	})
	return order
}

func slashEight(octet int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(octet)}), 8)
}

// SiteOf returns the network that the site of an address probably has, the zero prefix of a name: a /16 of IPv4, the
// largest of the private networks but one, and a /48 of IPv6, what RFC 6177 gives to a site.
func SiteOf(a netset.Host) netip.Prefix {
	bits := 16
	if a.Addr.Is6() {
		bits = 48
	}
	p, _ := a.Addr.Prefix(bits)
	return p
}
