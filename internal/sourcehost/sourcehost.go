// Package sourcehost holds the internal hosts that call, with the addresses that each had.
package sourcehost

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/sorting"
	"beacon/internal/stats"
	"beacon/internal/words"
)

// Order is the order of the internal sources in the answer.
type Order string

// The orders.
const (
	ByLog  Order = "log"  // first appearance in the log, by (input, position)
	ByTime Order = "time" // first call, then address: the order that a database can give
)

// Source is one internal host of a finding.
type Source struct {
	Addr        netset.Host // of several the first in the query's order
	Device      *Device     // the host behind the address, nil if it isn't known
	First, Last int64       // ns since the Unix epoch
	Flows       int64
	Bytes       int64
	Networks    []string // names of the analyst's networks that hold it
	Position    uint64   // of its first flow: orders sources as the log does; 0 where a database answered
}

// Device is the host behind a source, known from leases or from the log itself. It is immutable.
type Device struct {
	lease.Device
	Addresses []Address // that it called from; nil is the one of its source
}

// Address is an address of a device, with the times of the calls from it.
type Address struct {
	Addr        netset.Host
	First, Last int64
	Position    uint64 // as of a source
}

// address returns the only address of a source, with the times of its calls.
func (s *Source) address() Address { return Address{s.Addr, s.First, s.Last, s.Position} }

// All yields the addresses that the source called from, the first one first.
func (s *Source) All() iter.Seq[Address] {
	return func(yield func(Address) bool) {
		if s.Device == nil || s.Device.Addresses == nil {
			yield(s.address())
			return
		}
		for _, a := range s.Device.Addresses {
			if !yield(a) {
				return
			}
		}
	}
}

// Hosts returns the addresses that the source called from, the first one first.
func (s *Source) Hosts() (list []netset.Host) {
	for a := range s.All() {
		list = append(list, a.Addr)
	}
	return list
}

// Has reports whether the source called from an address.
func (s *Source) Has(h netset.Host) bool {
	for a := range s.All() {
		if a.Addr == h {
			return true
		}
	}
	return false
}

// Further returns the addresses after the first.
func (s *Source) Further() []netset.Host {
	if s.Device == nil {
		return nil
	}
	return s.Hosts()[1:]
}

// Name returns the name of the host behind the address, "" where it is unknown.
func (s *Source) Name() string {
	if s.Device == nil {
		return ""
	}
	return s.Device.Name
}

// MAC returns the MAC of the host behind the address, "" where it is unknown.
func (s *Source) MAC() string {
	if s.Device == nil {
		return ""
	}
	return s.Device.MAC
}

// labelled is how many further addresses a label names.
const labelled = 2

// Label returns what is shown beside the address of a source: its name, or else its MAC, its
// networks, and its further addresses. It is "" if none is known.
func (s *Source) Label() string {
	if s.Device == nil {
		return strings.Join(s.Networks, ", ")
	}
	text := strings.Join(append([]string{cmp.Or(s.Device.Name, s.Device.MAC)}, s.Networks...), ", ")
	further := s.Further()
	for i, h := range further[:min(len(further), labelled)] {
		text += []string{", also ", ", "}[min(i, 1)] + h.String()
	}
	return text + words.AndMore(len(further)-labelled)
}

// Add adds the calls of another source of the same device to those of s.
func (s *Source) Add(o *Source) {
	device := With(s.ownDevice(), o.ownDevice())
	s.First, s.Last, s.Position = min(s.First, o.First), max(s.Last, o.Last), min(s.Position, o.Position)
	s.Flows += o.Flows
	s.Bytes = stats.AddCounts(s.Bytes, o.Bytes)
	s.Device = device
}

// ownDevice returns the device with its addresses.
func (s *Source) ownDevice() *Device {
	if s.Device == nil || s.Device.Addresses != nil {
		return s.Device
	}
	return &Device{s.Device.Device, []Address{s.address()}}
}

