package eval

import (
	"math"
	"net/netip"

	"beacon/internal/netset"
	"beacon/internal/stats"
)

// connectTimeout is how long Windows 7 tries to connect: SYN at 0, 3 and 9 s, given up
// at 21 s (Microsoft, KB2786464). A log has one flow of an attempt, for the port stays.
const connectTimeout = 21.0

const week = 7 * day

// families is how malware is known to call home.
//
// Sources: TrickBot's servers and ports from the weekly analyses of its configurations
// (escinsecurity.blogspot.com, 2018: some 20 to 40 servers of a version, on 443 and 449,
// a few in one /24); Emotet's from the list that Intel 471 published in November 2021
// (20 servers on 8080, 443, 7080 and 80, two of them neighbours); Mirai from its
// source, mirai/bot/main.c (a ping in 6 waits of 10 s, a reconnect after 1 to 10 s);
// Cobalt Strike from its documentation (sleep 60000 ms, jitter 0 by default).
var families = []scenario{
	{"TrickBot: 40 servers in turn, the dead time out", "escinsecurity", week, func(h *hostLog) {
		inTurn(h, trickBot(h), 5*minute)
	}},
	{"TrickBot: 40 servers in turn, the dead tried thrice", "escinsecurity, KB2786464", week, func(h *hostLog) {
		list, at := trickBot(h), make([][]float64, 40)
		for k, t := 0, 0.0; t < h.span; k++ {
			i, n := k%40, 1
			if i%2 == 0 {
				n = 3
			}
			at[i] = append(at[i], tries(h, []float64{t}, n)...)
			if t += minute + connectTimeout*float64(n-1) + .05*h.r.Float64(); h.r.IntN(500) == 0 {
				t += 3 * hour * h.r.ExpFloat64() // switched off
			}
		}
		h.list(list, at)
	}},
	{"TrickBot: 40 servers in turn, a round in 15 min", "escinsecurity", 2 * day, func(h *hostLog) {
		list, at := trickBot(h), make([][]float64, 40)
		for t := 0.0; t < h.span; t += 15 * minute {
			for i := range list {
				at[i] = append(at[i], t+connectTimeout*float64(i)+.3*h.r.Float64())
			}
		}
		h.list(list, at)
	}},
	{"TrickBot: keeps to a server for hours, 10 min", "escinsecurity", week, func(h *hostLog) { keeping(h, trickBot(h), 10*minute, .1) }},
	{"TrickBot: keeps to a server for hours, 1 min", "escinsecurity", week, func(h *hostLog) { keeping(h, trickBot(h), minute, .05) }},
	{"TrickBot: one of 12 by lot, each 10 min by the clock", "escinsecurity", week, func(h *hostLog) {
		byLot(h, trickBot(h)[:12], stats.Until(stats.Clock(h.r, 10*minute, .001), h.span), 1)
	}},
	{"TrickBot: one of 20 by lot, sleeps 5 min sharp", "escinsecurity", week, func(h *hostLog) {
		byLot(h, trickBot(h)[:20], stats.Until(stats.Sleep(h.r, 5*minute+.4, .0005), h.span), 1)
	}},
	{"TrickBot: one of 40 by lot, three tries each", "escinsecurity, KB2786464", week, func(h *hostLog) {
		byLot(h, trickBot(h), stats.Until(stats.Sleep(h.r, 4*minute, .2), h.span), 3)
	}},
	{"TrickBot: 12 polled at a time, pauses and reboots", "escinsecurity", week, func(h *hostLog) {
		list := trickBot(h)[:12]
		off := stats.Until(stats.Poisson(h.r, 2/day), h.span)
		for _, s := range list {
			var at []float64
			for _, t := range stats.Until(stats.Miss(h.r, stats.Sleep(h.r, 3*minute, .03), .1), h.span) {
				if !within(t, off, hour) {
					at = append(at, t)
				}
			}
			h.command(netset.HostOf(s.Addr()), s.Port(), protoTCP, at)
		}
	}},
	{"Cobalt Strike: 60 s, jitter 0", "documentation", 2 * day, sleeper(443, 60, 0, false)},
	{"Cobalt Strike: 60 s, jitter 50%, at work", "documentation", week, sleeper(443, 60, .33, true)},
	{"Cobalt Strike: 60 s over ICMP", "", day, func(h *hostLog) {
		h.command(h.server(), 0, protoICMP, stats.Until(stats.Sleep(h.r, 60, .2), h.span))
	}},
	{"Cobalt Strike: 60 s over DNS, a server of its own", "documentation", day, func(h *hostLog) {
		for _, to := range h.servers(1) {
			h.command(to, 53, protoUDP, stats.Until(stats.Sleep(h.r, 60, .1), h.span))
		}
	}},
	{"Emotet: in turn, 15 min", "Intel 471", week, func(h *hostLog) { inTurn(h, emotet(h), 15*minute) }},
	{"Emotet: keeps to a server for hours, 15 min", "Intel 471", week, func(h *hostLog) { keeping(h, emotet(h), 15*minute, .1) }},
	{"Emotet: six at a time, 15 min sharp", "Intel 471", 2 * day, func(h *hostLog) {
		for _, s := range emotet(h)[:6] {
			h.command(netset.HostOf(s.Addr()), s.Port(), protoTCP, stats.Until(stats.Sleep(h.r, 15*minute, .005), h.span))
		}
	}},
	{"Mirai: flow records of a connection, 60 s", "main.c", day, sleeper(23, 60, .005, false)},
	{"Mirai: reconnects after 1 to 10 s, refused", "main.c", 2 * hour, func(h *hostLog) {
		t, at := 0.0, []float64(nil)
		for t < h.span {
			at = append(at, t)
			t += 1 + float64(h.r.IntN(10)) + .05*h.r.Float64()
		}
		h.command(h.server(), 48101, protoTCP, at)
	}},
	{"IoT bot: reconnects each 180 s", "", day, sleeper(6667, 180, .02, false)},
	{"polls a dead server each 10 min, three tries", "KB2786464", 2 * day, func(h *hostLog) {
		h.command(h.server(), 443, protoTCP, tries(h, stats.Until(stats.Sleep(h.r, 10*minute, .1), h.span), 3))
	}},
	{"polls at work: 30 s", "", week, sleeper(80, 30, .1, true)},
	{"polls at work: 5 min", "", week, sleeper(80, 300, .2, true)},
	{"polls at work: 30 min", "", week, sleeper(443, 1800, .2, true)},
	{"polls each 4 h", "", week, sleeper(443, 4*hour, .1, false)},
	{"long polls of 30 s, a tenth cut short", "", day, func(h *hostLog) {
		t, at := 0.0, []float64(nil)
		for t < h.span {
			at = append(at, t)
			if wait := 30 + .5*h.r.Float64(); h.r.IntN(10) == 0 {
				t += wait * h.r.Float64()
			} else {
				t += wait
			}
		}
		h.command(h.server(), 8080, protoTCP, at)
	}},
}

