package reporttest

import (
	"fmt"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/connection"
	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/sourcehost"
)

// Kinds is findings of every kind: of all scopes and verdicts, with one source and
// many, one destination and many, with names, with IPv6 addresses and with none of the
// optional fields.
func Kinds() *beacon.Findings {
	fs := Sample()
	fs.Query.Rules, fs.Query.MinDuration = beacon.EveryMinute|beacon.EveryRhythm|beacon.EveryLong, time.Hour
	day := fs.List[0]
	known := fs.List[len(fs.List)-1]
	known.Verdict, known.Explanation = beacon.VerdictExplained, "our monitoring"
	many := schedule("198.51.100.9", 443, 31, 1)
	many.Destinations[0].Names = []string{"c2.example.com", "www.example.com"}
	many.Sources[0].Networks = []string{"dmz", "servers <1>"}
	many.Destinations[0].Listings = []beacon.Listing{{Indicator: "198.51.100.0/24", Source: "CERT", Text: "C2 =1+1"}, {Indicator: "c2.example.com", Source: "feed.txt"}}
	many.Destinations[0].Origins = []beacon.Origin{{ASN: 64500, Organization: "Example, B.V.", Country: "NL"}}
	rotation := schedule("203.0.113.1", 8443, 1, 10)
	rotation.Schedule.Clock = true
	rotation.Sources[0].Device = laptop(&rotation.Sources[0])
	long := schedule("2001:db8:1111:2222:3333:4444:5555:6666", 65535, 1, 1)
	long.Sources[0].Addr = netset.MustHost("fd00:1111:2222:3333:4444:5555:6666:7777")
	long.Destinations[0].Names = []string{"a-very-long-name-of-a-front-end-server.of-a-content-delivery-network.example.net"}
	push := schedule("203.0.113.57", 5223, 31, 1)
	push.Verdict, push.Explanation = beacon.VerdictExplained, "push service: a keep-alive on its own port"
	ntp := schedule("203.0.113.123", 123, 2, 4)
	ntp.Verdict, ntp.Explanation = beacon.VerdictExplained, "NTP: clocks are set on port 123"
	weak := schedule("192.0.2.44", 80, 1, 1)
	weak.Verdict, weak.Reasons = beacon.VerdictWeak, []reason.Reason{{Code: string(rhythm.FlawSessions), Value: 4, Args: []any{4}}}
	few := schedule("192.0.2.45", 80, 1, 1)
	few.Verdict, few.Schedule.Needs = beacon.VerdictInsufficient, 3
	few.Reasons = []reason.Reason{{Code: reason.FewCalls, Value: .02, Args: []any{.02, .001, 3}}}
	bare := schedule("192.0.2.46", 0, 1, 1)
	bare.Bytes, bare.Proto, bare.Reasons, bare.PortVaries = 0, 0, nil, true
	lasting := schedule("198.51.100.22", 22, 1, 1)
	lasting.Scope, lasting.Schedule, lasting.Calls = beacon.ScopeConnection, nil, 3
	lasting.Lasting = &connection.Lasting{Longest: 7 * time.Hour, Began: Noon + 3600e9, Count: 3, Long: 1, Total: 8 * time.Hour, Day: Noon - 43_200e9, DayTotal: 450 * time.Minute}
	lasting.Reasons = []reason.Reason{{Code: reason.LongConnection, Value: 25_200, Args: []any{reason.Length(7 * time.Hour), reason.Moment(Noon + 3600e9), reason.Length(time.Hour)}}}
	fs.List = []beacon.Finding{day, many, rotation, long, bare, lasting, known, push, ntp, weak, few}
	for i := range fs.List {
		fs.List[i].Rank = i + 1
	}
	return fs
}

// schedule returns a beacon of one schedule with so many sources and destinations.
func schedule(host string, port uint16, sources, destinations int) beacon.Finding {
	f := beacon.Finding{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Port: port, Proto: 6, Flows: 1250, Calls: 1234, Bytes: 123_456,
		First: Noon, Last: Noon + 86_400e9,
		Schedule: &beacon.Schedule{Result: rhythm.Result{Test: rhythm.TestSleep, Period: 1_234 * time.Second, PeriodLow: 1_230 * time.Second, PeriodHigh: 1_240 * time.Second,
			Jitter: .2, Miss: .04, Calls: 1234, Flows: 1250, P: 1e-40}, Q: 1e-38, Size: beacon.SizeRegularity{Total: .9, Sent: -1, Received: -1}},
		Reasons: []reason.Reason{{Code: reason.Significant, Value: 1e-38, Args: []any{1e-38, .01}},
			{Code: reason.Sleep, Value: 1e-40, Args: []any{1e-40, 1200, 1233, 1_234 * time.Second, "20%", "100%"}}},
	}
	addr := netset.MustHost(host)
	for range destinations {
		f.Destinations = append(f.Destinations, beacon.Destination{Host: addr, Kind: netset.KindOf(addr), Flows: 1250 / int64(destinations), Calls: 1234 / int64(destinations), Share: 1 / float64(destinations)})
		addr = netset.HostOf(addr.Addr.Next())
	}
	for i := range sources {
		f.Sources = append(f.Sources, beacon.Source{Addr: netset.MustHost(fmt.Sprintf("10.0.%d.%d", i/250, i%250+5)), First: Noon, Last: Noon + 86_400e9, Flows: 1250 / int64(sources)})
	}
	for _, s := range f.Sources {
		for _, d := range f.Destinations {
			f.Schedule.Pairs = append(f.Schedule.Pairs, beacon.SchedulePair{Source: s.Addr, Destination: d.Host, Port: port})
		}
	}
	return f
}

// laptop returns the device of a source that had another address after its first.
func laptop(s *beacon.Source) *sourcehost.Device {
	first := sourcehost.Address{Addr: s.Addr, First: s.First, Last: s.First, Position: s.Position}
	second := sourcehost.Address{Addr: netset.MustHost("10.0.9.9"), First: s.Last, Last: s.Last, Position: s.Position + 1}
	return &sourcehost.Device{Device: lease.Device{MAC: "00:1a:2b:3c:4d:5e", Name: "laptop.corp.example"}, Addresses: []sourcehost.Address{first, second}}
}
