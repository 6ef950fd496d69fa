package simulate

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"beacon/internal/stats"
)

// Seconds.
const (
	hour = 3600.0
	day  = 24 * hour
)

// The kinds of planted beacons, in the order in which they take turns.
const (
	KindSleep    = "sleep"    // sleeps between calls
	KindClock    = "clock"    // locked to a clock
	KindHours    = "hours"    // sleeps, and works from 9 to 17 h on weekdays only
	KindSwitch   = "switch"   // sleeps, and from noon on for longer
	KindOnce     = "once"     // sleeps, and is there for an hour only
	KindRetries  = "retries"  // sleeps, and tries each call again after 1 s and 3 s
	KindHosts    = "hosts"    // several hosts call one destination in the same rhythm
	KindRotating = "rotating" // one host calls several destinations in one rhythm
)

// BeaconKinds are the kinds of planted beacons.
var BeaconKinds = []string{KindSleep, KindClock, KindHours, KindSwitch, KindOnce, KindRetries, KindHosts, KindRotating}

// beaconsPlan is who calls whom, and when, in a log of beacons.
type beaconsPlan struct {
	cfg      BeaconsConfig
	book     *addressBook
	sites    *sites // nil in a log without names
	hosts    []netip.Addr
	sources  []source
	rhythmic []Rhythmic
}

func newBeaconsPlan(cfg BeaconsConfig) *beaconsPlan {
	p := &beaconsPlan{cfg: cfg, book: newAddressBook(newDice(cfg.Seed))}
	for i := range cfg.Hosts {
		p.hosts = append(p.hosts, netip.AddrFrom4([4]byte{10, 20, byte(i / 250), byte(i%250 + 2)}))
	}
	return p
}

// public draws an unused public address.
func (p *beaconsPlan) public() netip.Addr {
	return p.book.draw(func() [4]byte {
		for {
			a := [4]byte{byte(p.book.d.between(1, 223)), byte(p.book.d.below(256)), byte(p.book.d.below(256)), byte(p.book.d.between(1, 254))}
			if a[0] != 10 && a[0] != 127 && !usuallyInternal(a) {
				return a
			}
		}
	})
}

// publics draws n of them.
func (p *beaconsPlan) publics(n int) []netip.Addr {
	all := make([]netip.Addr, n)
	for i := range all {
		all[i] = p.public()
	}
	return all
}

// chance gives the next source's own chance, independent of all others'.
func (p *beaconsPlan) chance() *rand.Rand {
	return rand.New(rand.NewPCG(p.cfg.Seed, uint64(len(p.sources)+1)))
}

// add adds a source, and with it the pairs that it makes, if it keeps time.
func (p *beaconsPlan) add(s source, rhythm *Rhythmic) {
	if rhythm != nil {
		for _, to := range s.to {
			pair := *rhythm
			pair.Source, pair.Destination, pair.Port = s.host, to, s.port
			s.pairs = append(s.pairs, len(p.rhythmic))
			p.rhythmic = append(p.rhythmic, pair)
		}
	}
	p.sources = append(p.sources, s)
}

// The volume of benign traffic, per host.
const (
	favourites    = 6  // sites that a person goes back to
	siteFlows     = 60 // flows a day to each
	polls         = 2  // destinations polled at random
	pollFlows     = 48 // flows a day to each
	strays        = 40 // flows a day to anywhere
	pushEvery     = 300.0
	updateEvery   = hour
	ntpEvery      = 1024.0
	benignJitter  = 0.02
	switchToEvery = 900.0
)

