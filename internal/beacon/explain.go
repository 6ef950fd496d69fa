package beacon

import (
	"net/netip"
	"time"

	"beacon/internal/netset"
)

// company is what the other pairs tell of one: how many hosts there are to share its
// destination, how many destinations share its rhythm.
type company struct {
	sources int                      // sources seen in all
	periods map[netip.Addr][]partner // rhythms of a source, in the order of the pairs
}

type partner struct {
	service
	period time.Duration
	miss   float64
}

// keepCompany gathers the rhythms of each source.
func keepCompany(rs []PairRhythm, o RhythmOptions, census Census) company {
	c := company{sources: census.Sources, periods: map[netip.Addr][]partner{}}
	for i := range rs {
		if r := &rs[i]; r.Q <= o.FDR && r.Test != "" {
			c.periods[r.Source] = append(c.periods[r.Source], partner{r.service(), r.Period, r.Miss})
		}
	}
	return c
}

// sharing counts the source's other rhythms that are like this one.
func (c company) sharing(r *PairRhythm, like func(p partner) bool) int {
	n := 0
	for _, p := range c.periods[r.Source] {
		if p.service != r.service() && like(p) {
			n++
		}
	}
	return n
}

// oneService tells whether most of the servers that share this rhythm, r's own among
// them, have another in their provider's network. A service's servers stand together;
// malware's list is of hacked or hired machines anywhere, though two of forty may be
// neighbours.
//
// Note: TrickBot's lists of 2018 have two servers of one /24, and so has Emotet's of
// November 2021 (of 20): neighbours alone are no sign of a service.
func (c company) oneService(r *PairRhythm, like func(p partner) bool) bool {
	servers := []netip.Addr{r.Destination}
	for _, p := range c.periods[r.Source] {
		if p.port == r.Port && p.destination != r.Destination && like(p) {
			servers = append(servers, p.destination)
		}
	}
	together := 0
	for i, a := range servers {
		for k, b := range servers {
			if i != k && oneProvider(a, b) {
				together++
				break
			}
		}
	}
	return 2*together >= len(servers)
}

// within tells whether two periods agree to a share of the first.
func within(a, b time.Duration, share float64) bool {
	d := float64(a - b)
	return d <= share*float64(a) && -d <= share*float64(a)
}

// commensurable tells whether two periods are the same, or one a small multiple of the
// other.
func commensurable(a, b time.Duration) bool {
	if a > b {
		a, b = b, a
	}
	if within(a, b, 0.1) {
		return true
	}
	k := (b + a/2) / max(a, 1)
	return k <= 6 && within(b, k*a, 0.01)
}

// neighbours tells whether two addresses lie in one /24 or /64.
func neighbours(a, b netip.Addr) bool { return share(a, b, 24, 64) }

// oneProvider tells whether two addresses lie in one /16 or /32, about what a registry
// gives to a provider.
func oneProvider(a, b netip.Addr) bool { return share(a, b, 16, 32) }

