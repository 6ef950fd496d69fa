package lease

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"beacon/internal/sorting"
)

// Sighting is a host at an address, as the log of an agent on the host shows it. The host
// may have had other addresses between.
type Sighting struct {
	Addr        netip.Addr
	Name        string // of the host, in lower case
	First, Last int64  // ns since the Unix epoch
}

// sight is the key of a Sighting.
type sight struct {
	addr netip.Addr
	name string
}

// See adds a sighting, in any order. It returns false if it leaves the sighting out, because it
// has no name or the address is one that every host has. After an error, that there are too
// many, no sighting counts.
func (b *Builder) See(s Sighting) (ok bool, err error) {
	s.Addr = s.Addr.Unmap().WithZone("")
	if s.Name == "" || !s.Addr.IsValid() || s.Addr.IsUnspecified() || s.Addr.IsLoopback() || s.Addr.IsMulticast() {
		return false, nil
	}
	if b.seen == nil {
		b.seen = map[sight]*Periods{}
	}
	key := sight{s.Addr, s.Name}
	periods := b.seen[key]
	if periods == nil {
		periods = new(Periods)
		key.name = strings.Clone(s.Name)
		b.seen[key] = periods
	}
	before := len(*periods)
	periods.Add(Period{s.First, s.Last})
	if b.periods += len(*periods) - before; b.periods > MaxGrants {
		b.seen, b.periods = nil, 0
		return false, fmt.Errorf("hosts were at addresses in more than %d periods", MaxGrants)
	}
	return true, nil
}

// sighted is a sighting of a device.
type sighted struct {
	addr        netip.Addr
	first, last int64
	device      *Device
}

// addSightings adds the spans of the addresses without a lease.
func (b *Builder) addSightings(t *Table) {
	names := b.sightedNames()
	list := make([]sighted, 0, b.periods)
	for s, periods := range b.seen {
		if len(t.of(s.addr)) > 0 {
			continue
		}
		for _, p := range *periods {
			list = append(list, sighted{s.addr, p.First, p.Last, names[s.name]})
		}
	}
	sorting.Func(list, func(x, y sighted) int {
		return cmp.Or(x.addr.Compare(y.addr), cmp.Compare(x.first, y.first), cmp.Compare(x.last, y.last))
	})
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].addr == list[0].addr {
			n++
		}
		if t.places == nil {
			t.places = map[netip.Addr]uint32{}
		}
		t.places[list[0].addr] = uint32(len(t.ends))
		t.add(sightedSpans(list[:n]))
		list = list[n:]
	}
}

// sightedSpans returns the spans of one address from its sightings, in order of time. A host
// holds the address until another is seen. While the periods of two overlap neither holds it:
// they may be in two networks with the same addresses.
func sightedSpans(list []sighted) (spans []span) {
	var last int64
	for _, s := range list {
		n := len(spans)
		switch {
		case n > 0 && spans[n-1].device == s.device:
		case n > 0 && s.first <= last:
			spans[n-1].device = nil
		default:
			if n > 0 {
				spans[n-1].until = s.first
			}
			spans = append(spans, span{s.first, math.MaxInt64, s.device})
			last = s.last
		}
		last = max(last, s.last)
	}
	spans[0].from = math.MinInt64
	return spans
}

// sightedNames returns the device of each name that was seen. It is the device of the leases
// that has the name and a MAC, or else that with the same name and a domain, if there is only
// one such device.
func (b *Builder) sightedNames() map[string]*Device {
	byLabel := map[string][]*Device{}
	label := func(name string) string {
		first, _, _ := strings.Cut(name, ".")
		return first
	}
	own := map[string]*Device{}
	for s := range b.seen {
		if own[s.name] == nil {
			own[s.name] = &Device{Name: s.name}
			byLabel[label(s.name)] = append(byLabel[label(s.name)], own[s.name])
		}
	}
	for _, d := range b.devices {
		if d.Name != "" {
			byLabel[label(d.Name)] = append(byLabel[label(d.Name)], &d.Device)
		}
	}
	names := make(map[string]*Device, len(own))
	for name, d := range own {
		names[name] = d.called(byLabel[label(name)])
	}
	return names
}

// called returns the only device of a list that has the name of d and more besides: a MAC, or a
// domain that d lacks. It returns d if there are several such devices, or none.
func (d *Device) called(list []*Device) *Device {
	var found []*Device
	for _, o := range list {
		if o.Named(d.Name) && (o.MAC != "" || len(o.Name) > len(d.Name)) {
			found = append(found, o)
		}
	}
	leased := slices.DeleteFunc(slices.Clone(found), func(o *Device) bool { return o.MAC == "" })
	switch {
	case len(leased) == 1 && !slices.ContainsFunc(found, func(o *Device) bool { return !leased[0].Named(o.Name) }):
		return leased[0]
	case len(found) == 1:
		return found[0]
	}
	return d
}