// benign plans what every host does.
func (p *beaconsPlan) benign() {
	sites, pollable := p.publics(siteCount), p.publics(100)
	anywhere, ntp := p.publics(400), p.publics(4)
	push, update := p.publics(1), p.publics(1)
	for _, host := range p.hosts {
		for range favourites {
			r := p.chance()
			next := workingHours(stats.Human(r, 3*siteFlows/day, stats.Browsing), p.cfg.Start)
			// Popular sites are drawn more often.
			u := r.Float64()
			site := int(u * u * siteCount)
			p.add(source{r: r, next: next, host: host, to: p.sites.at(site, sites[site:][:1]), names: p.sites.name(site), port: 443, proto: TCP, bytes: 800, spread: 40_000}, nil)
		}
		for range polls {
			r := p.chance()
			p.add(source{r: r, next: stats.Poisson(r, pollFlows/day), host: host, to: pollable[r.IntN(100):][:1], port: 443, proto: TCP, bytes: 500, spread: 3_000}, nil)
		}
		r := p.chance()
		p.add(source{r: r, next: workingHours(stats.Poisson(r, 3*strays/day), p.cfg.Start), host: host, to: anywhere, port: 80, proto: TCP, bytes: 400, spread: 9_000}, nil)

		r = p.chance()
		p.add(source{r: r, next: stats.Sleep(r, ntpEvery, benignJitter), host: host, to: ntp[r.IntN(4):][:1], port: 123, proto: UDP, bytes: 76},
			&Rhythmic{Kind: "ntp", Period: seconds(ntpEvery), Jitter: benignJitter})
		r = p.chance()
		p.add(source{r: r, next: stats.Sleep(r, pushEvery, benignJitter), host: host, to: push, port: 5223, proto: TCP, bytes: 140, spread: 20},
			&Rhythmic{Kind: "push", Period: seconds(pushEvery), Jitter: benignJitter})
		r = p.chance()
		p.add(source{r: r, next: stats.Clock(r, updateEvery, benignJitter), host: host, to: update, port: 443, proto: TCP, bytes: 1_500, spread: 200},
			&Rhythmic{Kind: "update", Period: seconds(updateEvery), Clock: true, Jitter: benignJitter})
		if p.sites != nil {
			r = p.chance()
			p.add(source{r: r, next: workingHours(stats.Human(r, 3*favourites*siteFlows/day, stats.Browsing), p.cfg.Start), host: host, names: p.sites.names, port: 53, proto: UDP, bytes: 60, spread: 40}, nil)
		}
	}
}

// plant plans the beacons. Their hosts are drawn, so that one may have several.
func (p *beaconsPlan) plant() {
	d := p.book.d
	kinds := p.cfg.Kinds
	if kinds == nil {
		kinds = BeaconKinds
	}
	for i := range p.cfg.Beacons {
		kind := kinds[i%len(kinds)]
		if program, ok := FindProgram(kind); ok {
			p.program(program, i+1)
			continue
		}
		b := Rhythmic{
			Beacon: i + 1,
			Kind:   kind,
			Period: p.beaconPeriod(kind),
			Jitter: pick(d, []float64{0, .1, .2, .3, .5}),
			Miss:   pick(d, []float64{0, 0, .1, .2}),
		}
		hosts, to := 1, 1
		switch b.Kind {
		case KindClock:
			b.Clock, b.Jitter = true, min(b.Jitter, .1)
		case KindSwitch:
			b.Then = seconds(switchToEvery)
		case KindHosts:
			hosts = min(d.between(3, 6), len(p.hosts))
		case KindRotating:
			to = d.between(3, 5)
		}
		port := pick(d, []uint16{443, 443, 80, 8080, 8443, 4444})
		destinations, first := p.publics(to), d.below(len(p.hosts))
		for h := range hosts {
			r := p.chance()
			p.add(source{
				r: r, next: p.calls(r, b), host: p.hosts[(first+h)%len(p.hosts)], to: destinations,
				port: port, proto: TCP, bytes: int64(d.between(200, 2_000)), spread: d.below(40),
			}, &b)
		}
	}
}

