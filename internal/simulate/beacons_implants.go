package simulate

import (
	"math"

	"beacon/internal/stats"
)

// implants is how malware calls home where it is not a plain sleeper.
//
// Sources: PoshC2 sleeps whole seconds, 5 s ± 20% by default; Cobalt Strike shortens a
// sleep by up to its jitter; Sliver adds up to its jitter (their documentation);
// TrickBot's 201 s with work between are of the Stratosphere captures; Windows tries
// a connection again after 3 and 9 s (KB2786464), Linux after 1, 3 and 7 s.
var implants = []Program{
	{"whole-seconds", "sleeps whole seconds, ±20%", true, 1, func(s *scene) {
		s.webOrNot()
		period := s.every(s.one(5, 5, 10, 20, 30, 60))
		low, high := int(math.Round(.8*period)), int(math.Round(1.2*period))
		s.each(intervals(s.r, func() float64 { return float64(s.whole(low, high)) }), func(at float64) { s.call(at, 0) })
	}},
	{"whole-seconds-twice", "two implants that sleep whole seconds, ±20%, on one server", true, 1, func(s *scene) {
		s.webOrNot()
		for range 2 {
			period := s.one(5, 5, 10, 20)
			low, high := int(math.Round(.8*period)), int(math.Round(1.2*period))
			s.each(intervals(s.r, func() float64 { return float64(s.whole(low, high)) }), func(at float64) { s.call(at, 0) })
		}
	}},
	{"high-jitter", "sleeps, jitter of 40 to 90%", true, 1, func(s *scene) {
		s.webOrNot()
		period, jitter := s.about(20, 300), s.between(.4, .9)
		s.every(period * (1 - jitter/2)) // the mean of what is shortened by up to its jitter
		s.each(intervals(s.r, func() float64 { return period * (1 - jitter*s.r.Float64()) }), func(at float64) { s.call(at, 0) })
	}},
	{"normal-jitter", "sleeps, gaps normal with a deviation of 10 to 25%", true, 1, func(s *scene) {
		s.webOrNot()
		period, sd := s.every(s.about(30, 900)), s.between(.1, .25)
		s.each(intervals(s.r, func() float64 { return period * math.Max(.1, 1+sd*s.r.NormFloat64()) }), func(at float64) { s.call(at, 0) })
	}},
	{"unreachable", "an unreachable server: two records a cycle", true, 1, func(s *scene) {
		s.webOrNot()
		retry := s.between(3, 21)
		pause := retry * s.between(1.2, 4)
		s.every(retry + pause)
		s.each(intervals(s.r, func() float64 { return retry + pause + .02*s.r.NormFloat64() }), func(at float64) {
			s.call(at, 0)
			s.call(at+retry, 0)
		})
	}},
	{"unreachable-thrice", "an unreachable server: three records, growing waits", true, 1, func(s *scene) {
		s.webOrNot()
		period := s.every(s.about(30, 600))
		s.each(stats.Sleep(s.r, period, s.one(0, .1, .2)), func(at float64) {
			for _, after := range []float64{0, 1, 3} {
				s.call(at+after*s.one(1, 1, 1.02), 0)
			}
		})
	}},
	{"backoff", "an unreachable server: waits that double, then begin again", true, 1, func(s *scene) {
		s.webOrNot()
		first, steps := s.between(5, 30), s.whole(3, 5)
		s.every(first * (math.Pow(2, float64(steps)) - 1))
		k := 0
		s.each(intervals(s.r, func() float64 { k++; return first * math.Pow(2, float64((k-1)%steps)) }), func(at float64) { s.call(at, 0) })
	}},
	{"sleep-plus-work", "sleeps when its work is done; every other time there is none", true, 1, func(s *scene) {
		s.webOrNot()
		sleep := s.every(s.about(60, 600))
		work := []float64{0, 0, 0, .03 * sleep, .07 * sleep, .3 * sleep}
		s.each(intervals(s.r, func() float64 { return sleep + work[s.r.IntN(len(work))]*s.between(.9, 1.1) }), func(at float64) { s.call(at, 0) })
	}},
	{"two-implants", "two implants of one host on one server", true, 1, func(s *scene) {
		s.webOrNot()
		for range 2 {
			s.each(stats.Sleep(s.r, s.about(10, 120), s.between(.05, .3)), func(at float64) { s.call(at, 0) })
		}
	}},
	{"pool-by-lot", "one of 2 to 10 unrelated servers by lot", true, 1, func(s *scene) {
		s.Servers = s.whole(2, 10)
		s.each(s.sleeper(s.about(30, 600), s.between(0, .2)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"pool-in-turn", "2 to 10 unrelated servers in turn", true, 1, func(s *scene) {
		s.Servers = s.whole(2, 10)
		k := 0
		s.each(s.sleeper(s.about(30, 600), s.between(0, .2)), func(at float64) { s.call(at, k%s.Servers); k++ })
	}},
	{"pool-neighbours", "one of 2 to 10 servers of one network by lot", true, 1, func(s *scene) {
		s.Servers, s.OneNetwork = s.whole(2, 10), true
		s.each(s.sleeper(s.about(30, 600), s.between(0, .2)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"pool-sticky", "keeps to one of 2 to 10 servers for 5 to 30 calls", true, 2, func(s *scene) {
		s.Servers = s.whole(2, 10)
		server, left := 0, 0
		s.each(s.sleeper(s.about(30, 900), s.between(0, .2)), func(at float64) {
			if left == 0 {
				server, left = s.r.IntN(s.Servers), s.whole(5, 30)
			}
			left--
			s.call(at, server)
		})
	}},
	{"list-by-lot", "one of a list of 15 to 40 servers by lot", true, 2, func(s *scene) {
		s.Servers = s.whole(15, 40)
		s.each(s.sleeper(s.about(60, 600), s.between(0, .2)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"port-hopping", "another port for each call", true, 1, func(s *scene) {
		s.each(s.sleeper(s.about(30, 900), s.between(0, .2)), func(at float64) {
			s.port = uint16(s.whole(1024, 65535))
			s.call(at, 0)
		})
	}},
	{"few-ports", "one of 2 to 5 ports by lot", true, 1, func(s *scene) {
		ports := []float64{443, 80, 8080, 8443, 4444}[:s.whole(2, 5)]
		s.each(s.sleeper(s.about(30, 900), s.between(0, .2)), func(at float64) {
			s.port = uint16(s.one(ports...))
			s.call(at, 0)
		})
	}},
	{"seven-calls", "seven calls 5 to 30 min apart, ±3%", true, 1, func(s *scene) {
		s.webOrNot()
		p := s.sleeper(s.about(5*60, 30*60), .03)
		from := s.r.Float64() * (s.end - 4*hour)
		for range 7 {
			s.call(from+p(), 0)
		}
	}},
	{"hourly-seven", "seven calls an hour apart, ±3%", true, 1, func(s *scene) {
		s.webOrNot()
		p := s.sleeper(hour, .03)
		for range 7 {
			s.call(8*hour+p(), 0)
		}
	}},
	{"long-period", "every 3 to 8 h for a week, ±10%", true, 7, func(s *scene) {
		s.webOrNot()
		s.each(s.sleeper(s.about(3*hour, 8*hour), .1), func(at float64) { s.call(at, 0) })
	}},
	{"daily", "once a day for three weeks, ±5%", true, 21, func(s *scene) {
		s.webOrNot()
		s.each(s.sleeper(day, .05), func(at float64) { s.call(at, 0) })
	}},
	{"one-hour", "sleeps, and is there for half an hour to 2 h of the day", true, 1, func(s *scene) {
		s.webOrNot()
		lasts := s.between(.5, 2) * hour
		from := s.r.Float64() * (s.end - lasts)
		p := s.sleeper(s.about(10, 120), s.between(0, .3))
		for at := p(); at < lasts; at = p() {
			s.call(from+at, 0)
		}
	}},
}
