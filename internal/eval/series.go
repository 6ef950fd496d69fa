package eval

import (
	"math/rand/v2"
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/eval/peer"
	"beacon/internal/netset"
	"beacon/internal/stats"
)

// Epoch is when the simulated logs begin, ns: Monday 4 March 2024, 00:00 UTC.
const Epoch = 1_709_510_400 * int64(time.Second)

// The two ends of a simulated pair.
var (
	evalSource      = netset.MustHost("10.0.0.1")
	evalDestination = netset.MustHost("198.51.100.1")
)

// The tables that draw from chance; the numbers seed them.
const (
	tableSignals = iota + 1
	tableGrid
	tablePeers
	tableCalls
	tableCalibration
	tableSpecial
	tableHabits
	tableFamilies
	tableBenign
	tablePrograms
	tableWorlds
	tablePlanted
	tableFewCalls
)

// pairAt returns a pair of simulated flows: at the given seconds after Epoch, in any order.
func pairAt(at []float64) beacon.Pair {
	p := beacon.Pair{Source: evalSource, Destination: evalDestination, Port: 443, Proto: 6}
	for _, t := range at {
		p.Times = append(p.Times, Epoch+int64(t*float64(time.Second)))
	}
	slices.Sort(p.Times)
	return p
}

// spanOf returns a simulated log of so many seconds from Epoch.
func spanOf(seconds float64) peer.Span {
	return peer.Span{First: Epoch, Last: Epoch + int64(seconds*float64(time.Second)) - 1}
}

// A setting is the log and the period that a beacon is simulated with, in seconds.
type setting struct {
	name         string
	span, period float64
}

var settings = []setting{
	{"24 h, 600 s", 24 * 3600, 600},
	{"1 h, 30 s", 3600, 30},
}

// beaconCalls returns a beacon's calls in a setting.
func beaconCalls(r *rand.Rand, s setting, clock bool, jitter, miss float64) []float64 {
	make := stats.Sleep
	if clock {
		make = stats.Clock
	}
	return stats.Until(stats.Miss(r, make(r, s.period, jitter), miss), s.span)
}

// The two nulls, rate flows a second.
var nulls = []struct {
	name string
	make func(r *rand.Rand, rate float64) stats.Process
}{
	{"Poisson", stats.Poisson},
	{"human", func(r *rand.Rand, rate float64) stats.Process { return stats.Human(r, rate, stats.Browsing) }},
}
