// Package reporttest holds the findings that the tests of the reports draw.
package reporttest

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"
	"beacon/internal/shape"
	"beacon/internal/stats"
)

var update = flag.Bool("update", false, "write the goldens anew")

// Hostile is names that want to be more than text.
var Hostile = []string{
	`=cmd|'/C calc'!A0`, `+1+1`, `-2`, `@SUM(A1)`, `<script>alert(1)</script>`, `"><img src=x onerror=alert(2)>`,
	"a\tb\nc\rd", "\x1b[31mred\x1b[0m", "</script><script>alert(3)//", `it's "quoted", isn't it`, "\u202etxt.exe", "bad\xffutf8", " =1",
}

const Noon = 1592740800 * 1_000_000_000 // 2020-06-21 12:00 UTC

// Sample is findings of each shape, the first with hostile names.
func Sample() *beacon.Findings {
	q := beacon.Query{
		Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60,
		Order: beacon.ByLog, Want: flow.Bytes | flow.Port | flow.Name, Internal: netset.Default(),
	}
	t := beacon.Totals{
		Flows: 1234567, Bad: 12, Excluded: 3, Outbound: 54321, Addresses: 5497, InternalHosts: 523,
		First: Noon - 12*3600e9 + 5e8, Last: Noon + (5*24-12)*3600e9 - 1,
	}
	e := beacon.Evidence{
		Internal: q.Internal, Totals: t, Warnings: []beacon.Warning{{Text: "the log <b>lies</b>", Hint: "don't --believe \"it\""}},
		Slots: map[netset.Host]int{netset.MustHost("192.0.2.7"): 59, netset.MustHost("192.0.2.8"): 57, netset.MustHost("2001:db8::9"): 55},
	}
	minute := func(k int) bool {
		m := k % 1440
		return m >= 492 && m < 553 || m >= 678 && m < 739 || m >= 858 && m < 919
	}
	e.Destinations = append(e.Destinations,
		finding("80.155.115.153", Hostile, 26, func(k int) int64 {
			if minute(k) {
				return int64(25 + k%50)
			}
			return 0
		}),
		finding("5.183.60.54", nil, 3, func(k int) int64 { return int64(k*7919%21 + 1) }),
		finding("8.8.8.8", []string{"dns.google"}, 1, func(k int) int64 { return int64(max(0, 60-abs(k%1440-780)/8)) }),
		finding("2001:db8::1:2", nil, 2, func(k int) int64 {
			if k%61 == 0 {
				return 1
			}
			return 0
		}),
	)
	return beacon.Assemble(q, e)
}

func abs(n int) int { return max(n, -n) }

// finding returns a destination over five days with so many calls in each minute.
func finding(dst string, names []string, sources int, calls func(minute int) int64) beacon.DestinationEvidence {
	f := beacon.DestinationEvidence{
		Address: netset.MustHost(dst), Slots: 60,
		Ports:  []beacon.PortCount{{Port: 443, Flows: 900}, {Port: 80, Flows: 4}},
		Series: shape.Series{Bucket: time.Minute},
	}
	for i, name := range names {
		f.Names = append(f.Names, beacon.NameCount{Name: name, Flows: int64(len(names) - i)})
	}
	start := int64(Noon/60e9) - 720
	for k := range 5 * 1440 {
		if n := calls(k); n > 0 {
			f.Series.Counts = append(f.Series.Counts, shape.Count{Index: start + int64(k), Calls: n})
		}
	}
	total := int64(0)
	for _, c := range f.Series.Counts {
		total += c.Calls
	}
	for i := range sources {
		f.Sources = append(f.Sources, beacon.Source{
			Addr:  netset.HostOf(netip.AddrFrom4([4]byte{10, 18, byte(i * 37), byte(i + 1)})),
			First: Noon + int64(i)*1_500_000_001, Last: Noon + 86400e9 + int64(i),
			Flows: total / int64(sources), Bytes: int64(1000 * (i + 1)), Position: uint64(i * 100),
		})
	}
	return f
}

