package netset

import (
	"net/netip"
	"slices"
)

// Named returns the networks of the set but for the default ones, in the order in which they
// were added, max of them at the most.
func (s *Set) Named(max int) (list []netip.Prefix) {
	ordinary := Default()
	for _, p := range s.Prefixes() {
		if !ordinary.table.Get(p) && len(list) < max {
			list = append(list, p)
		}
	}
	return list
}

// Coverage tells which of some networks hold an address.
type Coverage struct {
	lengths  []int // of the prefixes that are vacant
	vacant   map[netip.Prefix]bool
	networks []netip.Prefix
}

// NewCoverage returns the coverage of networks that hold nothing yet.
func NewCoverage(networks []netip.Prefix) *Coverage {
	c := &Coverage{vacant: map[netip.Prefix]bool{}, networks: networks}
	for _, p := range networks {
		c.vacant[p] = true
		if !slices.Contains(c.lengths, p.Bits()) {
			c.lengths = append(c.lengths, p.Bits())
		}
	}
	return c
}

// Add takes an address, or a name, which lies in no network.
func (c *Coverage) Add(h Host) {
	if len(c.vacant) == 0 || h.IsName() {
		return
	}
	for _, bits := range c.lengths {
		if p, err := h.Addr.Prefix(bits); err == nil {
			delete(c.vacant, p)
		}
	}
}

// Vacant returns the networks that hold none of the addresses, in their order.
func (c *Coverage) Vacant() (list []netip.Prefix) {
	for _, p := range c.networks {
		if c.vacant[p] {
			list = append(list, p)
		}
	}
	return list
}
