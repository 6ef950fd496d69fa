package simulate

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wantDestinations are the 14 of the original challenge, in its order.
var wantDestinations = []string{
	"198.70.42.36", "5.183.60.54", "250.42.245.153", "251.139.203.226", "55.107.247.62", "24.161.197.98",
	"148.26.83.117", "21.91.160.44", "65.64.19.34", "234.8.152.205", "8.8.8.8",
	"80.155.115.153", "78.161.198.188", "132.213.142.131",
}

// wantInfected are its 26 hosts, in order of their first call to the last three.
var wantInfected = []string{
	"120.18.201.129", "120.18.2.84", "120.18.146.190", "120.18.216.16", "120.18.54.9", "120.18.102.12",
	"120.18.248.164", "120.18.123.205", "120.18.205.249", "120.18.138.14", "120.18.132.113", "120.18.188.217",
	"120.18.12.170", "120.18.202.49", "120.18.136.32", "120.18.219.23", "120.18.180.110", "120.18.240.47",
	"120.18.168.231", "120.18.36.143", "120.18.216.159", "120.18.184.225", "120.18.224.201", "120.18.102.141",
	"120.18.185.238", "120.18.162.99",
}

var office120 = netip.MustParsePrefix("120.0.0.0/8")

// oracle is the rule of the main job on rows, with maps, beside what the tests
// count.
type oracle struct {
	rows      int
	last      int64
	unordered int
	coarse    int // rows finer than a microsecond
	slots     map[netip.Addr]map[int]bool
	series    map[netip.Addr][]int // outbound calls per absolute minute, of the 14
	sources   []netip.Addr         // of the burst destinations, in order of first call
	ordinary  map[netip.Addr]bool  // sources of anything else
	addrs     map[netip.Addr]bool
	start     int64
	planted   []Planted // what the log shows of the 14
}

func newOracle(cfg OfficeConfig) *oracle {
	o := &oracle{
		slots: map[netip.Addr]map[int]bool{}, series: map[netip.Addr][]int{},
		ordinary: map[netip.Addr]bool{}, addrs: map[netip.Addr]bool{}, start: cfg.Start.UnixNano(),
	}
	for _, d := range wantDestinations {
		o.series[netip.MustParseAddr(d)] = make([]int, cfg.Days*1440)
		o.planted = append(o.planted, Planted{Destination: netip.MustParseAddr(d)})
	}
	return o
}

func (o *oracle) see(r Row) error {
	o.rows++
	if r.Time < o.last {
		o.unordered++
	}
	if r.Time%1000 != 0 {
		o.coarse++
	}
	o.last = r.Time
	o.addrs[r.Src], o.addrs[r.Dst] = true, true
	if !office120.Contains(r.Src) || office120.Contains(r.Dst) {
		return nil
	}
	if o.slots[r.Dst] == nil {
		o.slots[r.Dst] = map[int]bool{}
	}
	o.slots[r.Dst][time.Unix(0, r.Time).UTC().Minute()] = true
	i := slices.Index(wantDestinations, r.Dst.String())
	if i < 0 {
		o.ordinary[r.Src] = true
		return nil
	}
	o.series[r.Dst][(r.Time-o.start)/int64(time.Minute)]++
	p := &o.planted[i]
	if p.Sources == nil {
		p.First = r.Time
	}
	if !slices.Contains(p.Sources, r.Src) {
		p.Sources = append(p.Sources, r.Src)
	}
	if i >= 11 && !slices.Contains(o.sources, r.Src) {
		o.sources = append(o.sources, r.Src)
	}
	return nil
}

// touching lists the destinations that touch lo to hi slots, sorted as text.
func (o *oracle) touching(lo, hi int) []string {
	var hits []string
	for a, s := range o.slots {
		if lo <= len(s) && len(s) <= hi {
			hits = append(hits, a.String())
		}
	}
	slices.Sort(hits)
	return hits
}

func texts(addrs []netip.Addr) []string {
	var s []string
	for _, a := range addrs {
		s = append(s, a.String())
	}
	return s
}

