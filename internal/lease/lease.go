// Package lease tells which host had an address at a time, from the leases of DHCP servers or
// from sightings of hosts at the address.
package lease

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"beacon/internal/sorting"
)

// Device is a host, whatever address it has.
type Device struct {
	MAC  string // as 00:1a:2b:3c:4d:5e; "" where unknown
	Name string // in lower case; "" where unknown
}

// Key returns a text that identifies the device: its MAC, or else its name, with a prefix that
// no address or name of a log has.
func (d Device) Key() string {
	if d.MAC != "" {
		return "mac " + d.MAC
	}
	return "name " + d.Name
}

// Named reports whether a name is that of the device. Names are equal if only one of them has
// a domain and the rest is the same.
func (d *Device) Named(name string) bool {
	if d.Name == "" || len(d.Name) == len(name) {
		return d.Name != "" && d.Name == name
	}
	short, long := d.Name, name
	if len(short) > len(long) {
		short, long = long, short
	}
	return !strings.Contains(short, ".") && strings.HasPrefix(long, short+".")
}

// Grant is a record of a DHCP log: a device gets an address, renews it or gives it back.
type Grant struct {
	Addr   netip.Addr
	Device Device
	Time   int64         // ns since the Unix epoch
	Length time.Duration // of the lease; 0 where the log doesn't tell
	Fresh  bool          // the device asked for any address, so that it had none before
	Ended  bool          // the lease ends: it was released or has expired
}

// extraLengths is the number of lengths of a lease for which a host keeps an address after the
// lease has ended without a recorded renewal, if other hosts had the address too. A client asks
// for a renewal after half of the length and again after 7/8 of it (RFC 2131, section 4.4.5), so
// a sensor that sees only some of the requests sees one within another length.
const extraLengths = 1

// MaxGrants is the largest number of grants, and of sightings, that a table holds.
const MaxGrants = 1 << 24

// Builder collects the grants and sightings of a table, in any order.
type Builder struct {
	devices []*device
	byMAC   map[string]uint32     // index in devices
	byName  map[string]uint32     // the same of those without a MAC
	places  map[netip.Addr]uint32 // addresses in the order of their first grants
	grants  []grant
	seen    map[sight]*Periods // when each host was at each address
	periods int                // in seen
}

// device is a device with the time of the grant that told its name.
type device struct {
	Device
	named int64
}

// grant is a Grant in 32 bytes.
type grant struct {
	time         int64
	until        int64 // end of the lease, if no other grant follows; see extraLengths
	addr, device uint32
	fresh        bool
}

// Add takes a grant. One without an address, or of no known device, is left out. It
// returns an error where there are too many.
func (b *Builder) Add(g Grant) error {
	g.Addr = g.Addr.Unmap().WithZone("")
	if g.Device == (Device{}) || !g.Addr.IsValid() || g.Addr.IsUnspecified() {
		return nil
	}
	if len(b.grants) == MaxGrants {
		return fmt.Errorf("more than %d leases", MaxGrants)
	}
	if b.places == nil {
		b.byMAC, b.byName, b.places = map[string]uint32{}, map[string]uint32{}, map[netip.Addr]uint32{}
	}
	place, ok := b.places[g.Addr]
	if !ok {
		place = uint32(len(b.places))
		b.places[g.Addr] = place
	}
	b.grants = append(b.grants, grant{time: g.Time, until: g.until(), addr: place, device: b.number(&g), fresh: g.Fresh})
	return nil
}

// number returns the number of the grant's device, and keeps the name of its latest grant.
func (b *Builder) number(g *Grant) uint32 {
	numbers, key := b.byMAC, g.Device.MAC
	if key == "" {
		numbers, key = b.byName, g.Device.Name
	}
	n, ok := numbers[key]
	if !ok {
		n, key = uint32(len(b.devices)), strings.Clone(key)
		d := &device{named: math.MinInt64}
		if g.Device.MAC != "" {
			d.MAC = key
		}
		b.devices = append(b.devices, d)
		numbers[key] = n
	}
	d := b.devices[n]
	if name := g.Device.Name; name != "" && (d.Name == "" || g.Time > d.named || g.Time == d.named && name < d.Name) {
		d.named = g.Time
		if d.Name != name {
			d.Name = strings.Clone(name)
		}
	}
	return n
}

