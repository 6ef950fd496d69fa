package simulate

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func runOf(t *testing.T, name string, seed uint64) Run {
	t.Helper()
	p, ok := FindProgram(name)
	require.True(t, ok, name)
	return p.Run(rand.New(rand.NewPCG(1, seed)), p.Days*day)
}

// gaps are the times between neighbouring calls, s.
func gaps(calls []Call) (list []float64) {
	for i := 1; i < len(calls); i++ {
		list = append(list, calls[i].At-calls[i-1].At)
	}
	return list
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func TestProgramsAreWhatTheySay(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Programs() {
		assert.False(t, names[p.Name], p.Name)
		names[p.Name] = true
		for seed := range uint64(5) {
			run := p.Run(rand.New(rand.NewPCG(7, seed)), p.Days*day)
			again := p.Run(rand.New(rand.NewPCG(7, seed)), p.Days*day)
			require.Equal(t, run, again, p.Name)
			require.GreaterOrEqual(t, len(run.Calls), 5, p.Name)
			require.True(t, slices.IsSortedFunc(run.Calls, func(a, b Call) int { return int(math.Copysign(1, a.At-b.At)) }), p.Name)
			for _, c := range run.Calls {
				require.True(t, c.At >= 0 && c.At < p.Days*day, p.Name)
				require.True(t, c.Server >= 0 && c.Server < run.Servers && c.Port > 0, p.Name)
			}
			if p.Name == "ntp-pool" || run.Period == 0 {
				continue
			}
			require.Less(t, run.Period.Seconds(), p.Days*day/5, p.Name)
		}
	}
	_, ok := FindProgram("solitaire")
	assert.False(t, ok)
}

// The numbers of a program are drawn anew for each run.
func TestProgramsDiffer(t *testing.T) {
	fixed := []string{"hourly-seven", "daily"}
	for _, p := range Programs() {
		a, b := p.Run(rand.New(rand.NewPCG(7, 1)), p.Days*day), p.Run(rand.New(rand.NewPCG(7, 2)), p.Days*day)
		assert.NotEqual(t, a.Calls, b.Calls, p.Name)
		if periods := map[time.Duration]bool{}; p.C2 && a.Period > 0 && !slices.Contains(fixed, p.Name) {
			for seed := range uint64(9) {
				periods[p.Run(rand.New(rand.NewPCG(7, seed)), p.Days*day).Period] = true
			}
			assert.Greater(t, len(periods), 2, p.Name)
		}
	}
}

func TestWholeSeconds(t *testing.T) {
	run := runOf(t, "whole-seconds", 1)
	for _, g := range gaps(run.Calls) {
		assert.InDelta(t, math.Round(g), g, .3)
		assert.True(t, g > .7*run.Period.Seconds() && g < 1.3*run.Period.Seconds(), g)
	}
}

// Two records a cycle, the second the same time after the first.
func TestUnreachable(t *testing.T) {
	run := runOf(t, "unreachable", 1)
	g := gaps(run.Calls)
	for i := 2; i+1 < len(g); i += 2 {
		assert.InDelta(t, g[0], g[i], .7)
		assert.InDelta(t, run.Period.Seconds(), g[i]+g[i+1], .8)
	}
}

func TestSleepPlusWork(t *testing.T) {
	run := runOf(t, "sleep-plus-work", 1)
	idle := 0
	for _, g := range gaps(run.Calls) {
		assert.GreaterOrEqual(t, g, run.Period.Seconds()-.3)
		if g < run.Period.Seconds()+.3 {
			idle++
		}
	}
	assert.InDelta(t, .5, float64(idle)/float64(len(run.Calls)), .1)
}

func TestPools(t *testing.T) {
	for seed := range uint64(6) {
		for _, name := range []string{"pool-by-lot", "pool-in-turn", "pool-neighbours", "pool-sticky", "list-by-lot"} {
			run := runOf(t, name, seed)
			assert.InEpsilon(t, run.Period.Seconds(), mean(gaps(run.Calls)), .1, name)
			seen := map[int]bool{}
			for _, c := range run.Calls {
				seen[c.Server] = true
			}
			if name != "pool-sticky" { // it may never come to some of them
				assert.Len(t, seen, run.Servers, name)
			}
			assert.Equal(t, name == "pool-neighbours", run.OneNetwork)
		}
		turn := runOf(t, "pool-in-turn", seed)
		for i := 1; i < len(turn.Calls); i++ {
			require.Equal(t, (turn.Calls[i-1].Server+1)%turn.Servers, turn.Calls[i].Server)
		}
		ports := map[uint16]bool{}
		hopping := runOf(t, "port-hopping", seed)
		for _, c := range hopping.Calls {
			ports[c.Port] = true
		}
		assert.Greater(t, len(ports), len(hopping.Calls)*9/10)
	}
}

func TestFewCallsAreFew(t *testing.T) {
	for seed := range uint64(6) {
		run := runOf(t, "seven-calls", seed)
		require.Len(t, run.Calls, 7)
		for _, g := range gaps(run.Calls) {
			assert.InEpsilon(t, run.Period.Seconds(), g, .035)
		}
		assert.Len(t, runOf(t, "hourly-seven", seed).Calls, 7)
	}
}

// The records of one connection share a source port; other calls have none of their own.
func TestOneConnection(t *testing.T) {
	for _, name := range []string{"one-connection", "chat"} {
		run := runOf(t, name, 3)
		assert.NotZero(t, run.Calls[0].SrcPort)
		for _, c := range run.Calls {
			assert.Equal(t, run.Calls[0].SrcPort, c.SrcPort)
		}
		g := gaps(run.Calls)
		assert.InDelta(t, slices.Min(g), slices.Max(g), .011)
	}
	assert.Zero(t, runOf(t, "daily", 1).Calls[0].SrcPort)
}

var worldStart = time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)

