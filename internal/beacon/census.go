package beacon

import (
	"slices"

	"beacon/internal/netset"
	"beacon/internal/sourcehost"
)

// census counts findings by verdict.
type census map[Verdict]*counted

type counted struct {
	findings  map[Scope]int
	multicast []netset.Host           // destinations of the every-minute rule
	sources   map[netset.Host]*Source // at their first appearance
}

func (c census) of(v Verdict) *counted {
	if c[v] == nil {
		c[v] = &counted{findings: map[Scope]int{}, sources: map[netset.Host]*Source{}}
	}
	return c[v]
}

func (c census) add(f *Finding, order Order) {
	n := c.of(f.Verdict)
	n.findings[f.Scope]++
	if f.Scope == ScopeDestination {
		n.addMulticast(f.Destinations[0].Host)
	}
	n.meet(f.Sources, order)
}

// addTogether adds flagged destinations whose sources are known for all of them together.
func (c census) addTogether(flagged *Flagged, order Order) {
	if len(flagged.Hosts) == 0 {
		return
	}
	n := c.of(VerdictBeacon)
	n.findings[ScopeDestination] += len(flagged.Hosts)
	for _, h := range flagged.Hosts {
		n.addMulticast(h)
	}
	n.meet(flagged.Sources, order)
}

func (c *counted) addMulticast(h netset.Host) {
	if netset.KindOf(h) == netset.Multicast {
		c.multicast = append(c.multicast, h)
	}
}

// meet takes in sources.
func (c *counted) meet(sources []Source, order Order) {
	for i := range sources {
		for a := range sources[i].All() {
			s := Source{Addr: a.Addr, First: a.First, Position: a.Position}
			if seen := c.sources[s.Addr]; seen == nil {
				c.sources[s.Addr] = &s
			} else if sourcehost.Compare(&s, seen, order) < 0 {
				*seen = s
			}
		}
	}
}

// multicast returns the multicast addresses that are destinations of the every-minute rule,
// in order.
func (c census) multicast() (list []netset.Host) {
	for _, n := range c {
		list = append(list, n.multicast...)
	}
	slices.SortFunc(list, netset.Host.Compare)
	return list
}

// sources returns the distinct sources of findings with some verdicts, each at its first
// appearance.
func (c census) sources(verdicts []Verdict, order Order) []netset.Host {
	all := counted{sources: map[netset.Host]*Source{}}
	for _, v := range verdicts {
		if n := c[v]; n != nil {
			for _, s := range n.sources {
				all.meet([]Source{*s}, order)
			}
		}
	}
	list := make([]Source, 0, len(all.sources))
	for _, s := range all.sources {
		list = append(list, *s)
	}
	sourcehost.Sort(list, order)
	addrs := make([]netset.Host, len(list))
	for i, s := range list {
		addrs[i] = s.Addr
	}
	return addrs
}
