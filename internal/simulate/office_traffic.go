package simulate

import (
	"net/netip"
	"slices"
)

// streams lists the traffic of the office, in the order in which a minute draws it.
func (o *office) streams() []stream {
	var all []stream
	for i, p := range plantedDestinations {
		switch {
		case p.addr == resolverUpstream:
			all = append(all, o.upstream(i))
		case p.shape == Diurnal:
			all = append(all, o.service(i))
		case p.shape == Flat:
			all = append(all, o.flat(i))
		}
	}
	all = append(all, o.bursts())
	for _, t := range o.net.near {
		all = append(all, o.nearMiss(t))
	}
	all = append(all, o.tail(), o.rollCall(), o.noise())
	return append(all, o.lan()...)
}

// Floors, in calls a minute, that keep each shape recognisable at any scale.
const (
	minService  = 4.
	minUpstream = 6.
	minNight    = .25 // of the upstream resolver
	minFlat     = 2.
)

// service returns a planted destination that hundreds of hosts call in office hours.
func (o *office) service(i int) stream {
	p := plantedDestinations[i]
	users := slices.Clone(o.net.staff)
	shuffle(o.dice, users)
	users = users[:len(users)*o.between(75, 95)/100]
	var busy float64 // this day's share of the peak
	return func(now minute) {
		if now.ofDay == 0 {
			busy = .92 + float64(.08*o.unit())
		}
		noise := .95 + float64(.1*o.unit())
		n := o.count(o.volume(p.peak, minService) * officeDay[max(0, now.ofDay-p.late)] * busy * noise)
		o.calls(now.atLeastOne(n), func() call {
			return call{src: users[o.skewed(len(users))], dst: p.addr, port: p.port, proto: p.proto, mark: i + 1}
		})
	}
}

// upstream returns the outside resolver: the office's day, thin at night, one source.
func (o *office) upstream(i int) stream {
	p := plantedDestinations[i]
	least := int(min(o.scale, 1)) // at scale 1 no minute is silent
	return func(now minute) {
		mean := float64(o.volume(p.peak, minUpstream)*officeDay[now.ofDay]) + o.volume(3, minNight)
		n := max(o.count(mean), least)
		o.calls(now.atLeastOne(n), func() call {
			return call{src: o.net.resolver, dst: p.addr, port: p.port, proto: p.proto, mark: i + 1}
		})
	}
}

// flatSources is how many hosts call a flat destination.
const flatSources = 21

// flat returns a beacon around the clock: 0 to peak calls a minute, day and night alike.
func (o *office) flat(i int) stream {
	p := plantedDestinations[i]
	sources := make([]netip.Addr, 0, flatSources)
	for len(sources) < flatSources {
		a := pick(o.dice, o.net.staff)
		if !slices.Contains(sources, a) && !slices.Contains(o.net.infected, a) {
			sources = append(sources, a)
		}
	}
	half := int(p.peak) / 2
	return func(now minute) {
		n := 0
		if o.volume(p.peak/2, 0) < minFlat {
			n = o.count(minFlat)
		} else {
			n = o.round(float64(o.below(half+1)+o.below(half+1)) * o.scale)
		}
		o.calls(now.atLeastOne(n), func() call {
			return call{src: pick(o.dice, sources), dst: p.addr, port: p.port, proto: p.proto, mark: i + 1}
		})
	}
}

// nearMiss is called like a service, but never in a few minutes of the hour.
func (o *office) nearMiss(t tailHost) stream {
	return func(now minute) {
		if t.slots>>now.slot&1 == 0 {
			return
		}
		n := o.count(o.volume(12, minService) * officeDay[now.ofDay])
		o.calls(now.atLeastOne(n), func() call {
			return call{src: pick(o.dice, o.net.staff), dst: t.addr, port: t.port, proto: TCP}
		})
	}
}

// tailPeak is how often a minute the tail is called at the height of the day.
const tailPeak = 370

