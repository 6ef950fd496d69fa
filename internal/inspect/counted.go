package inspect

import (
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// Class holds what an inspection tells addresses apart by.
type Class struct {
	Given   bool // it lies in a network that the analyst called internal
	Default int  // number of its network among netset.Default's prefixes, from 1; 0 is none
	IPv4    bool
	Octet   uint8 // the first, of an IPv4 address
}

func (c Class) tag() (tag flow.Tag) {
	if c.Given {
		tag |= isGiven
	}
	if c.IPv4 {
		tag |= isIPv4 | flow.Tag(c.Octet)<<octetShift
	}
	return tag | flow.Tag(c.Default)*inDefault1
}

// Counted is a log that a database counts: what it holds comes from sums.
type Counted struct {
	found *Inspection
	sum   sink
	seen  addressCounts
}

// NewCounted returns the inspection of one input. The counts of its flows stand in it.
func NewCounted(in Input, durations Durations) *Counted {
	c := &Counted{found: &Inspection{Inputs: []Input{in}, Totals: in.Totals, Span: in.Span, Late: -1, Durations: durations,
		BadRecords: []BadRecord{}, Doubts: []BadRecord{}, Skipped: []string{}, Destinations: []Destination{}}}
	c.sum.pages = map[int64]*minutePage{}
	c.found.Durations.SpanHint = durations.Minute*longShare > in.Rows
	return c
}

// Minute notes that flows start in a minute since the Unix epoch.
func (c *Counted) Minute(minute int64) { c.sum.mark(minute) }

// Flows adds n flows between addresses of two classes.
func (c *Counted) Flows(src, dst Class, n int64) { c.sum.see(src.tag(), dst.tag(), n) }

// Addresses adds n addresses of a class, of which some are sources and some destinations.
func (c *Counted) Addresses(of Class, n, sources, destinations int64) {
	c.seen.see(of.tag(), n)
	a := &c.found.Addresses
	a.All += int(n)
	if of.IPv4 {
		a.IPv4 += int(n)
	} else {
		a.IPv6 += int(n)
	}
	a.Sources += int(sources)
	a.Destinations += int(destinations)
}

// Destination adds the next of the busiest destinations.
func (c *Counted) Destination(addr netset.Host, flows, bytes int64) {
	c.found.Destinations = append(c.found.Destinations, Destination{addr.String(), netset.KindOf(addr), flows, bytes})
}

// Inspection returns what the log holds. given is the networks that the analyst called
// internal, nil to find out.
func (c *Counted) Inspection(given *netset.Set) *Inspection {
	c.found.Gaps = c.sum.gaps()
	c.found.networks(c.found.Inputs[0].Name, given, &c.seen, &c.sum.evidence)
	return c.found
}