// sleeper is a bot with one server.
func sleeper(port uint16, period, jitter float64, work bool) func(h *hostLog) {
	return func(h *hostLog) {
		at := stats.Until(stats.Sleep(h.r, period, jitter), h.span)
		if work {
			at = weekdays(at)
		}
		h.command(h.server(), port, protoTCP, at)
	}
}

// trickBot draws a list of 40 servers, two of them neighbours.
func trickBot(h *hostLog) []netip.AddrPort {
	hosts := append(h.servers(38), h.farm(2)...)
	list := make([]netip.AddrPort, len(hosts))
	for i, a := range hosts {
		list[i] = netip.AddrPortFrom(a.Addr, [...]uint16{443, 443, 443, 449, 449, 447, 8082}[h.r.IntN(7)])
	}
	h.r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}

// emotet draws a list of 20 servers, two of them neighbours.
func emotet(h *hostLog) []netip.AddrPort {
	hosts := append(h.servers(18), h.farm(2)...)
	list := make([]netip.AddrPort, len(hosts))
	for i, a := range hosts {
		list[i] = netip.AddrPortFrom(a.Addr, [...]uint16{8080, 8080, 8080, 8080, 8080, 443, 443, 443, 7080, 80}[i%10])
	}
	h.r.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
	return list
}

// list adds the calls to every server of a list.
func (h *hostLog) list(list []netip.AddrPort, at [][]float64) {
	for i, s := range list {
		h.command(netset.HostOf(s.Addr()), s.Port(), protoTCP, at[i])
	}
}

// inTurn calls server after server, each so long after the last was done with: half
// are dead, and time out.
func inTurn(h *hostLog, list []netip.AddrPort, pause float64) {
	at := make([][]float64, len(list))
	for k, t := 0, 0.0; t < h.span; k++ {
		i := k % len(list)
		at[i] = append(at[i], t)
		t += pause*(1+.02*(2*h.r.Float64()-1)) + 2*h.r.Float64()
		if i%2 == 0 {
			t += connectTimeout
		}
	}
	h.list(list, at)
}

// keeping polls one server until it fails, some hours, and goes on to another.
func keeping(h *hostLog, list []netip.AddrPort, period, jitter float64) {
	at := make([][]float64, len(list))
	for t := 0.0; t < h.span; {
		i, left := h.r.IntN(len(list)), 2*hour+h.r.ExpFloat64()*4*hour
		next := stats.Sleep(h.r, period, jitter)
		for c := next(); c < left; c = next() {
			at[i] = append(at[i], t+c)
		}
		t += left
	}
	h.list(list, at)
}

// byLot draws a server for every call, and tries it so many times.
func byLot(h *hostLog, list []netip.AddrPort, calls []float64, attempts int) {
	at := make([][]float64, len(list))
	for _, t := range calls {
		i := h.r.IntN(len(list))
		at[i] = append(at[i], tries(h, []float64{t}, attempts)...)
	}
	h.list(list, at)
}

// tries makes every call so many times, each after the last one's time-out.
func tries(h *hostLog, calls []float64, attempts int) (at []float64) {
	for _, t := range calls {
		for k := range attempts {
			at = append(at, t+connectTimeout*float64(k)+.05*h.r.Float64())
		}
	}
	return at
}

// within tells whether a time is less than so long after one of some moments.
func within(t float64, moments []float64, length float64) bool {
	i := math.Inf(1)
	for _, m := range moments {
		if t >= m {
			i = math.Min(i, t-m)
		}
	}
	return i < length
}