// program plans one program on a host that is drawn, as the beacon with a number if it is
// malware.
func (p *beaconsPlan) program(program Program, number int) {
	d := p.book.d
	r := p.chance()
	run := program.Run(r, p.cfg.Days*day)
	to := p.publics(run.Servers)
	switch {
	case run.OneNetwork:
		to = p.neighbours(run.Servers)
	case run.Fronted:
		to = p.sites.some(run.Servers)
	}
	script := &script{calls: run.Calls, pairOf: map[Call]int{}}
	s := source{
		r: r, next: script.next, host: p.hosts[d.below(len(p.hosts))], to: to, script: script,
		bytes: int64(d.between(200, 2_000)), spread: d.below(40),
	}
	b := Rhythmic{Source: s.host, Kind: program.Name, Period: run.Period}
	if program.C2 {
		b.Beacon = number
	}
	for _, c := range run.Calls {
		if _, ok := script.pairOf[c.pair()]; !ok {
			script.pairOf[c.pair()] = len(p.rhythmic)
			if b.Name, b.Port = run.Name, c.Port; run.Name == "" {
				b.Destination = to[c.Server]
			}
			p.rhythmic = append(p.rhythmic, b)
		}
	}
	p.sources = append(p.sources, s)
}

// neighbours draws n unused public addresses of one /24.
func (p *beaconsPlan) neighbours(n int) []netip.Addr {
	b := p.public().As4()
	all := make([]netip.Addr, n)
	for i := range all {
		all[i] = p.book.draw(func() [4]byte {
			b[3] = byte(p.book.d.between(1, 254))
			return b
		})
	}
	return all
}

// beaconPeriod draws a period of whole seconds, evenly by its logarithm, from 10 s to
// an hour or a fiftieth of the log; of a beacon that is there for an hour, to 2 min.
func (p *beaconsPlan) beaconPeriod(kind string) time.Duration {
	const shortest = 10.0
	longest := min(hour, p.cfg.Days*day/50)
	switch kind {
	case KindOnce:
		longest = min(longest, 120)
	case KindSwitch:
		longest = min(longest, 300)
	}
	longest = max(longest, shortest)
	return seconds(math.Round(shortest * math.Pow(longest/shortest, p.book.d.unit())))
}

// calls returns the calls of a beacon, s after the start.
func (p *beaconsPlan) calls(r *rand.Rand, b Rhythmic) stats.Process {
	sleep := stats.Sleep(r, b.Period.Seconds(), b.Jitter)
	end := p.cfg.Days * day
	switch b.Kind {
	case KindClock:
		return stats.Miss(r, stats.Clock(r, b.Period.Seconds(), b.Jitter), b.Miss)
	case KindHours:
		return workingHours(stats.Miss(r, sleep, b.Miss), p.cfg.Start)
	case KindSwitch:
		noon := min(day/2, end/2)
		return stats.Miss(r, sequence(sleep, stats.Sleep(r, b.Then.Seconds(), b.Jitter), noon), b.Miss)
	case KindOnce:
		from := r.Float64() * max(end-hour, 0)
		return stats.Miss(r, window(sleep, from, from+hour), b.Miss)
	case KindRetries:
		return retries(stats.Miss(r, sleep, b.Miss))
	}
	return stats.Miss(r, sleep, b.Miss)
}

// workingHours keeps the events from 9 to 17 h UTC on weekdays.
func workingHours(p stats.Process, start time.Time) stats.Process {
	begin := start.UTC()
	return func() float64 {
		for {
			at := p()
			if atWork(begin.Add(seconds(at))) {
				return at
			}
		}
	}
}

// sequence is p until a time and then q, which starts at that time.
func sequence(p, q stats.Process, until float64) stats.Process {
	switched := false
	return func() float64 {
		if !switched {
			if at := p(); at < until {
				return at
			}
			switched = true
		}
		return until + q()
	}
}

// window is p, started at one time and ended at another.
func window(p stats.Process, from, to float64) stats.Process {
	return func() float64 {
		if at := from + p(); at < to {
			return at
		}
		return math.Inf(1)
	}
}

// retries follows every event by two more, 1 s and 3 s later, as TCP does for a call
// that isn't answered; those that the next event comes before are left out.
func retries(p stats.Process) stats.Process {
	after := [...]float64{0, 1, 3}
	at, next, tries := p(), p(), 0
	return func() float64 {
		if tries == len(after) || at+after[tries] >= next {
			at, next, tries = next, p(), 0
		}
		tries++
		return at + after[tries-1]
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