func testOffice(seed uint64, scale float64, days int) OfficeConfig {
	cfg := DefaultOffice()
	cfg.Seed, cfg.Scale, cfg.Days = seed, scale, days
	return cfg
}

// watch writes an office log into an oracle.
func watch(t *testing.T, cfg OfficeConfig) (*oracle, Truth) {
	t.Helper()
	o := newOracle(cfg)
	truth, err := Office(cfg, o.see)
	require.NoError(t, err)
	return o, truth
}

func TestOfficeHoldsTheFourteenAndTheTwentySix(t *testing.T) {
	want := slices.Sorted(slices.Values(wantDestinations))
	for _, c := range []struct {
		seeds uint64
		scale float64
		days  int
	}{{6, .001, 1}, {6, .001, 2}, {3, .02, 2}, {1, .05, 2}} {
		for seed := range c.seeds {
			t.Run(fmt.Sprintf("seed %d scale %v days %d", seed, c.scale, c.days), func(t *testing.T) {
				o, truth := watch(t, testOffice(seed, c.scale, c.days))
				assert.Equal(t, want, o.touching(60, 60))
				assert.Equal(t, wantInfected, texts(o.sources))
				assert.Len(t, o.touching(55, 59), len(nearMisses))
				for _, a := range o.sources {
					assert.True(t, o.ordinary[a], "%s does nothing else", a)
				}
				assert.Zero(t, o.unordered, "rows before the one above them")
				assert.Zero(t, o.coarse, "rows finer than a microsecond")
				assert.Less(t, o.last, o.start+int64(c.days)*24*int64(time.Hour))
				for i, p := range o.planted {
					p.Shape = truth.Planted[i].Shape
					assert.Equal(t, p, truth.Planted[i])
				}
			})
		}
	}
}

// TestOfficeShapes holds each series to SCORING's words for it, at a low scale
// and at a middling one.
func TestOfficeShapes(t *testing.T) {
	for _, scale := range []float64{.02, .3} {
		o, truth := watch(t, testOffice(3, scale, 2))
		for _, p := range truth.Planted {
			s := o.series[p.Destination]
			require.NotEmpty(t, s, p.Destination)
			night, day := active(s, 0, 6), active(s, 9, 17)
			switch p.Shape {
			case Diurnal:
				if p.Destination == resolverUpstream {
					assert.Len(t, p.Sources, 1)
					assert.Greater(t, night, .1)
				} else {
					assert.Less(t, night, .35, "%s", p.Destination)
					assert.Greater(t, len(p.Sources), 100)
				}
				assert.Greater(t, day, .9, "%s", p.Destination)
			case Flat:
				assert.Len(t, p.Sources, flatSources)
				for h := range 24 {
					assert.Greater(t, active(s, h, h+1), .7, "%s at %d", p.Destination, h)
				}
			case Bursts:
				runs := activeRuns(s)
				require.Len(t, runs, 6, "%s", p.Destination)
				for i, r := range runs {
					assert.InDelta(t, burstTimes[i%3], r[0]%1440, burstJitter, "%s", p.Destination)
					assert.InDelta(t, 62, r[1]-r[0], 4, "%s", p.Destination)
				}
				for _, n := range s {
					assert.True(t, n == 0 || n >= 3, "%s: %d calls in a minute", p.Destination, n)
				}
			}
		}
	}
}

// active is the share of minutes from hour lo to hour hi of all days that have a call.
func active(series []int, lo, hi int) float64 {
	n, of := 0, 0
	for m, c := range series {
		if h := m / 60 % 24; lo <= h && h < hi {
			of++
			if c > 0 {
				n++
			}
		}
	}
	return float64(n) / float64(of)
}

// activeRuns lists the runs of minutes with a call, from and to.
func activeRuns(series []int) (runs [][2]int) {
	for m, c := range series {
		switch n := len(runs); {
		case c == 0:
		case n > 0 && runs[n-1][1] == m:
			runs[n-1][1]++
		default:
			runs = append(runs, [2]int{m, m + 1})
		}
	}
	return runs
}

