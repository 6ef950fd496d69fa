package beacon

import (
	"net/netip"
	"slices"
	"time"

	"beacon/internal/netset"
)

// context holds what the other candidates of a log say about those of some sources.
type context struct {
	sources int // sources seen in all
	timed   map[netset.Host]*partners
}

// partners are the services that a source calls in a significant rhythm.
type partners struct {
	high    map[service]int          // rhythms of each service with a port that needs no privileges
	ports   map[uint16]bool          // the ports of these
	rhythms int                      // of these
	quarter map[uint16][]netset.Host // by port, the servers of rhythms of limits.PushQuarter, each once
	near    map[uint16]bool          // by port, whether these are front ends of one service; what was asked for so far
}

// newContext gathers the rhythms of each source.
func newContext(list []*Candidate, d Decision, sources int) *context {
	c := &context{sources: sources, timed: map[netset.Host]*partners{}}
	quarter := map[pairKey]bool{} // that were met
	for _, r := range list {
		if r.Q > d.FDR || r.Test == "" {
			continue
		}
		p := c.timed[r.Source]
		if p == nil {
			p = &partners{high: map[service]int{}, ports: map[uint16]bool{}, quarter: map[uint16][]netset.Host{}, near: map[uint16]bool{}}
			c.timed[r.Source] = p
		}
		s := r.service()
		if s.port >= ephemeral {
			p.high[s]++
			p.ports[s.port] = true
			p.rhythms++
		}
		key := pairKey{r.Source, s.destination, s.port}
		if within(seconds(limits.PushQuarter), r.Period, limits.PushMargin) && !quarter[key] {
			quarter[key] = true
			p.quarter[s.port] = append(p.quarter[s.port], s.destination)
		}
	}
	return c
}

// of returns the partners of a source.
func (c *context) of(source netset.Host) *partners {
	if p := c.timed[source]; p != nil {
		return p
	}
	return &partners{near: map[uint16]bool{}}
}

// peers returns how many other rhythms on high ports the source of r has, and how many
// high ports they and r have.
func (c *context) peers(r *Candidate) (rhythms, ports int) {
	p := c.of(r.Source)
	ports = len(p.ports)
	if !p.ports[r.Port] {
		ports++
	}
	return p.rhythms - p.high[r.service()], ports
}

// frontEnds tells whether the source of r, whose period is limits.PushQuarter, calls
// several servers in that rhythm on the port of r, most of which stand together.
func (c *context) frontEnds(r *Candidate) bool {
	p := c.of(r.Source)
	near, known := p.near[r.Port]
	if known && r.Parts == nil { // r is one of them
		return near
	}
	list := r.hosts()
	own := len(list)
	for _, h := range p.quarter[r.Port] {
		if !slices.Contains(list[:own], h) {
			list = append(list, h)
		}
	}
	near = len(list) > 1 && float64(unrelated(list)) < limits.List
	if r.Parts == nil {
		p.near[r.Port] = near
	}
	return near
}

// unrelated counts the servers that are alone in their provider's network, a /16 or /32.
// A service's servers stand together; malware's are hacked or hired machines anywhere,
// though two of forty may be neighbours.
func unrelated(servers []netset.Host) (n int) {
	networks := map[provider]int{}
	for _, a := range servers {
		networks[providerOf(a)]++
	}
	for _, a := range servers {
		if networks[providerOf(a)] == 1 {
			n++
		}
	}
	return n
}

// provider is who answers for a host: of an address the network, of a name the registered
// domain.
type provider struct {
	network netip.Prefix
	domain  netset.Host
}

// providerOf returns the /16 or /32 of an address, about what a registry gives to a
// provider, or the registered domain of a name.
func providerOf(h netset.Host) provider {
	if h.IsName() {
		return provider{domain: h.Domain()}
	}
	bits := 16
	if h.Addr.Is6() {
		bits = 32
	}
	p, _ := h.Addr.Prefix(bits) // fails of no address: the zero prefix
	return provider{network: p}
}

// within tells whether two periods agree to a share of the first.
func within(a, b time.Duration, share float64) bool {
	d := float64(a - b)
	return d <= share*float64(a) && -d <= share*float64(a)
}

// SamePeriod tells whether two periods may be those of one schedule: they differ by no more
// than limits.SamePeriod of the first.
func SamePeriod(a, b time.Duration) bool { return within(a, b, limits.SamePeriod) }

func webPort(port uint16) bool { return port == 80 || port == 443 }

// explanation is one benign reason for calls that keep time.
type explanation struct {
	short string // one word
	name  string
	fits  func(r *Candidate, c *context) bool

	perHost bool // the calls of a host that it explains are those of one program, whatever their destinations and periods
}

// explanationNamed returns the explanation with a name, nil if there is none.
func explanationNamed(name string) *explanation {
	i := slices.IndexFunc(explanations, func(e explanation) bool { return e.name == name })
	if i < 0 {
		return nil
	}
	return &explanations[i]
}

// explanations are tried in order; each is a matter of protocol, pace or context, and
// names no address.
var explanations = []explanation{
	{"multicast", "multicast or broadcast: service discovery in the local network", func(r *Candidate, _ *context) bool {
		return localBroadcast(r.Destination)
	}, false},
	{"ntp", "NTP: clocks are set on port 123", func(r *Candidate, _ *context) bool {
		return r.Port == 123 && (r.Proto == 17 || r.Proto == 0)
	}, true},
	{"push", "push service: a keep-alive on its own port", func(r *Candidate, _ *context) bool {
		switch r.Port {
		case 5222, 5223, 5228, 5229, 5230, 1883, 8883:
			return r.Period >= 30*time.Second
		}
		return false
	}, false},
	{"push", "push service: a keep-alive of 28 minutes, or of 15 with several front ends", func(r *Candidate, c *context) bool {
		if r.Port != 443 || r.Jitter > limits.PushJitter {
			return false
		}
		if within(seconds(limits.PushLong), r.Period, limits.PushMargin) {
			return true
		}
		return within(seconds(limits.PushQuarter), r.Period, limits.PushMargin) && c.frontEnds(r)
	}, false},
	{"p2p", "peer-to-peer: one host keeps time with many peers, each on a high port of its own", func(r *Candidate, c *context) bool {
		if r.Port < ephemeral {
			return false
		}
		n, ports := c.peers(r)
		return float64(n) >= limits.Peers && 2*ports > n
	}, true},
	{"prevalence", "prevalence: most internal hosts call this service", func(r *Candidate, c *context) bool {
		return float64(r.Callers) >= limits.PrevalentHosts && float64(r.Callers) >= limits.PrevalentShare*float64(c.sources)
	}, false},
}

// localBroadcast tells whether an address is never one host beyond the local
// network.
func localBroadcast(a netset.Host) bool {
	switch netset.KindOf(a) {
	case netset.Multicast, netset.Broadcast, netset.LinkLocal:
		return true
	}
	return false
}