// With returns a and b, which are the same device, as one with the addresses of both. Either may
// be nil.
func With(a, b *Device) *Device {
	switch {
	case a == nil || b == nil:
		return cmp.Or(a, b)
	case slices.Equal(a.Addresses, b.Addresses):
		return a
	}
	list := slices.Clone(a.Addresses)
	for _, v := range b.Addresses {
		k := slices.IndexFunc(list, func(w Address) bool { return w.Addr == v.Addr })
		if k < 0 {
			list = append(list, v)
			continue
		}
		w := &list[k]
		w.First, w.Last, w.Position = min(w.First, v.First), max(w.Last, v.Last), min(w.Position, v.Position)
	}
	return &Device{a.Device, list}
}

// settle puts the addresses of the source into order.
func (s *Source) settle(order Order) {
	d := s.ownDevice()
	if d == nil {
		return
	}
	list := slices.Clone(d.Addresses)
	sorting.Func(list, func(a, b Address) int {
		return Compare(&Source{Addr: a.Addr, First: a.First, Position: a.Position}, &Source{Addr: b.Addr, First: b.First, Position: b.Position}, order)
	})
	s.Addr, s.Device = list[0].Addr, &Device{d.Device, list}
}

// Join returns sources in order, with those of one device joined. A source without a device gets
// the one that had its address during all its calls, according to leases. Join changes list.
func Join(list []Source, leases *lease.Table, order Order) []Source {
	if leases != nil {
		for i := range list {
			list[i].find(leases)
		}
	}
	if slices.ContainsFunc(list, func(s Source) bool { return s.Device != nil }) {
		devices := map[string]*Source{}
		plain := list[:0]
		for _, s := range list {
			if s.Device == nil {
				plain = append(plain, s)
			} else if d := devices[s.Device.Key()]; d != nil {
				d.Add(&s)
			} else {
				devices[s.Device.Key()] = &s
			}
		}
		list = plain
		for _, key := range slices.Sorted(maps.Keys(devices)) {
			s := devices[key]
			s.settle(order)
			list = append(list, *s)
		}
	}
	Sort(list, order)
	return list
}

// find sets the device of a source from leases, for engines that answer by address.
func (s *Source) find(leases *lease.Table) {
	if d, _, until := leases.At(s.Addr.Addr, s.First); s.Device == nil && d != nil && s.Last < until {
		s.Device = &Device{Device: *d}
	}
}

// nearlySorted is the number of sources per descent (a source before a lower one) from which a
// list is sorted by merging its ascending runs, which is faster for the engine's lists.
const nearlySorted = 16

// Sort puts sources into order.
func Sort(list []Source, order Order) {
	compare := func(a, b Source) int { return Compare(&a, &b, order) }
	if slices.IsSortedFunc(list, compare) {
		return
	}
	descents := 0
	for i := range list[1:] {
		if compare(list[i], list[i+1]) > 0 {
			descents++
		}
	}
	type place struct {
		key int64 // what Compare compares first
		at  int
	}
	places := make([]place, len(list)) // small, so that sorting moves little
	for i := range list {
		places[i] = place{list[i].First, i}
		if order == ByLog {
			places[i].key = int64(list[i].Position)
		}
	}
	sort := slices.SortFunc[[]place]
	if descents < len(list)/nearlySorted {
		sort = slices.SortStableFunc[[]place]
	}
	sort(places, func(a, b place) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return Compare(&list[a.at], &list[b.at], order)
	})
	sorted := make([]Source, len(list))
	for i, p := range places {
		sorted[i] = list[p.at]
	}
	copy(list, sorted)
}

// Compare compares sources in an order.
func Compare(a, b *Source, order Order) int {
	c := cmp.Compare(a.First, b.First)
	if order == ByLog {
		c = cmp.Compare(a.Position, b.Position)
	}
	if c != 0 {
		return c
	}
	return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.key(), b.key()))
}

// key returns the key of the source's device, "" for none.
func (s *Source) key() string {
	if s.Device == nil {
		return ""
	}
	return s.Device.Key()
}
