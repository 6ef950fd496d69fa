package beacon

import (
	"net/netip"
	"slices"
	"time"

	"beacon/internal/netset"
)

// context is what the other pairs of a log say about one.
type context struct {
	sources int                       // sources seen in all
	timed   map[netset.Host][]partner // services that a source calls in a significant rhythm
}

// partner is another service that a source calls in a rhythm.
type partner struct {
	service
	period time.Duration
}

// newContext gathers the rhythms of each source.
func newContext(list []*Candidate, d Decision, totals PairTotals) context {
	c := context{sources: totals.Sources, timed: map[netset.Host][]partner{}}
	for _, r := range list {
		if r.Q <= d.FDR && r.Test != "" {
			c.timed[r.Source] = append(c.timed[r.Source], partner{r.service(), r.Period})
		}
	}
	return c
}

// servers returns the destinations of the source's rhythms on a port whose periods are, to
// a share, the one given; those of a rotation are all its own.
func (c context) servers(r *Candidate, period time.Duration, margin float64) []netset.Host {
	list := r.hosts()
	for _, p := range c.timed[r.Source] {
		if p.port == r.Port && within(period, p.period, margin) && !slices.Contains(list, p.destination) {
			list = append(list, p.destination)
		}
	}
	return list
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

func webPort(port uint16) bool { return port == 80 || port == 443 }

// explanation is one benign reason for calls that keep time.
type explanation struct {
	short string // one word
	name  string
	fits  func(r *Candidate, c context) bool

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
	{"multicast", "multicast or broadcast: service discovery in the local network", func(r *Candidate, _ context) bool {
		return localBroadcast(r.Destination)
	}, false},
	{"ntp", "NTP: clocks are set on port 123", func(r *Candidate, _ context) bool {
		return r.Port == 123 && (r.Proto == 17 || r.Proto == 0)
	}, true},
	{"push", "push service: a keep-alive on its own port", func(r *Candidate, _ context) bool {
		switch r.Port {
		case 5222, 5223, 5228, 5229, 5230, 1883, 8883:
			return r.Period >= 30*time.Second
		}
		return false
	}, false},
	{"push", "push service: a keep-alive of 28 minutes, or of 15 with several front ends", func(r *Candidate, c context) bool {
		if r.Port != 443 || r.Jitter > limits.PushJitter {
			return false
		}
		if within(seconds(limits.PushLong), r.Period, limits.PushMargin) {
			return true
		}
		quarter := seconds(limits.PushQuarter)
		servers := c.servers(r, quarter, limits.PushMargin)
		return within(quarter, r.Period, limits.PushMargin) && len(servers) > 1 && float64(unrelated(servers)) < limits.List
	}, false},
	{"p2p", "peer-to-peer: one host keeps time with many peers, each on a high port of its own", func(r *Candidate, c context) bool {
		ports := map[uint16]bool{r.Port: true}
		n := 0
		for _, s := range c.timed[r.Source] {
			if s.service != r.service() && s.port >= ephemeral {
				ports[s.port] = true
				n++
			}
		}
		return r.Port >= ephemeral && float64(n) >= limits.Peers && 2*len(ports) > n
	}, true}, {"prevalence", "prevalence: most internal hosts call this service", func(r *Candidate, c context) bool {
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
