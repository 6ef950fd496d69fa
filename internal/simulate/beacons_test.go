package simulate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"hash/fnv"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type beaconPair struct {
	src, dst netip.Addr
	name     string
	port     uint16
}

// beaconLog is a log of beacons, its rows by pair.
type beaconLog struct {
	cfg      BeaconsConfig
	rows     int
	hash     uint64
	byPair   map[beaconPair][]float64 // s after the start
	rhythmic []Rhythmic
}

func (l beaconLog) at(r Rhythmic) []float64 {
	return l.byPair[beaconPair{r.Source, r.Destination, r.Name, r.Port}]
}

func readBeacons(t *testing.T, cfg BeaconsConfig) beaconLog {
	t.Helper()
	l := beaconLog{cfg: cfg, byPair: map[beaconPair][]float64{}}
	h := fnv.New64a()
	w := NewCSVWriter(h, cfg.Named())
	start := cfg.Start.UnixNano()
	last := start
	inside := netip.MustParsePrefix("10.20.0.0/16")
	var err error
	l.rhythmic, err = Beacons(cfg, func(r Row) error {
		if r.Time < last || r.Time >= start+int64(cfg.Days*86400e9) || r.Time%1000 != 0 {
			t.Fatalf("row %d at %d after one at %d", l.rows, r.Time, last)
		}
		outside := r.Dst.IsGlobalUnicast() && !r.Dst.IsPrivate() || r.Name != "" && !r.Dst.IsValid()
		if !inside.Contains(r.Src) || !outside || r.Bytes <= 0 || r.SrcPort < 49152 {
			t.Fatalf("row %d: %+v", l.rows, r)
		}
		last = r.Time
		l.rows++
		pairs := []beaconPair{{r.Src, r.Dst, "", r.DstPort}}
		if r.Name != "" { // its truth may be by name, or by domain
			_, below, _ := strings.Cut(r.Name, ".")
			pairs = append(pairs, beaconPair{r.Src, netip.Addr{}, r.Name, r.DstPort}, beaconPair{r.Src, netip.Addr{}, "*." + below, r.DstPort})
		}
		for _, p := range pairs {
			l.byPair[p] = append(l.byPair[p], float64(r.Time-start)/1e9)
		}
		return w.Write(r)
	})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	l.hash = h.Sum64()
	return l
}

func smallBeacons(seed uint64) BeaconsConfig {
	cfg := DefaultBeacons()
	cfg.Seed, cfg.Hosts, cfg.Beacons = seed, 20, 64
	return cfg
}

func TestBeaconsSameSeedSameRows(t *testing.T) {
	a, b, c := readBeacons(t, smallBeacons(1)), readBeacons(t, smallBeacons(1)), readBeacons(t, smallBeacons(2))
	assert.Equal(t, a.hash, b.hash)
	assert.Equal(t, a.rhythmic, b.rhythmic)
	assert.NotEqual(t, a.hash, c.hash)
}

// A beacon more leaves the benign rows as they are.
func TestBeaconsAreIndependent(t *testing.T) {
	with, without := readBeacons(t, smallBeacons(1)), smallBeacons(1)
	without.Beacons = 0
	planted := 0
	for _, r := range with.rhythmic {
		if r.Beacon > 0 {
			planted += r.Rows
		}
	}
	assert.Equal(t, with.rows-planted, readBeacons(t, without).rows)
}

func TestBeaconsTruthMatchesTheRows(t *testing.T) {
	l := readBeacons(t, smallBeacons(3))
	start := l.cfg.Start.UnixNano()
	kinds, seen := map[string]int{}, map[beaconPair]bool{}
	for _, r := range l.rhythmic {
		p := beaconPair{r.Source, r.Destination, r.Name, r.Port}
		require.False(t, seen[p], "pair twice: %+v", r)
		seen[p] = true
		kinds[r.Kind]++
		at := l.at(r)
		require.Len(t, at, r.Rows)
		assert.InDelta(t, float64(r.First-start)/1e9, at[0], 1e-6)
		assert.InDelta(t, float64(r.Last-start)/1e9, at[len(at)-1], 1e-6)
	}
	for _, k := range append([]string{"ntp", "push", "update"}, BeaconKinds...) {
		assert.NotZero(t, kinds[k], k)
	}
	assert.Greater(t, kinds[KindHosts], kinds[KindSleep])
	assert.Greater(t, kinds[KindRotating], kinds[KindSleep])
}

// steps fails unless every gap is a whole number of sleeps of period·(1±jitter), one
// if no call is missed.
func steps(t *testing.T, at []float64, period, jitter float64, missed bool) {
	t.Helper()
	for i := 1; i < len(at); i++ {
		gap := at[i] - at[i-1]
		n := 1.0
		if missed {
			n = max(1, math.Ceil(gap/(period*(1+jitter))-1e-6))
		}
		require.GreaterOrEqual(t, gap, period*(1-jitter)-1e-5)
		require.LessOrEqual(t, gap, n*period*(1+jitter)+1e-5)
	}
}