// until returns when the device loses the address, if no other grant follows.
func (g *Grant) until() int64 {
	if g.Ended {
		return g.Time
	}
	if g.Length <= 0 || int64(g.Length) > (math.MaxInt64-max(0, g.Time))/(1+extraLengths) {
		return math.MaxInt64
	}
	return g.Time + (1+extraLengths)*int64(g.Length)
}

// Table holds which device had an address at a time. A nil table knows none.
type Table struct {
	places map[netip.Addr]uint32 // index in ends
	ends   []uint32              // of the spans of each address; they begin where those before end
	spans  []span
}

// of returns the spans of an address, in order of time; none where no device held it.
func (t *Table) of(addr netip.Addr) []span {
	place, ok := t.places[addr]
	if !ok {
		return nil
	}
	from := uint32(0)
	if place > 0 {
		from = t.ends[place-1]
	}
	return t.spans[from:t.ends[place]]
}

// add adds the spans of the next address.
func (t *Table) add(list []span) {
	t.spans = append(t.spans, list...)
	t.ends = append(t.ends, uint32(len(t.spans)))
}

// span is a time in which a device held an address.
type span struct {
	from, until int64   // [from, until)
	device      *Device // nil where several were seen at once
}

// Table returns the table of all grants, and of the sightings at addresses without a grant; nil
// if there are neither. A device holds an address from its first lease of it until another
// device gets it, or until it gives the address back or lets the lease expire. If the first
// record of an address is a renewal, its device held the address before, too. An address that
// only one device ever had is always that device's. The builder is of no use after that.
//
// Note: with a list of spans for each address, and devices known by their keys, a run with
// 300,000 leases of as many devices and addresses took 305 MB; it takes 240 MB, of which less
// than 60 MB are the table.
func (b *Builder) Table() *Table {
	if len(b.grants) == 0 && len(b.seen) == 0 {
		return nil
	}
	sorting.Stable(b.grants, func(x, y grant) int {
		return cmp.Or(cmp.Compare(x.addr, y.addr), cmp.Compare(x.time, y.time))
	})
	t := &Table{places: b.places, ends: make([]uint32, 0, len(b.places))}
	var list []span
	for rest := b.grants; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].addr == rest[0].addr {
			n++
		}
		list = b.spans(list[:0], rest[:n])
		t.add(list)
		rest = rest[n:]
	}
	if len(b.seen) > 0 {
		b.addSightings(t)
	}
	*b = Builder{}
	return t
}

// spans appends the spans of one address from its grants, in order of time, to an empty list.
func (b *Builder) spans(spans []span, list []grant) []span {
	one := list[0].device
	if !slices.ContainsFunc(list, func(g grant) bool { return g.device != one }) {
		return append(spans, span{math.MinInt64, math.MaxInt64, &b.devices[one].Device})
	}
	for i, g := range list {
		s := span{g.time, g.until, &b.devices[g.device].Device}
		if i == 0 && !g.fresh {
			s.from = math.MinInt64
		}
		if n := len(spans); n > 0 {
			before := &spans[n-1]
			if before.device == s.device && before.until >= s.from {
				before.until = s.until
				continue
			}
			if s.until == g.time { // gives back an address that it doesn't hold
				continue
			}
			before.until = min(before.until, s.from)
		}
		if s.until > s.from {
			spans = append(spans, s)
		}
	}
	return spans
}

// Has reports whether any device ever held an address.
func (t *Table) Has(addr netip.Addr) bool { return t != nil && len(t.of(addr)) > 0 }

// At returns the device that held an address at a time, nil for none, and the bounds of
// time [from, until) between which the answer is the same.
func (t *Table) At(addr netip.Addr, at int64) (d *Device, from, until int64) {
	from, until = math.MinInt64, math.MaxInt64
	if t == nil {
		return nil, from, until
	}
	spans := t.of(addr)
	k, _ := slices.BinarySearchFunc(spans, at, func(s span, at int64) int {
		if s.from <= at {
			return -1
		}
		return 1
	})
	if k < len(spans) {
		until = spans[k].from
	}
	if k == 0 {
		return nil, from, until
	}
	s := spans[k-1]
	if at < s.until {
		return s.device, s.from, s.until
	}
	return nil, s.until, until
}