// tail returns the thousands of outside addresses that are called now and then.
func (o *office) tail() stream {
	tail, staff := o.net.tail, o.net.staff
	return func(now minute) {
		n := o.count(o.volume(tailPeak, 0) * officeDay[now.ofDay])
		o.calls(n, func() call {
			t := &tail[o.skewed(len(tail))]
			for t.slots>>now.slot&1 == 0 {
				t = &tail[o.skewed(len(tail))]
			}
			return call{src: staff[o.skewed(len(staff))], dst: t.addr, port: t.port, proto: tailProto(t.port)}
		})
	}
}

func tailProto(port uint16) uint8 {
	if port == 123 {
		return UDP
	}
	return TCP
}

// rollCall makes every address of the office appear at least once, at any scale.
func (o *office) rollCall() stream {
	n := max(len(o.net.tail), len(o.net.inside))
	due := make([][]int, o.days*officeHours) // by working hour: who is called
	slot := make([]int, n)
	for i := range n {
		h := o.below(len(due))
		due[h] = append(due[h], i)
		slot[i] = drawSlot(o.dice, o.net.tail[i%len(o.net.tail)].slots)
	}
	return func(now minute) {
		hour := now.ofDay/60 - officeOpens
		if hour < 0 || hour >= officeHours {
			return
		}
		for _, i := range due[now.day*officeHours+hour] {
			if slot[i] != now.slot {
				continue
			}
			t := o.net.tail[i%len(o.net.tail)]
			src := o.net.inside[i%len(o.net.inside)]
			o.calls(1, func() call { return call{src: src, dst: t.addr, port: t.port, proto: tailProto(t.port)} })
		}
	}
}

const (
	officeOpens = 8 // hour of the day
	officeHours = 9
)

// noise returns what reaches the sensor from outside and leads nowhere: probes of
// the office's addresses, and traffic in transit between two outside addresses.
// Its destinations are called in all 60 slots, but never from inside.
func (o *office) noise() stream {
	tail, inside := o.net.tail, o.net.inside
	var outside []netip.Addr
	for _, t := range tail {
		if t.addr.As4()[0] != 120 {
			outside = append(outside, t.addr)
		}
	}
	from, to := outside[0], outside[1]
	ports := []uint16{22, 23, 445, 3389, 8080}
	return func(now minute) {
		o.calls(o.count(o.volume(4, .1)), func() call {
			return call{src: pick(o.dice, outside), dst: pick(o.dice, inside), port: pick(o.dice, ports), proto: TCP, mute: true}
		})
		o.calls(o.count(o.volume(2, .1)), func() call {
			return call{src: from, dst: to, port: 443, proto: TCP, mute: true}
		})
	}
}

// lan returns the traffic inside the office.
func (o *office) lan() []stream {
	n := o.net
	staff := func() netip.Addr { return n.staff[o.skewed(len(n.staff))] }
	oneOf := func(s []netip.Addr) func() netip.Addr { return func() netip.Addr { return pick(o.dice, s) } }
	only := func(a netip.Addr) func() netip.Addr { return func() netip.Addr { return a } }
	kinds := []struct {
		peak, base float64 // calls a minute at the height of the day, and around the clock
		port       uint16
		proto      uint8
		src, dst   func() netip.Addr
	}{
		{310, 4, 53, UDP, staff, only(n.resolver)},
		{190, 0, 445, TCP, staff, oneOf(n.files)},
		{110, 1, 389, TCP, staff, oneOf(n.domain)},
		{40, 0, 88, UDP, staff, oneOf(n.domain)},
		{90, 0, 993, TCP, staff, only(n.mail)},
		{30, 0, 9100, TCP, staff, oneOf(n.printers)},
		{0, 6, 123, UDP, oneOf(n.inside), oneOf(n.domain)},
		{0, 6, 0, ICMP, only(n.domain[0]), oneOf(n.inside)},
		{0, 4, 445, TCP, only(n.backup), oneOf(n.files)},
	}
	var all []stream
	for _, k := range kinds {
		all = append(all, func(now minute) {
			mean := o.volume(float64(k.peak*officeDay[now.ofDay])+k.base, 0)
			o.calls(o.count(mean), func() call {
				c := call{src: k.src(), dst: k.dst(), port: k.port, proto: k.proto, local: true}
				for c.src == c.dst {
					c.src, c.dst = k.src(), k.dst()
				}
				return c
			})
		})
	}
	return all
}