func TestOfficeAddresses(t *testing.T) {
	for _, c := range []struct{ scale float64 }{{1}, {.5}, {.1}, {.001}} {
		for seed := range uint64(5) {
			n := newOfficeNet(newDice(seed), c.scale)
			addrs := map[netip.Addr]bool{}
			for _, a := range n.inside {
				addrs[a] = true
			}
			for _, h := range append(slices.Clone(n.tail), n.near...) {
				addrs[h.addr] = true
			}
			for _, p := range plantedDestinations {
				addrs[p.addr] = true
			}
			checkAddresses(t, addrs, c.scale)
			for _, h := range n.tail {
				assert.LessOrEqual(t, bits.OnesCount64(h.slots), 52)
			}
		}
	}
}

// TestOfficeShowsEveryAddress holds the log's own addresses to the same counts.
func TestOfficeShowsEveryAddress(t *testing.T) {
	o, _ := watch(t, testOffice(2, .02, 1))
	checkAddresses(t, o.addrs, .02)
}

func checkAddresses(t *testing.T, addrs map[netip.Addr]bool, scale float64) {
	t.Helper()
	inside, strays, eight := 0, 0, [256]int{}
	for a := range addrs {
		assert.False(t, a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast(), "%s is internal by default", a)
		b := a.As4()
		switch {
		case b[0] == 120 && b[1] == 18:
			inside++
		case b[0] == 120:
			inside, strays = inside+1, strays+1
		default:
			eight[b[0]]++
		}
	}
	shrunk := func(n, floor float64) int { return int(math.Round(max(floor, n*scale))) }
	assert.Equal(t, shrunk(523, 240), inside)
	assert.Equal(t, shrunk(20, 4), strays)
	assert.Equal(t, shrunk(4974, 80)+inside, len(addrs))
	assert.LessOrEqual(t, slices.Max(eight[:]), 38)
}

// TestOfficeVolume holds the rows to 24.0 to 24.9 million at scale 1 and five
// days, by the fifth part of a whole day.
func TestOfficeVolume(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a million rows")
	}
	rows := 0
	_, err := Office(testOffice(1, .2, 1), func(Row) error { rows++; return nil })
	require.NoError(t, err)
	assert.InDelta(t, 24.45e6/25, rows, .45e6/25)
}

// TestOfficeMemoryIsFlat shows that what the writer holds is set by the busiest
// minute, not by the length of the log.
func TestOfficeMemoryIsFlat(t *testing.T) {
	held := func(days int) (rows, most int) {
		o := newOffice(testOffice(1, .01, days))
		require.NoError(t, o.run(func(Row) error { rows++; most = max(most, len(o.rows)); return nil }))
		assert.LessOrEqual(t, cap(o.rows)+cap(o.keys)+cap(o.late), 8*most)
		return rows, most
	}
	short, shortMost := held(1)
	long, longMost := held(8)
	assert.Greater(t, long, 7*short)
	assert.InDelta(t, shortMost, longMost, .25*float64(shortMost))
}

func TestOfficeStopsAtAnErrorOfEmit(t *testing.T) {
	full, n := errors.New("disk full"), 0
	_, err := Office(testOffice(1, .001, 1), func(Row) error {
		if n++; n == 10 {
			return full
		}
		return nil
	})
	assert.Equal(t, full, err)
	assert.Equal(t, 10, n)
}

func TestOfficeRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*OfficeConfig)
		want   string
	}{
		{func(c *OfficeConfig) { c.Scale = 0 }, "scale 0"},
		{func(c *OfficeConfig) { c.Scale = -1 }, "scale -1"},
		{func(c *OfficeConfig) { c.Scale = math.NaN() }, "scale NaN"},
		{func(c *OfficeConfig) { c.Scale = math.Inf(1) }, "scale +Inf"},
		{func(c *OfficeConfig) { c.Days = 0 }, "0 days"},
		{func(c *OfficeConfig) { c.Days = 4000 }, "4000 days"},
		{func(c *OfficeConfig) { c.Start = time.Time{} }, "start 0001-01-01"},
	} {
		cfg := DefaultOffice()
		c.change(&cfg)
		_, err := Office(cfg, func(Row) error { return nil })
		assert.ErrorContains(t, err, c.want)
	}
}