// share tells whether two addresses have their first bits in common, so many of IPv4
// and of IPv6.
func share(a, b netip.Addr, bits4, bits6 int) bool {
	bits := bits4
	if a.Is6() {
		bits = bits6
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}

func webPort(port uint16) bool { return port == 80 || port == 443 }

// explanation is one benign reason for calls that keep time.
type explanation struct {
	name string
	fits func(r *PairRhythm, c company) bool
}

// Thresholds of the explanations.
const (
	prevalentHosts   = 12              // sources of a destination that everybody calls...
	prevalentShare   = 0.5             // ...and their share of all sources
	peers            = 6               // other rhythms of a peer-to-peer host
	peerPace         = 2.0             // periods of one program's peers differ by no larger factor
	ephemeral        = 1024            // peers listen on high ports, each on its own
	poolServers      = 8               // other servers that share a scattered schedule
	poolMiss         = 0.7             // share of the schedule's calls that went to the others
	poolMost         = 60              // more is no pool, but many rhythms
	frontEnds        = 4               // servers of a service in one network, at most
	frontJitter      = 0.06            // theirs is a plain timer, and a slow network
	sharedSchedule   = 5 * time.Minute // front ends of a service share one no faster
	pushQuarter      = 15 * time.Minute
	pushLong         = 28 * time.Minute
	pushJitter       = 0.03 // a keep-alive is a plain timer
	pushPeriodMargin = 0.01
)

// explanations are tried in order; each is a matter of protocol, pace or company, and
// names no address.
var explanations = []explanation{
	{"multicast or broadcast: service discovery in the local network", func(r *PairRhythm, _ company) bool {
		return localBroadcast(r.Destination)
	}},
	{"NTP: clocks are set on port 123", func(r *PairRhythm, _ company) bool {
		return r.Port == 123 && (r.Proto == 17 || r.Proto == 0)
	}},
	{"push service: a keep-alive on its own port", func(r *PairRhythm, _ company) bool {
		switch r.Port {
		case 5222, 5223, 5228, 5229, 5230, 1883, 8883:
			return r.Period >= 30*time.Second
		}
		return false
	}},
	{"push service: a keep-alive of 28 minutes, or of 15 with several front ends", func(r *PairRhythm, c company) bool {
		if r.Port != 443 || r.Jitter > pushJitter {
			return false
		}
		quarter := func(p partner) bool { return p.port == 443 && within(pushQuarter, p.period, pushPeriodMargin) }
		return within(pushLong, r.Period, pushPeriodMargin) ||
			within(pushQuarter, r.Period, pushPeriodMargin) && c.sharing(r, quarter) > 0 && c.oneService(r, quarter)
	}},
	{"web service: neighbouring servers share this schedule", func(r *PairRhythm, c company) bool {
		if !webPort(r.Port) || r.Jitter > frontJitter {
			return false
		}
		n := c.sharing(r, func(p partner) bool {
			return p.port == r.Port && neighbours(p.destination, r.Destination) &&
				max(p.period, r.Period) >= sharedSchedule && commensurable(p.period, r.Period)
		})
		return 0 < n && n < frontEnds && c.oneService(r, func(p partner) bool { return commensurable(p.period, r.Period) })
	}},
	{"peer-to-peer: one host keeps time with many peers, each on a high port of its own", func(r *PairRhythm, c company) bool {
		// Of both protocols: clients that open TCP and UDP to peers keep them at one pace.
		ports := map[uint16]bool{r.Port: true}
		n := c.sharing(r, func(p partner) bool {
			if p.port < ephemeral || !within(r.Period, p.period, peerPace-1) || !within(p.period, r.Period, peerPace-1) {
				return false
			}
			ports[p.port] = true
			return true
		})
		return r.Port >= ephemeral && n >= peers && 2*len(ports) > n
	}},
	{"update service: one schedule spread over many servers", func(r *PairRhythm, c company) bool {
		scattered := func(p partner) bool { return p.port == r.Port && p.miss >= poolMiss }
		n := c.sharing(r, scattered)
		return webPort(r.Port) && r.Miss >= poolMiss && n >= poolServers && n < poolMost && c.oneService(r, scattered)
	}},
	{"prevalence: most internal hosts call this service", func(r *PairRhythm, c company) bool {
		return r.Callers >= prevalentHosts && float64(r.Callers) >= prevalentShare*float64(c.sources)
	}},
}

// explain returns the name of the first explanation that fits, "" if none does.
func (c company) explain(r *PairRhythm) string {
	for _, e := range explanations {
		if e.fits(r, c) {
			return e.name
		}
	}
	return ""
}

// localBroadcast tells whether an address is never one host beyond the local
// network.
func localBroadcast(a netip.Addr) bool {
	switch netset.KindOf(a) {
	case netset.Multicast, netset.Broadcast, netset.LinkLocal:
		return true
	}
	return false
}
