package simulate

import (
	"math"
	"math/bits"
	"net/netip"
)

// Sizes of the office network at scale 1. Below scale 1 they shrink in
// proportion, but never under the floor; above it they stay.
const (
	officeAddresses = 5497 // all distinct addresses of the log
	officeInside    = 523  // of them in 120.0.0.0/8
	officeStrays    = 20   // of those outside 120.18.0.0/16

	minInside  = 240 // hundreds of sources for each service
	minStrays  = 4
	minOutside = 80

	maxPerEight = 38 // addresses in any /8 but 120.0.0.0/8
)

// allSlots is the set of all 60 minutes of the hour.
const allSlots uint64 = 1<<60 - 1

// tailHost is an outside address that is called now and then, only in the
// minutes of the hour that slots holds, so it never gets near 60 of them.
type tailHost struct {
	addr  netip.Addr
	slots uint64
	port  uint16
}

// officeNet is who there is in the simulated office.
type officeNet struct {
	infected []netip.Addr // the 26, in order of their first call to a burst destination
	staff    []netip.Addr // workstations, the infected among them
	resolver netip.Addr
	domain   []netip.Addr // directory servers
	files    []netip.Addr
	mail     netip.Addr
	printers []netip.Addr
	backup   netip.Addr
	inside   []netip.Addr // everyone in 120.18.0.0/16
	tail     []tailHost   // strays of 120.0.0.0/8 among them
	near     []tailHost   // outside addresses that miss the rule by a few slots
}

// newOfficeNet draws the network for a scale.
func newOfficeNet(d dice, scale float64) *officeNet {
	shrunk := func(n, floor int) int {
		return max(floor, int(math.Round(float64(n)*min(scale, 1))))
	}
	inside := shrunk(officeInside, minInside)
	strays := shrunk(officeStrays, minStrays)
	outside := shrunk(officeAddresses-officeInside, minOutside)

	n := &officeNet{}
	book := newAddressBook(d)
	for _, p := range plantedDestinations {
		book.take(p.addr)
	}
	for _, h := range infectedHosts {
		book.take(h.addr)
		n.infected = append(n.infected, h.addr)
	}
	n.staff = append(n.staff, n.infected...)

	host := func() netip.Addr {
		a := book.draw(func() [4]byte { return [4]byte{120, 18, byte(d.below(256)), byte(d.between(1, 254))} })
		n.inside = append(n.inside, a)
		return a
	}
	n.inside = append(n.inside, n.infected...)
	n.resolver, n.mail, n.backup = host(), host(), host()
	n.domain = []netip.Addr{host(), host()}
	n.files = []netip.Addr{host(), host(), host(), host()}
	n.printers = []netip.Addr{host(), host(), host(), host(), host(), host()}
	for len(n.inside) < inside-strays {
		n.staff = append(n.staff, host())
	}
	shuffle(d, n.staff)

	for _, slots := range nearMisses {
		n.near = append(n.near, tailHost{book.outside(), drawSlots(d, slots), 443})
	}
	tail := outside - len(plantedDestinations) - len(n.near)
	for range tail {
		n.tail = append(n.tail, newTailHost(d, book.outside()))
	}
	for range strays {
		n.tail = append(n.tail, newTailHost(d, book.stray()))
	}
	shuffle(d, n.tail)
	n.tail[1].slots = allSlots &^ n.tail[0].slots // so that every minute has someone to call
	return n
}

// newTailHost draws how a tail address is called: in 8 to 48 minutes of the hour.
func newTailHost(d dice, a netip.Addr) tailHost {
	return tailHost{a, drawSlots(d, d.between(8, 48)), pick(d, tailPorts)}
}

var tailPorts = []uint16{443, 443, 443, 443, 443, 80, 80, 8443, 993, 587, 22, 123}

// nearMisses are the slots of the outside addresses that almost hold the rule.
var nearMisses = []int{55, 57, 59}

// drawSlots draws a set of n minutes of the hour.
func drawSlots(d dice, n int) uint64 {
	slots := allSlots
	for bits.OnesCount64(slots) > n {
		slots &^= 1 << d.below(60)
	}
	return slots
}

// drawSlot draws one minute of the hour from a set.
func drawSlot(d dice, slots uint64) int {
	for range d.below(bits.OnesCount64(slots)) {
		slots &= slots - 1
	}
	return bits.TrailingZeros64(slots)
}

// addressBook hands out distinct addresses, at most maxPerEight to a /8.
type addressBook struct {
	d     dice
	taken map[netip.Addr]bool
	eight [256]int
}

func newAddressBook(d dice) *addressBook {
	return &addressBook{d: d, taken: map[netip.Addr]bool{}}
}

func (b *addressBook) take(a netip.Addr) {
	b.taken[a] = true
	b.eight[a.As4()[0]]++
}

// draw draws from gen until an address is free, and takes it.
func (b *addressBook) draw(gen func() [4]byte) netip.Addr {
	for {
		a := netip.AddrFrom4(gen())
		if !b.taken[a] {
			b.take(a)
			return a
		}
	}
}

// stray draws an address of 120.0.0.0/8 that isn't in 120.18.0.0/16.
func (b *addressBook) stray() netip.Addr {
	return b.draw(func() [4]byte {
		second := b.d.below(255)
		if second >= 18 {
			second++
		}
		return [4]byte{120, byte(second), byte(b.d.below(256)), byte(b.d.between(1, 254))}
	})
}

// outside draws an address that no usual internal network holds. Multicast and
// reserved ones are drawn too: the original log has them.
func (b *addressBook) outside() netip.Addr {
	return b.draw(func() [4]byte {
		for {
			a := [4]byte{byte(b.d.between(1, 254)), byte(b.d.below(256)), byte(b.d.below(256)), byte(b.d.between(1, 254))}
			if a[0] != 120 && b.eight[a[0]] < maxPerEight && !usuallyInternal(a) {
				return a
			}
		}
	})
}

func usuallyInternal(a [4]byte) bool {
	ip := netip.AddrFrom4(a)
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast()
}
