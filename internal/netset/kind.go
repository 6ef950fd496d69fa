package netset

import "net/netip"

// Kind tells what an address is by its prefix alone (IANA's special-purpose
// registries): public, private, multicast, broadcast, reserved, loopback or
// link-local.
type Kind string

// The kinds.
const (
	Public    Kind = "public"
	Private   Kind = "private"
	Multicast Kind = "multicast"
	Broadcast Kind = "broadcast"
	Reserved  Kind = "reserved"
	Loopback  Kind = "loopback"
	LinkLocal Kind = "link-local"
)

var reserved = func() *Set {
	s, err := Parse([]string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "::/128", "100::/64", "2001:db8::/32"})
	if err != nil {
		panic(err)
	}
	return s
}()

// KindOf returns the kind of a host; names are public.
func KindOf(h Host) Kind {
	addr := h.Addr
	switch {
	case h.IsName():
		return Public
	case addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return Broadcast
	case addr.IsMulticast():
		return Multicast
	case addr.IsLoopback():
		return Loopback
	case addr.IsLinkLocalUnicast():
		return LinkLocal
	case addr.IsPrivate():
		return Private
	case reserved.Contains(addr):
		return Reserved
	}
	return Public
}

// OfKind returns the networks of the kinds that a user can name as a whole:
// multicast and reserved (broadcast lies in reserved). ok is false for others.
func OfKind(kind Kind) (prefixes []netip.Prefix, ok bool) {
	switch kind {
	case Multicast:
		s, err := Parse([]string{"224.0.0.0/4", "ff00::/8"})
		if err != nil {
			panic(err)
		}
		return s.Prefixes(), true
	case Reserved:
		return reserved.Prefixes(), true
	}
	return nil, false
}
