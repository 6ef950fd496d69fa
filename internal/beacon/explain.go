package beacon

import (
	"math"
	"net/netip"
	"time"

	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// context is what the other pairs of a log say about one: how many hosts could share
// its destination, and how many destinations share its rhythm.
type context struct {
	sources int                      // sources seen in all
	periods map[netip.Addr][]partner // rhythms of a source, in the order of the pairs
	known   []Known                  // the analyst's own explanations
}

type partner struct {
	service
	first  int64 // ns since the epoch
	period time.Duration
	miss   float64
	alone  bool // no other destination of the source's rhythms is in its provider's network
}

// newContext gathers the rhythms of each source.
func newContext(list []*Candidate, d Decision, totals PairTotals) context {
	c := context{sources: totals.Sources, periods: map[netip.Addr][]partner{}, known: d.Known}
	for _, r := range list {
		if r.Q <= d.FDR && r.Test != "" {
			c.periods[r.Source] = append(c.periods[r.Source], partner{service: r.service(), first: r.First, period: r.Period, miss: r.Miss})
		}
	}
	for _, partners := range c.periods {
		networks := map[netip.Prefix]map[netip.Addr]bool{}
		for _, p := range partners {
			n := providerOf(p.destination)
			if networks[n] == nil {
				networks[n] = map[netip.Addr]bool{}
			}
			networks[n][p.destination] = true
		}
		for i, p := range partners {
			partners[i].alone = len(networks[providerOf(p.destination)]) == 1
		}
	}
	return c
}

// sharing counts the source's other rhythms that are like this one.
func (c context) sharing(r *Candidate, like func(p partner) bool) int {
	n := 0
	for _, p := range c.periods[r.Source] {
		if p.service != r.service() && like(p) {
			n++
		}
	}
	return n
}

// onList tells whether this rhythm is that of a list: many servers called at one pace,
// each alone in its network. A service's servers stand together; malware's are hacked or
// hired machines anywhere, though two of forty may be neighbours.
//
// Note: TrickBot's lists of 2018 have two servers of one /24, and so has Emotet's of
// November 2021, of 20: neighbours alone are no sign of a service. To ask of a service
// that most of its servers have another in their /16 is too much: of three front ends
// of Windows's 15 minutes two have, and a host has other rhythms of round minutes.
func (c context) onList(r *Candidate) bool {
	servers := map[netip.Addr]bool{}
	for _, p := range c.periods[r.Source] {
		if p.alone && within(r.Period, p.period, listMargin) {
			servers[p.destination] = true
		}
	}
	return len(servers) >= listServers
}

// oneClock tells whether two rhythms are of one schedule by the wall clock: of a round
// period, with one phase. The system's scheduler keeps to it, and CDNs answer anywhere; a
// bot that sleeps between calls drifts off it.
//
// Note: of twelve servers anywhere that are asked for certificates each half hour of a
// week, .19 of the log's pairs would be beacons without it and .03 are.
func oneClock(r *Candidate, p partner) bool {
	period := rhythm.RoundPeriod(float64(r.Period), float64(r.Last-r.First))
	if period == 0 || !within(r.Period, p.period, clockMargin) {
		return false
	}
	cycles := float64(p.first-r.First) / period
	return math.Abs(cycles-math.Round(cycles)) <= clockMargin
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
func neighbours(a, b netip.Addr) bool {
	p := network(a, 24, 64)
	return p.IsValid() && p.Contains(b)
}

// providerOf returns the /16 or /32 of an address, about what a registry gives to a
// provider.
func providerOf(a netip.Addr) netip.Prefix { return network(a, 16, 32) }

// network returns the network of an address, of so many bits in IPv4 and in IPv6.
func network(a netip.Addr, bits4, bits6 int) netip.Prefix {
	bits := bits4
	if a.Is6() {
		bits = bits6
	}
	p, _ := a.Prefix(bits) // fails of no address: the zero prefix, which contains none
	return p
}

func webPort(port uint16) bool { return port == 80 || port == 443 }

// explanation is one benign reason for calls that keep time.
type explanation struct {
	short string // one word
	name  string
	fits  func(r *Candidate, c context) bool
}

// Thresholds of the explanations.
const (
	prevalentHosts   = 12              // sources of a destination that everybody calls...
	prevalentShare   = 0.5             // ...and their share of all sources
	peers            = 6               // other rhythms of a peer-to-peer host
	ephemeral        = 1024            // peers listen on high ports, each on its own
	poolServers      = 8               // other servers that share a scattered schedule
	poolMiss         = 0.7             // share of the schedule's calls that went to the others
	poolMost         = 60              // more is no pool, but many rhythms
	listServers      = 5               // servers of one pace, each alone in its network, are a list...
	listMargin       = 0.01            // ...if their periods are so near
	clockMargin      = 0.05            // share of a period that calls by one clock may lie apart
	frontEnds        = 4               // servers of a service in one network, at most
	frontJitter      = 0.06            // theirs is a plain timer, and a slow network
	sharedSchedule   = 5 * time.Minute // front ends of a service share one no faster
	pushQuarter      = 15 * time.Minute
	pushLong         = 28 * time.Minute
	pushJitter       = 0.03 // a keep-alive is a plain timer
	pushPeriodMargin = 0.01
)

// explanations are tried in order; each is a matter of protocol, pace or context, and
// names no address.
var explanations = []explanation{
	{"multicast", "multicast or broadcast: service discovery in the local network", func(r *Candidate, _ context) bool {
		return localBroadcast(r.Destination)
	}},
	{"ntp", "NTP: clocks are set on port 123", func(r *Candidate, _ context) bool {
		return r.Port == 123 && (r.Proto == 17 || r.Proto == 0)
	}},
	{"push", "push service: a keep-alive on its own port", func(r *Candidate, _ context) bool {
		switch r.Port {
		case 5222, 5223, 5228, 5229, 5230, 1883, 8883:
			return r.Period >= 30*time.Second
		}
		return false
	}},
	{"push", "push service: a keep-alive of 28 minutes, or of 15 with several front ends", func(r *Candidate, c context) bool {
		if r.Port != 443 || r.Jitter > pushJitter {
			return false
		}
		quarter := func(p partner) bool { return p.port == 443 && within(pushQuarter, p.period, pushPeriodMargin) }
		return within(pushLong, r.Period, pushPeriodMargin) ||
			within(pushQuarter, r.Period, pushPeriodMargin) && c.sharing(r, quarter) > 0 && !c.onList(r)
	}},
	{"neighbours", "web service: neighbouring servers share this schedule", func(r *Candidate, c context) bool {
		if !webPort(r.Port) || r.Jitter > frontJitter {
			return false
		}
		n := c.sharing(r, func(p partner) bool {
			return p.port == r.Port && neighbours(p.destination, r.Destination) &&
				max(p.period, r.Period) >= sharedSchedule && commensurable(p.period, r.Period)
		})
		return 0 < n && n < frontEnds && !c.onList(r)
	}},
	{"p2p", "peer-to-peer: one host keeps time with many peers, each on a high port of its own", func(r *Candidate, c context) bool {
		ports := map[uint16]bool{r.Port: true}
		n := c.sharing(r, func(p partner) bool {
			if p.port < ephemeral {
				return false
			}
			ports[p.port] = true
			return true
		})
		return r.Port >= ephemeral && n >= peers && 2*len(ports) > n
	}},
	{"updates", "update service: one schedule spread over many servers", func(r *Candidate, c context) bool {
		scattered := func(p partner) bool { return p.port == r.Port && p.miss >= poolMiss }
		n := c.sharing(r, scattered)
		return webPort(r.Port) && r.Miss >= poolMiss && n >= poolServers && n < poolMost &&
			(!c.onList(r) || c.sharing(r, func(p partner) bool { return scattered(p) && oneClock(r, p) }) >= poolServers)
	}},
	{"prevalence", "prevalence: most internal hosts call this service", func(r *Candidate, c context) bool {
		return r.Callers >= prevalentHosts && float64(r.Callers) >= prevalentShare*float64(c.sources)
	}},
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