func TestBeaconsKeepTheirTime(t *testing.T) {
	l := readBeacons(t, smallBeacons(4))
	rotating := map[int][]float64{}
	targets := map[int]map[netip.Addr]bool{}
	for _, r := range l.rhythmic {
		at, period := l.at(r), r.Period.Seconds()
		if targets[r.Beacon] == nil {
			targets[r.Beacon] = map[netip.Addr]bool{}
		}
		targets[r.Beacon][r.Destination] = true
		switch r.Kind {
		case KindSleep, KindHosts, "ntp", "push":
			steps(t, at, period, r.Jitter, r.Miss > 0)
		case KindClock, "update":
			require.True(t, r.Clock)
			for _, x := range at {
				drift := math.Remainder(x-at[0], period)
				require.LessOrEqual(t, math.Abs(drift), 2*r.Jitter*period+1e-5)
			}
		case KindHours:
			for _, x := range at {
				require.True(t, x >= 9*hour && x < 17*hour, x)
			}
			steps(t, at, period, r.Jitter, r.Miss > 0)
		case KindSwitch:
			var before, after []float64
			for _, x := range at {
				if x < day/2 {
					before = append(before, x)
				} else {
					after = append(after, x)
				}
			}
			steps(t, before, period, r.Jitter, r.Miss > 0)
			steps(t, after, r.Then.Seconds(), r.Jitter, r.Miss > 0)
			require.NotEmpty(t, after)
		case KindOnce:
			require.Less(t, at[len(at)-1]-at[0], hour)
			steps(t, at, period, r.Jitter, r.Miss > 0)
		case KindRetries:
			require.Greater(t, len(at), 2)
			require.InDelta(t, 1, at[1]-at[0], 1e-5)
			require.InDelta(t, 3, at[2]-at[0], 1e-5)
		case KindRotating:
			rotating[r.Beacon] = append(rotating[r.Beacon], at...)
		}
		if r.Miss > 0 && r.Kind == KindSleep {
			expected := day / period * (1 - r.Miss)
			assert.InDelta(t, expected, float64(len(at)), 5*math.Sqrt(expected)+2)
		}
	}
	require.NotEmpty(t, rotating)
	for _, r := range l.rhythmic {
		if all := rotating[r.Beacon]; r.Kind == KindRotating && all != nil {
			slices.Sort(all)
			steps(t, all, r.Period.Seconds(), r.Jitter, r.Miss > 0)
			assert.GreaterOrEqual(t, len(targets[r.Beacon]), 3)
		}
		if r.Kind == KindHosts {
			assert.Len(t, targets[r.Beacon], 1)
		}
	}
}

// People and beacons of working hours rest at the weekend.
func TestBeaconsWeekend(t *testing.T) {
	cfg := smallBeacons(5)
	cfg.Start = time.Date(2024, 3, 9, 0, 0, 0, 0, time.UTC) // Saturday
	l := readBeacons(t, cfg)
	for _, r := range l.rhythmic {
		assert.NotEqual(t, KindHours, r.Kind)
	}
	assert.Less(t, l.rows, readBeacons(t, smallBeacons(5)).rows)
}

func TestWriteBeacons(t *testing.T) {
	cfg := smallBeacons(6)
	cfg.Days = 0.1
	var b bytes.Buffer
	rhythmic, err := WriteBeacons(cfg, NewCSVWriter(&b, false))
	require.NoError(t, err)
	l := readBeacons(t, cfg)
	assert.Equal(t, l.rhythmic, rhythmic)
	assert.Equal(t, l.rows+1, bytes.Count(b.Bytes(), []byte("\n")), "a header and the rows")
	assert.True(t, bytes.HasPrefix(b.Bytes(), []byte("timestamp,src_ip,dst_ip")))
}

func TestWriteRhythmic(t *testing.T) {
	l := readBeacons(t, smallBeacons(6))
	var b bytes.Buffer
	require.NoError(t, WriteRhythmic(&b, l.rhythmic))
	records, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, len(l.rhythmic)+1)
	require.Equal(t, "source,destination,port,beacon,kind,period_s,then_s,clock,jitter,miss,rows,first,last", strings.Join(records[0], ","))
	for i, r := range l.rhythmic {
		got := records[i+1]
		assert.Equal(t, []string{r.Source.String(), r.Destination.String()}, got[:2])
		assert.Equal(t, strconv.Itoa(r.Rows), got[10])
		first, err := time.Parse(time.RFC3339Nano, got[11])
		require.NoError(t, err)
		assert.Equal(t, r.First, first.UnixNano())
	}
}

func TestBeaconsStopAtAnErrorOfEmit(t *testing.T) {
	full := errors.New("disk full")
	n := 0
	_, err := Beacons(smallBeacons(1), func(Row) error {
		if n++; n == 10 {
			return full
		}
		return nil
	})
	assert.ErrorIs(t, err, full)
	assert.Equal(t, 10, n)
}

func TestBeaconsRefuse(t *testing.T) {
	for name, spoil := range map[string]func(*BeaconsConfig){
		"no hosts":        func(c *BeaconsConfig) { c.Hosts = 0 },
		"too many hosts":  func(c *BeaconsConfig) { c.Hosts = 60_001 },
		"beacons below 0": func(c *BeaconsConfig) { c.Beacons = -1 },
		"no days":         func(c *BeaconsConfig) { c.Days = 0 },
		"NaN days":        func(c *BeaconsConfig) { c.Days = math.NaN() },
		"a kind unknown":  func(c *BeaconsConfig) { c.Kinds = []string{"sleep", "solitaire"} },
		"a world unknown": func(c *BeaconsConfig) { c.World = "mars" },
		"year 1":          func(c *BeaconsConfig) { c.Start = time.Time{} },
	} {
		cfg := smallBeacons(1)
		spoil(&cfg)
		_, err := Beacons(cfg, func(Row) error { t.Fatal(name, "emitted"); return nil })
		assert.ErrorContains(t, err, "log of beacons", name)
	}
}

// A log shorter than the shortest period is a log still.
func TestBeaconsShortLog(t *testing.T) {
	cfg := smallBeacons(1)
	cfg.Days = 1.0 / 86400
	l := readBeacons(t, cfg)
	assert.Less(t, l.rows, 200)
}
