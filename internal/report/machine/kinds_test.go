package machine

import (
	"net/netip"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/report/reporttest"
	"beacon/internal/rhythm"
)

// kinds returns findings of every kind: destinations of the every-minute rule and
// schedules of one pair, of many sources, over many destinations, with a port that
// changes, and with each verdict. No two share an address.
func kinds() *beacon.Findings {
	fs := reporttest.Sample()
	fs.List = fs.List[:2]
	known := &fs.List[1]
	known.Verdict, known.Explanation = beacon.VerdictExplained, "our backup"
	known.Sources = slices.Clone(known.Sources)
	for i := range known.Sources {
		known.Sources[i].Addr = netset.HostOf(netip.AddrFrom4([4]byte{10, 76, 0, byte(i + 1)}))
	}
	known.Reasons = append([]reason.Reason{{Code: reason.Explained, Args: []any{"our backup"}}}, known.Reasons...)
	fs.List = append(fs.List,
		schedule(1, 1, 1, beacon.VerdictBeacon),
		schedule(2, 12, 1, beacon.VerdictBeacon),
		schedule(3, 1, 10, beacon.VerdictBeacon),
		schedule(4, 1, 1, beacon.VerdictBeacon),
		schedule(5, 3, 2, beacon.VerdictExplained),
		schedule(6, 1, 1, beacon.VerdictWeak),
		schedule(7, 1, 1, beacon.VerdictInsufficient),
	)
	varying := &fs.List[5]
	varying.Port, varying.PortVaries = 0, true
	varying.Destinations[0].Host = netset.MustHost("2001:db8:4::7")
	fs.List[2].Sources[0].Networks = []string{"lab", "servers"}
	fs.List[2].Destinations[0].Listings = []beacon.Listing{{Indicator: "198.51.1.0/24", Source: "CERT", Text: "C2 =1+1"}, {Indicator: "c2-1.example.com", Source: "feed.txt"}}
	fs.List[2].Destinations[0].Origins = []beacon.Origin{{ASN: 64500, Organization: "Example, B.V.", Country: "NL"}}
	fs.List[6].Explanation = "NTP"
	fs.List[8].Schedule.Needs = 12
	for i := range fs.List {
		fs.List[i].Rank = i + 1
	}
	return fs
}

// schedule returns a schedule of so many sources and destinations, in networks of its own.
func schedule(network byte, sources, destinations int, verdict beacon.Verdict) beacon.Finding {
	f := beacon.Finding{
		Scope: beacon.ScopeSchedule, Verdict: verdict, Port: 8443, Proto: 6,
		Flows: 130, Calls: 120, Bytes: 120_000, First: reporttest.Noon, Last: reporttest.Noon + 86400e9,
		Reasons: []reason.Reason{{Code: reason.Sleep, Value: 1e-40, Args: []any{1e-40, 99, 100, 10 * time.Minute, 0.2, 0.95}}},
		Schedule: &beacon.Schedule{
			Result: rhythm.Result{
				Flows: 130, Calls: 120, P: 1e-40, Test: rhythm.TestSleep, Clock: network == 1,
				Period: 10 * time.Minute, PeriodLow: 599 * time.Second, PeriodHigh: 601 * time.Second,
				Jitter: 0.2, JitterLow: 0.15, JitterHigh: 0.25, Miss: 0.04, MissLow: 0.01, MissHigh: 0.08,
				Changes: []rhythm.Change{{At: reporttest.Noon + 3600e9, Before: 5 * time.Minute, After: 10 * time.Minute}},
			},
			Q: 1e-38, Size: beacon.SizeRegularity{Total: 0.9, Sent: 0.8, Received: -1},
		},
	}
	for i := range sources {
		f.Sources = append(f.Sources, beacon.Source{Addr: netset.HostOf(netip.AddrFrom4([4]byte{10, 77, network, byte(i + 1)})),
			First: reporttest.Noon, Last: reporttest.Noon + 86400e9, Flows: 130 / int64(sources), Bytes: 120_000 / int64(sources)})
	}
	for i := range destinations {
		d := beacon.Destination{Host: netset.HostOf(netip.AddrFrom4([4]byte{198, 51, network, byte(i + 1)})), Kind: netset.Public,
			Flows: 130 / int64(destinations), Calls: 120 / int64(destinations), Share: 1 / float64(destinations)}
		if i == 0 {
			d.Names = []string{"c2-" + string('0'+rune(network)) + ".example.com", `evil|"name"=<b>`}
		}
		f.Destinations = append(f.Destinations, d)
	}
	return f
}
