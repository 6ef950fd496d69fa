package beacon

import (
	"fmt"
	"slices"
	"strings"

	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/sorting"
	"beacon/internal/words"
)

// Others holds what others know about hosts. A nil function knows nothing.
type Others struct {
	Networks func(netset.Host) []string                    // names of the analyst's networks that hold a source
	Intel    func(h netset.Host, ports []uint16) []Listing // indicators of threat that a destination matches; without ports, any
	Origin   func(netset.Host) (Origin, bool)              // of an external address
}

// Listing is an indicator of threat that a destination matches.
type Listing struct {
	Indicator string // as its source has it: an address, a network, a domain
	Source    string // who says so: the feed, or else the file
	Text      string // what its source says about it, may be empty
}

// Origin is where an address belongs on the internet.
type Origin struct {
	ASN          uint32 // number of the autonomous system, 0 where unknown
	Organization string // of the autonomous system
	Country      string // code of ISO 3166, two letters
}

// Know adds what others know to the findings: the networks of sources, and the listings and
// origins of destinations. A finding that is listed ranks before the others of its verdict.
func (fs *Findings) Know(o Others) {
	if o.Networks == nil && o.Intel == nil && o.Origin == nil {
		return
	}
	fs.Change(func(f *Finding) {
		if o.Networks != nil {
			for k := range f.Sources {
				s := &f.Sources[k]
				s.Networks = o.Networks(s.Addr)
				for _, h := range s.Further() {
					for _, name := range o.Networks(h) {
						if !slices.Contains(s.Networks, name) {
							s.Networks = append(s.Networks, name)
						}
					}
				}
			}
		}
		ports := slices.DeleteFunc(f.DestinationPorts(), func(port uint16) bool { return port == 0 })
		for k := range f.Destinations {
			f.Destinations[k].know(o, ports)
		}
		f.Reasons = slices.Concat(f.listedReasons(), f.Reasons)
	})
	if o.Intel == nil && o.Origin == nil {
		return
	}
	if fs.stored != nil {
		fs.rankListed() // asks for all listings and origins, so that an error shows now
		return
	}
	sorting.Stable(fs.List, func(a, b Finding) int { return compareFindings(&a, &b) })
	for i := range fs.List {
		fs.List[i].Rank = i + 1
	}
}

// know adds what others know of a destination, its addresses and names.
func (d *Destination) know(o Others, ports []uint16) {
	addresses := d.Addresses
	if !d.Host.IsName() {
		addresses = []netset.Host{d.Host}
	}
	if o.Intel != nil {
		hosts := slices.Concat([]netset.Host{d.Host}, d.Addresses)
		for _, name := range d.Names {
			if h, err := netset.ParseHost(name); err == nil {
				hosts = append(hosts, h)
			}
		}
		for _, h := range hosts {
			for _, l := range o.Intel(h, ports) {
				if !slices.Contains(d.Listings, l) {
					d.Listings = append(d.Listings, l)
				}
			}
		}
	}
	if o.Origin != nil {
		for _, a := range addresses {
			if origin, ok := o.Origin(a); ok && !slices.Contains(d.Origins, origin) {
				d.Origins = append(d.Origins, origin)
			}
		}
	}
}

// Listed tells whether a destination of the finding matches an indicator of threat.
func (f *Finding) Listed() bool {
	return slices.ContainsFunc(f.Destinations, func(d Destination) bool { return len(d.Listings) > 0 })
}

// listedReasons returns a reason for each source that lists a destination of the finding,
// which names its first indicator.
func (f *Finding) listedReasons() (list []reason.Reason) {
	bySource := map[string][]string{}
	var sources []string
	for _, d := range f.Destinations {
		for _, l := range d.Listings {
			if bySource[l.Source] == nil {
				sources = append(sources, l.Source)
			}
			text := l.Indicator
			if l.Text != "" {
				text += " (" + l.Text + ")"
			}
			bySource[l.Source] = append(bySource[l.Source], text)
		}
	}
	for _, source := range sources {
		all := bySource[source]
		list = append(list, reason.Of(reason.Listed, float64(len(all)), source, all[0]+words.AndMore(len(all)-1)))
	}
	return list
}

// String returns the origin as people write it: AS64500 Example B.V., NL.
func (o Origin) String() string {
	var parts []string
	if o.ASN != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("AS%d %s", o.ASN, o.Organization)))
	} else if o.Organization != "" {
		parts = append(parts, o.Organization)
	}
	if o.Country != "" {
		parts = append(parts, o.Country)
	}
	return strings.Join(parts, ", ")
}

// OriginWords returns the origins of a destination's addresses in words.
func (d *Destination) OriginWords() string {
	list := make([]string, len(d.Origins))
	for i, o := range d.Origins {
		list[i] = o.String()
	}
	return strings.Join(list, "; ")
}
