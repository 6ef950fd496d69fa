package lease

import (
	"maps"
	"net/netip"
	"slices"
)

// Holdings are the addresses that some devices had, each in its time. The zero value has none.
type Holdings struct {
	table   *Table
	holders map[netip.Addr]map[*Device]bool // of each address, those of the devices that had it
}

// HeldBy returns what the devices had for which is returns true.
func (t *Table) HeldBy(is func(d *Device) bool) Holdings {
	h := Holdings{table: t, holders: map[netip.Addr]map[*Device]bool{}}
	if t == nil {
		return h
	}
	for addr := range t.places {
		for _, s := range t.of(addr) {
			if s.device == nil || !is(s.device) {
				continue
			}
			if h.holders[addr] == nil {
				h.holders[addr] = map[*Device]bool{}
			}
			h.holders[addr][s.device] = true
		}
	}
	return h
}

// Addresses returns the addresses, in order.
func (h *Holdings) Addresses() []netip.Addr {
	return slices.SortedFunc(maps.Keys(h.holders), netip.Addr.Compare)
}

// Has reports whether one of the devices had an address at any time.
func (h *Holdings) Has(addr netip.Addr) bool { return h.holders[addr] != nil }

// At reports whether one of the devices had an address at a time, in ns since the Unix epoch.
func (h *Holdings) At(addr netip.Addr, at int64) bool {
	holders := h.holders[addr]
	if holders == nil {
		return false
	}
	device, _, _ := h.table.At(addr, at)
	return holders[device]
}
