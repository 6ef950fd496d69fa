package eval

import (
	"math"

	"beacon/internal/stats"
)

// services is how programs that are no malware keep time.
//
// Sources: Dropbox's long poll of 30 s with up to 90 s of random delay (its API,
// list_folder/longpoll); NTP's polls of 64 to 1,024 s (RFC 5905); BitTorrent peers'
// keep-alives each 2 min (BEP 3) and DHT pings after 15 min (BEP 5); a mail program's
// 10 min, Thunderbird's default; RFC 3948's keep-alive of 20 s and SIP's of 95 to 120 s
// (RFC 5626); push services at 28 min over mobile and 15 over fixed networks.
var services = []scenario{
	{"a person alone, one day", "", day, func(h *hostLog) {}},
	{"a person alone, a week", "", week, func(h *hostLog) {}},
	{"tabs reloaded each 60 s while a page is looked at", "", week, func(h *hostLog) {
		for _, to := range h.servers(8) {
			h.calls(to, 443, protoTCP, visits(h, 60, 4*minute))
		}
	}},
	{"tabs reloaded each 30 s, left open for half an hour", "", week, func(h *hostLog) {
		for _, to := range h.servers(8) {
			h.calls(to, 443, protoTCP, visits(h, 30, 30*minute))
		}
	}},
	{"mail each 10 min at work", "Thunderbird", week, func(h *hostLog) {
		h.calls(h.server(), 993, protoTCP, weekdays(stats.Until(stats.Sleep(h.r, 10*minute, .003), h.span)))
	}},
	{"cloud files: long polls at four front ends", "list_folder/longpoll", 2 * day, func(h *hostLog) {
		farm := h.farm(4)
		for t, k := 0.0, 0; t < h.span; {
			if h.r.IntN(20) == 0 {
				k = h.r.IntN(4)
			}
			h.calls(farm[k], 443, protoTCP, []float64{t})
			t += 30 + 90*h.r.Float64()
		}
	}},
	{"telemetry each hour, two servers", "", week, func(h *hostLog) {
		for _, to := range h.servers(2) {
			h.calls(to, 443, protoTCP, h.jittered(stats.Until(stats.Clock(h.r, hour, .0005), h.span), 1))
		}
	}},
	{"antivirus updates: 10 min over 14 servers, five networks", "", week, func(h *hostLog) {
		pool := append(append(h.farm(6), h.farm(4)...), append(h.farm(2), h.servers(2)...)...)
		for _, t := range h.jittered(stats.Until(stats.Clock(h.r, 10*minute, .0005), h.span), 1) {
			h.calls(pool[h.r.IntN(len(pool))], 80, protoTCP, []float64{t})
		}
	}},
	{"a service behind two neighbouring servers, 10 min", "", 2 * day, func(h *hostLog) {
		for _, to := range h.farm(2) {
			h.calls(to, 443, protoTCP, stats.Until(stats.Miss(h.r, stats.Sleep(h.r, 10*minute, .002), .3), h.span))
		}
	}},
	{"settings each 15 min, three front ends", "", day, func(h *hostLog) {
		for _, to := range append(h.farm(2), h.server()) {
			h.calls(to, 443, protoTCP, h.jittered(stats.Until(stats.Sleep(h.r, 15*minute, .0003), h.span), .5))
		}
	}},
	{"push: 28 min", "", 2 * day, func(h *hostLog) {
		h.calls(h.server(), 443, protoTCP, stats.Until(stats.Sleep(h.r, 28*minute, .0005), h.span))
	}},
	{"peers: 30 of a torrent, 2 min", "BEP 3", 4 * hour, func(h *hostLog) {
		for _, to := range h.servers(30) {
			at := shift(stats.Until(stats.Sleep(h.r, 2*minute, .01), (.3+.7*h.r.Float64())*hour), h.r.Float64()*2*hour)
			h.calls(to, uint16(1025+h.r.IntN(64000)), protoUDP, at)
		}
	}},
	{"time from a pool of four", "RFC 5905", day, func(h *hostLog) {
		for _, to := range h.servers(4) {
			h.calls(to, 123, protoUDP, stats.Until(stats.Sleep(h.r, math.Pow(2, float64(6+h.r.IntN(5))), .02), h.span))
		}
	}},
	{"calls: keep-alive of 20 s, two hours of a day", "RFC 3948", day, func(h *hostLog) {
		at := h.jittered(stats.Until(stats.Sleep(h.r, 20, .001), hour), .1)
		h.calls(h.server(), 4500, protoUDP, append(shift(at, 10*hour), shift(append([]float64(nil), at...), 4*hour)...))
	}},
	{"certificates: 30 servers now and then on the half hour", "", 2 * day, func(h *hostLog) {
		for _, to := range h.servers(30) {
			h.calls(to, 80, protoTCP, h.jittered(stats.Until(stats.Miss(h.r, stats.Clock(h.r, 30*minute, .0005), .9), h.span), 2))
		}
	}},
	{"certificates: one of 12 servers each half hour, a week", "", week, func(h *hostLog) {
		pool := h.servers(12)
		for _, t := range h.jittered(stats.Until(stats.Clock(h.r, 30*minute, .0005), h.span), 5) {
			h.calls(pool[h.r.IntN(len(pool))], 80, protoTCP, []float64{t})
		}
	}},
	{"a television: ads and tallies after each film", "", week, func(h *hostLog) {
		for _, to := range h.servers(10) {
			for _, t := range stats.Until(stats.Poisson(h.r, 3/day), h.span) {
				h.calls(to, 443, protoTCP, h.jittered([]float64{t, t + 10, t + 20, t + 30}[:1+h.r.IntN(4)], .2))
			}
		}
	}},
}

// visits are looks at a page that reloads itself: three a day at work, of so long on
// average.
func visits(h *hostLog, period, length float64) (at []float64) {
	for _, t := range weekdays(stats.Until(stats.Poisson(h.r, 9/day), h.span)) {
		for end := t + length*h.r.ExpFloat64(); t <= end; t += period + .3*h.r.Float64() {
			at = append(at, t)
		}
	}
	return at
}