// minuteRows are two hosts that call one server each minute of two days.
func minuteRows() []Row {
	var rows []Row
	for i := range int64(2 * 24 * 60) {
		for host := range byte(2) {
			rows = append(rows, Row{Time: worldStart.UnixNano() + i*60e9 + 17e9, Src: netip.AddrFrom4([4]byte{10, 0, 0, 1 + host}), Dst: netip.AddrFrom4([4]byte{192, 0, 2, 1}), DstPort: 443, Proto: TCP})
		}
	}
	return rows
}

func applied(t *testing.T, name string) []Row {
	t.Helper()
	w, ok := FindWorld(name)
	require.True(t, ok, name)
	rows := w.Apply(rand.New(rand.NewPCG(1, 1)), worldStart, 2*day, minuteRows())
	require.True(t, slices.IsSortedFunc(rows, func(a, b Row) int { return int(a.Time - b.Time) }), name)
	for _, r := range rows {
		require.True(t, r.Time >= worldStart.UnixNano() && r.Time < worldStart.UnixNano()+2*86400e9, name)
	}
	return rows
}

func TestWorlds(t *testing.T) {
	assert.Equal(t, minuteRows(), applied(t, "clear"))
	for _, w := range Worlds() {
		if w.Resolution > 0 {
			for _, r := range applied(t, w.Name) {
				require.Zero(t, r.Time%int64(w.Resolution), w.Name)
			}
		}
	}
	assert.InDelta(t, .8, float64(len(applied(t, "loss-20")))/float64(len(minuteRows())), .02)

	hosts := map[netip.Addr]bool{}
	for _, r := range applied(t, "dhcp") {
		hosts[r.Src] = true
	}
	assert.Greater(t, len(hosts), 6)
	hosts = map[netip.Addr]bool{}
	for _, r := range applied(t, "nat") {
		hosts[r.Src] = true
	}
	assert.Len(t, hosts, 1)

	office := applied(t, "office")
	assert.Len(t, office, 2*2*8*60)
	for _, r := range office {
		h := time.Unix(0, r.Time).UTC().Hour()
		assert.True(t, h >= 9 && h < 17, h)
	}

	// A slow clock: time runs by 59.94 s a minute, and jumps every hour.
	skew := applied(t, "skew")
	assert.Equal(t, int64(59_940_000_000), skew[2].Time-skew[0].Time)
	assert.Equal(t, int64(63_540_000_000), skew[2*60].Time-skew[2*59].Time)

	assert.Less(t, len(applied(t, "laptop")), len(office))
	// Suspended machines lose no call: those of the pause come after it.
	longest, calls := int64(0), applied(t, "suspend")
	for i := range calls {
		if i >= 2 && calls[i].Src == calls[i-2].Src {
			longest = max(longest, calls[i].Time-calls[i-2].Time)
		}
	}
	assert.Greater(t, longest, int64(5*60e9))
	_, ok := FindWorld("mars")
	assert.False(t, ok)
}

// A log with every kind of program, and one of the same that went through a world: the
// truth is that of the rows.
func TestBeaconsOfPrograms(t *testing.T) {
	for _, world := range []string{"", "clear", "dhcp", "nat", "clock-30s"} {
		cfg := DefaultBeacons()
		cfg.Hosts, cfg.Days, cfg.World = 10, .5, world
		cfg.Kinds = AllKinds()
		cfg.Beacons = len(cfg.Kinds)
		l := readBeacons(t, cfg)
		kinds, sources := map[string]bool{}, map[netip.Addr]bool{}
		for _, r := range l.rhythmic {
			kinds[r.Kind] = true
			at := l.at(r)
			require.Len(t, at, r.Rows, "%s: %+v", world, r)
			assert.InDelta(t, float64(r.First-cfg.Start.UnixNano())/1e9, at[0], 1e-6)
			assert.InDelta(t, float64(r.Last-cfg.Start.UnixNano())/1e9, at[len(at)-1], 1e-6)
			if p, ok := FindProgram(r.Kind); ok && r.Beacon > 0 != p.C2 {
				t.Errorf("%s is beacon %d", r.Kind, r.Beacon)
			}
			sources[r.Source] = true
		}
		for _, k := range cfg.Kinds {
			assert.True(t, kinds[k] || k == "daily" || k == KindHours, "%s in %q", k, world)
		}
		assert.Equal(t, world == "nat", len(sources) == 1, world)
	}
	// Kinds that are named in full are those of old.
	old, named := smallBeacons(1), smallBeacons(1)
	named.Kinds = BeaconKinds
	assert.Equal(t, readBeacons(t, old).hash, readBeacons(t, named).hash)
	named.World = "clear"
	assert.Equal(t, readBeacons(t, old).hash, readBeacons(t, named).hash)
}
