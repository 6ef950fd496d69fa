package simulate

import (
	"math"

	"beacon/internal/stats"
)

// services is benign software of desktops, phones and things that calls on a timer,
// with one server and spread over several.
//
// Sources: NetworkManager checks for a captive portal every 300 s (its manual); Google's
// push keeps alive after 28 min over mobile and 15 over fixed networks, Apple's after
// about 15 to 30; NTP polls after 2^6 to 2^10 s (RFC 5905), SNTP clients of things at
// fixed times; chat programs ping every 25 to 60 s; Windows Update and Defender ask every
// few hours, browsers for blocklists after about 30 min; MQTT clients reconnect after
// seconds to minutes.
var services = []Program{
	{"connectivity", "connectivity check, 1 to 10 min, one server", false, 1, func(s *scene) {
		s.port = 80
		s.each(s.sleeper(s.one(60, 120, 300, 300, 600), .002), func(at float64) { s.call(at, 0) })
	}},
	{"connectivity-spread", "connectivity check, 1 to 10 min, 2 to 8 servers by lot", false, 1, func(s *scene) {
		s.port, s.Servers = 80, s.whole(2, 8)
		s.each(s.sleeper(s.one(60, 120, 300, 300, 600), .002), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"push", "push keep-alive, 10 to 28 min, one server", false, 2, func(s *scene) {
		s.each(s.sleeper(s.one(10, 15, 15, 28, 28)*60, .003), func(at float64) { s.call(at, 0) })
	}},
	{"push-spread", "push keep-alive, 10 to 28 min, 2 to 5 front ends of one network", false, 2, func(s *scene) {
		s.Servers, s.OneNetwork = s.whole(2, 5), true
		server := 0
		s.each(s.sleeper(s.one(10, 15, 15, 28, 28)*60, .003), func(at float64) {
			if s.r.IntN(6) == 0 {
				server = s.r.IntN(s.Servers)
			}
			s.call(at, server)
		})
	}},
	{"telemetry", "telemetry, 5 to 60 min, one server", false, 2, func(s *scene) {
		s.each(s.sleeper(s.about(5, 60)*60, s.one(0, .02, .1)), func(at float64) { s.call(at, 0) })
	}},
	{"telemetry-spread", "telemetry, 5 to 60 min, 2 to 10 servers by lot", false, 2, func(s *scene) {
		s.Servers = s.whole(2, 10)
		s.each(s.sleeper(s.about(5, 60)*60, s.one(0, .02, .1)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"ip-check", "IP check, 5 to 15 min, 3 to 6 unrelated servers in turn", false, 1, func(s *scene) {
		s.port, s.Servers = uint16(s.one(80, 443)), s.whole(3, 6)
		k := 0
		s.each(s.sleeper(s.one(5, 10, 15)*60, .005), func(at float64) { s.call(at, k%s.Servers); k++ })
	}},
	{"ntp-pool", "time from 2 to 6 servers of a pool", false, 1, func(s *scene) {
		s.port, s.proto, s.Servers = 123, UDP, s.whole(2, 6)
		for server := range s.Servers {
			s.each(stats.Sleep(s.r, math.Pow(2, float64(s.whole(6, 10))), .02), func(at float64) { s.call(at, server) })
		}
	}},
	{"sntp", "time every 15 min to 4 h, a pool's server for each", false, 7, func(s *scene) {
		s.port, s.proto, s.Servers = 123, UDP, s.whole(4, 30)
		s.each(s.sleeper(s.about(.25, 4)*hour, .001), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"updates", "updates, 30 min to 6 h, one server", false, 7, func(s *scene) {
		s.each(s.sleeper(s.about(.5, 6)*hour, s.one(0, .05)), func(at float64) { s.call(at, 0) })
	}},
	{"updates-spread", "updates, 30 min to 6 h, 2 to 14 servers, some neighbours", false, 7, func(s *scene) {
		s.Servers, s.OneNetwork = s.whole(2, 14), s.r.IntN(2) == 0
		s.each(s.sleeper(s.about(.5, 6)*hour, s.one(0, .05)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"chat", "chat keep-alive, 25 to 60 s: records of one long connection", false, 1, func(s *scene) {
		s.connection(s.between(1, 10)*hour, s.between(25, 60))
	}},
	{"chat-spread", "chat: reconnects every 5 to 60 min, 2 to 4 front ends of one network", false, 2, func(s *scene) {
		s.Servers, s.OneNetwork = s.whole(2, 4), true
		s.each(intervals(s.r, func() float64 { return s.about(5, 60) * 60 }), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"iot", "a thing reconnects every 1 to 10 min, one server", false, 1, func(s *scene) {
		s.port = uint16(s.one(443, 8883, 8883, 1883))
		s.each(s.sleeper(s.about(60, 600), s.one(0, .05)), func(at float64) { s.call(at, 0) })
	}},
	{"iot-spread", "a thing reconnects every 1 to 10 min, 2 to 6 servers by lot", false, 1, func(s *scene) {
		s.port, s.Servers = uint16(s.one(443, 8883, 8886)), s.whole(2, 6)
		s.each(s.sleeper(s.about(60, 600), s.one(0, .05)), func(at float64) { s.call(at, s.r.IntN(s.Servers)) })
	}},
	{"one-connection", "one connection of hours, cut into records of 30 s to 5 min", false, 1, func(s *scene) {
		s.connection(s.between(1, 20)*hour, s.one(30, 60, 60, 120, 300))
	}},
	{"reloading-page", "a page that reloads itself, looked at for 1 to 20 min, six times a day", false, 2, func(s *scene) {
		period := s.one(15, 30, 60, 60, 120)
		s.each(stats.Poisson(s.r, 6/day), func(at float64) {
			for end := at + s.about(1, 20)*60; at < end; at += period {
				s.call(at, 0)
			}
		})
	}},
}

// connection adds the records of one connection that an exporter cuts: all of one
// source port, each begun where the last ended.
func (s *scene) connection(lasts, record float64) {
	from := s.r.Float64() * math.Max(s.end-lasts, 0)
	port := uint16(s.whole(49152, 65535))
	for at := from; at < from+lasts; at += record + .01*s.r.Float64() {
		s.Calls = append(s.Calls, Call{At: at, Port: s.port, SrcPort: port, Proto: s.proto})
	}
}