var ErrFull = errors.New("the disk is full")

// FullDisk fails every write with ErrFull.
type FullDisk struct{}

func (FullDisk) Write([]byte) (int, error) { return 0, ErrFull }

// Golden compares a text with the golden file of that name in testdata. With -update
// it writes the file anew.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if bytes.Equal(want, got) {
		return
	}
	require.Equal(t, string(want), string(got))
}

// Keeping is findings of the rhythm rule: n pairs over three days that sleep, keep to the
// clock, miss calls and switch their period, judged as an engine does.
func Keeping(n int) *beacon.Findings {
	const length = 3 * 86400.
	r := rand.New(rand.NewPCG(7, 7))
	sample := Sample()
	q, t := sample.Query, sample.Totals
	q.Rules, q.Times = beacon.EveryRhythm, true
	t.First, t.Last = Noon, Noon+int64(length*1e9)
	times := map[netset.Host][]int64{}
	var all []beacon.Candidate
	for i := range n {
		var calls []float64
		switch i % 5 {
		case 0:
			calls = stats.Until(stats.Miss(r, stats.Sleep(r, 300, .2), .1), length)
		case 1:
			calls = stats.Until(stats.Clock(r, 900, .05), length)
		case 2:
			calls = stats.Until(stats.Sleep(r, 60, .5), length)
		case 3:
			calls = append(stats.Until(stats.Sleep(r, 600, .1), length/2), shifted(stats.Until(stats.Sleep(r, 3600, .1), length/2), length/2)...)
		case 4:
			calls = shifted(stats.Until(stats.Sleep(r, 30, .1), length/20), length/3)
		}
		p := beacon.Pair{Source: netset.HostOf(netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i%250 + 1)})), Destination: netset.HostOf(netip.AddrFrom4([4]byte{203, 0, byte(i / 250), byte(i % 250)})), Port: uint16(4000 + i), Proto: 6}
		for _, s := range calls {
			p.Times = append(p.Times, Noon+int64(s*1e9))
			p.Bytes = append(p.Bytes, 1000)
		}
		times[p.Destination] = p.Times
		all = append(all, beacon.JudgePair(p, q.Rhythm, 0, 0))
	}
	fs := beacon.Assemble(q, beacon.Evidence{Internal: q.Internal, Totals: t, Candidates: all, PairTotals: beacon.CountPairs(all, q.Rhythm.LeastCalls())})
	for _, p := range fs.Pictured() {
		p.Times = times[p.Destination]
	}
	return fs
}

func shifted(seconds []float64, by float64) []float64 {
	for i := range seconds {
		seconds[i] += by
	}
	return seconds
}

// WalkPath follows a path of steps and vertical lines.
func WalkPath(t *testing.T, path string, at func(x, y int)) {
	x, y := 0, 0
	for _, m := range regexp.MustCompile(`m(-?\d+) ?(-?\d+)v(\d+)`).FindAllStringSubmatch(path, -1) {
		path = strings.TrimPrefix(path, m[0])
		dx, _ := strconv.Atoi(m[1])
		dy, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		x, y = x+dx, y+dy
		for range n {
			at(x, y)
			y++
		}
		at(x, y)
	}
	require.Empty(t, path)
}

// Many returns the sample over and over, n findings with addresses of their own.
func Many(n int) *beacon.Findings {
	fs := Sample()
	list := fs.List
	fs.List = nil
	for i := range n {
		f := list[i%len(list)]
		f.Destinations = slices.Clone(f.Destinations)
		f.Destinations[0].Host = netset.HostOf(netip.AddrFrom4([4]byte{198, 51, byte(i / 250), byte(i % 250)}))
		fs.List = append(fs.List, f)
	}
	slices.SortStableFunc(fs.List, func(a, b beacon.Finding) int { return cmp.Compare(a.Rank, b.Rank) })
	for i := range fs.List {
		fs.List[i].Rank = i + 1
	}
	return fs
}

// Updating reports whether the tests write their goldens anew.
func Updating() bool { return *update }
