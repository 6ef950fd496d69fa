package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/engine"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	_ "beacon/internal/flowlog/all"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/shape"
	"beacon/internal/words"
)

// row is one flow of a test's log.
type row struct {
	t        int64 // ns
	src, dst netset.Host
	port     uint16
	bytes    int64
	duration int64 // ns
}

// oracle is the rule as DESIGN states it, the plain way: sets and maps over all
// rows.
func oracle(rows []row, q beacon.Query) *beacon.Findings {
	outbound := func(r row) bool {
		return q.Internal.Has(r.src) && !q.Internal.Has(r.dst) && !q.Exclude.Has(r.src) && !q.Exclude.Has(r.dst) &&
			(q.From == 0 && q.To == 0 || r.t >= q.From && r.t < q.To)
	}
	slots := map[netset.Host]map[int64]bool{}
	for _, r := range rows {
		if !outbound(r) {
			continue
		}
		if slots[r.dst] == nil {
			slots[r.dst] = map[int64]bool{}
		}
		end := r.t
		if q.Span {
			end += r.duration
		}
		for b := floor(r.t, q.Bucket); b <= floor(end, q.Bucket); b++ {
			cycle := int64(q.Cycle / q.Bucket)
			slots[r.dst][(b%cycle+cycle)%cycle] = true
		}
	}
	fs := &beacon.Findings{Query: q}
	for dst, set := range slots {
		switch n := len(set); {
		case n >= q.Slots && (q.Only == nil || slices.Contains(q.Only, dst)):
			fs.List = append(fs.List, oracleFinding(rows, dst, n, q, outbound))
		case n < q.Slots && n >= beacon.NearMiss(q.Slots):
			fs.Near = append(fs.Near, beacon.Near{Destination: dst, Slots: n})
		}
	}
	slices.SortFunc(fs.Near, func(a, b beacon.Near) int {
		return cmp.Or(cmp.Compare(b.Slots, a.Slots), a.Destination.Compare(b.Destination))
	})
	for _, addr := range q.Only {
		if len(slots[addr]) < q.Slots {
			fs.NotFlagged = append(fs.NotFlagged, beacon.Near{Destination: addr, Slots: len(slots[addr])})
		}
	}
	seen := map[netset.Host]bool{}
	var calls []row
	for _, r := range rows {
		if outbound(r) && slices.ContainsFunc(fs.List, func(f beacon.Finding) bool { return f.Destinations[0].Host == r.dst }) {
			calls = append(calls, r)
		}
	}
	if q.Order == beacon.ByTime {
		slices.SortStableFunc(calls, func(a, b row) int { return cmp.Or(cmp.Compare(a.t, b.t), a.src.Compare(b.src)) })
	}
	for _, r := range calls {
		if !seen[r.src] {
			seen[r.src] = true
			fs.Sources = append(fs.Sources, r.src)
		}
	}
	return fs
}

func oracleFinding(rows []row, dst netset.Host, slots int, q beacon.Query, outbound func(row) bool) beacon.Finding {
	day := &beacon.Day{Slots: slots, Series: shape.Series{Bucket: q.Bucket}}
	f := beacon.Finding{Destinations: []beacon.Destination{{Host: dst}}, Day: day}
	counts, ports := map[int64]int64{}, map[uint16]int64{}
	for position, r := range rows {
		if !outbound(r) || r.dst != dst {
			continue
		}
		i := slices.IndexFunc(f.Sources, func(s beacon.Source) bool { return s.Addr == r.src })
		if i < 0 {
			i = len(f.Sources)
			f.Sources = append(f.Sources, beacon.Source{Addr: r.src, First: r.t, Last: r.t, Position: uint64(position)})
		}
		s := &f.Sources[i]
		s.First, s.Last, s.Flows, s.Bytes = min(s.First, r.t), max(s.Last, r.t), s.Flows+1, s.Bytes+r.bytes
		counts[floor(r.t, q.Bucket)]++
		ports[r.port]++
	}
	for index, n := range counts {
		day.Series.Counts = append(day.Series.Counts, shape.Count{Index: index, Calls: n})
	}
	slices.SortFunc(day.Series.Counts, func(a, b shape.Count) int { return cmp.Compare(a.Index, b.Index) })
	for port, n := range ports {
		day.Ports = append(day.Ports, beacon.PortCount{Port: port, Flows: n})
	}
	return f
}

func floor(t int64, d time.Duration) int64 {
	b := t / int64(d)
	if t < b*int64(d) {
		b--
	}
	return b
}

var (
	insiders  = []string{"10.0.0.1", "10.0.0.2", "10.9.8.7", "192.168.1.1", "fd00::5", "120.18.2.84"}
	outsiders = []string{"8.8.8.8", "1.2.3.4", "234.8.152.205", "250.42.245.153", "2606:4700::1111", "255.255.255.255", "120.18.2.84", "93.184.216.34"}
)

// randomLog is a log in which some destinations are called often enough to
// touch most slots; its rows are mostly, but not wholly, in order of time.
func randomLog(r *rand.Rand) []row {
	n := 200 + r.IntN(4000)
	start := time.Date(2020, 6, 21, r.IntN(24), 0, 0, 0, time.UTC).UnixNano()
	span := int64(time.Hour) * int64(1+r.IntN(60))
	both := append(slices.Clone(insiders), outsiders...)
	rows := make([]row, n)
	for i := range rows {
		src, dst := insiders[r.IntN(len(insiders))], outsiders[min(r.IntN(len(outsiders)), r.IntN(len(outsiders)))]
		if r.IntN(4) == 0 {
			src, dst = both[r.IntN(len(both))], both[r.IntN(len(both))]
		}
		t := start + int64(i)*span/int64(n)
		if r.IntN(10) == 0 {
			t = start + r.Int64N(span)
		}
		rows[i] = row{t / 1000 * 1000, netset.MustHost(src), netset.MustHost(dst), uint16(r.IntN(3) + 80), r.Int64N(1500), r.Int64N(int64(3*time.Minute)) / 1e6 * 1e6}
	}
	return rows
}

// write writes rows as CSV files, cut at random places, and names them in
// order.
func write(t *testing.T, r *rand.Rand, rows []row) []string {
	dir := t.TempDir()
	var paths []string
	for k := 0; k == 0 || len(rows) > 0; k++ {
		n := len(rows)
		if r.IntN(8) > 0 {
			n = r.IntN(len(rows) + 1)
		}
		var b strings.Builder
		b.WriteString("timestamp,src_ip,dst_ip,dst_port,bytes,duration\n")
		for _, row := range rows[:n] {
			fmt.Fprintf(&b, "%s,%s,%s,%d,%d,%v\n", time.Unix(0, row.t).UTC().Format("2006-01-02 15:04:05.000000"), row.src, row.dst, row.port, row.bytes, float64(row.duration)/1e9)
		}
		rows = rows[n:]
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%04d.csv", k)))
		require.NoError(t, os.WriteFile(paths[k], []byte(b.String()), 0o600))
	}
	return paths
}

// randomQuery is a question with settings of every kind.
func randomQuery(r *rand.Rand, rows []row) beacon.Query {
	q := beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Order: beacon.ByLog, Internal: netset.Default(), Exclude: new(netset.Set), Want: flow.Port | flow.Bytes}
	switch r.IntN(4) {
	case 0:
		q.Bucket, q.Cycle = 10*time.Minute, 24*time.Hour
	case 1:
		q.Bucket = 5 * time.Minute
	}
	q.Slots = q.CycleSlots() - r.IntN(q.CycleSlots()/2)
	if r.IntN(3) == 0 {
		q.Slots = q.CycleSlots()
	}
	if r.IntN(2) == 0 {
		q.Order = beacon.ByTime
	}
	if r.IntN(4) == 0 {
		q.From = rows[r.IntN(len(rows))].t
		q.To = q.From + int64(time.Hour)*int64(1+r.IntN(40))
	}
	if r.IntN(4) == 0 {
		q.Exclude.Add(netip.MustParsePrefix("8.8.8.8/32"))
	}
	if r.IntN(4) == 0 {
		q.Only = []netset.Host{netset.MustHost("1.2.3.4"), netset.MustHost("2606:4700::1111"), netset.MustHost("9.9.9.9")}
	}
	if r.IntN(3) == 0 {
		q.Internal, _ = netset.Parse([]string{"10.0.0.0/8,192.168.0.0/16,fc00::/7,120.0.0.0/8"})
	}
	q.Span = r.IntN(3) == 0
	return q
}

// The fold equals the plain oracle on random logs, however the log is cut into
// files and whatever the number of workers.
func TestFindEqualsOracle(t *testing.T) {
	flagged, cycles := 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := randomLog(r)
		q := randomQuery(r, rows)
		want := oracle(rows, q)
		paths := write(t, r, rows)
		for _, workers := range []int{1, 2, 7} {
			got := findWithin(t, paths, q, workers, int64(seed%2)) // 1: all lies on disk
			require.Equal(t, fingerprint(want), fingerprint(got), "seed %d, %d workers, %d files", seed, workers, len(paths))
			if len(paths) > 1 {
				cycles++
			}
		}
		flagged += len(want.List)
	}
	require.Greater(t, flagged, 100, "the random logs flag too little to test anything")
	require.Greater(t, cycles, 50)
}

// A log whose flows tell the names that they asked for has the answer, by name, of the log
// whose destinations are these names; by address that of the log without names; and a name
// that is left out takes its flows with it.
func TestNamesEqualDestinations(t *testing.T) {
	names := []string{"", "a.example", "b.example", "www.b.example", "c.example"}
	flagged := 0
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 11))
		rows := randomLog(r)
		q := randomQuery(r, rows)
		q.Only, q.Want = nil, flow.Bytes
		left := seed%4 == 0
		if left {
			require.True(t, q.Exclude.AddDomain("b.example"))
		}
		var called, byName, byAddress strings.Builder
		for _, b := range []*strings.Builder{&called, &byName, &byAddress} {
			b.WriteString("timestamp,src_ip,dst_ip,dst_port,bytes,duration,sni\n")
		}
		for _, row := range rows {
			name := names[min(r.IntN(len(names)), r.IntN(len(names)))]
			line := func(b *strings.Builder, dst, name string) {
				fmt.Fprintf(b, "%s,%s,%s,%d,%d,%v,%s\n", time.Unix(0, row.t).UTC().Format("2006-01-02 15:04:05.000000"), row.src, dst, row.port, row.bytes, float64(row.duration)/1e9, name)
			}
			line(&called, row.dst.String(), name)
			if !(left && strings.HasSuffix(name, "b.example")) {
				line(&byAddress, row.dst.String(), "")
			}
			if external := !q.Internal.Has(row.dst) && !q.Exclude.Has(row.dst); name != "" && external {
				line(&byName, name, "")
			}
		}
		write := func(b *strings.Builder) []string {
			path := filepath.Join(t.TempDir(), "log.csv")
			require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
			return []string{path}
		}
		for _, by := range []struct {
			kind beacon.By
			same *strings.Builder
		}{{beacon.ByName, &byName}, {beacon.ByAddress, &byAddress}} {
			q.By = by.kind
			q.Order = beacon.ByTime // positions are of the log, which has other rows
			want := find(t, write(by.same), q, 1)
			for _, workers := range []int{1, 3} {
				got := find(t, write(&called), q, workers)
				require.Equal(t, fingerprint(want), fingerprint(got), "seed %d, by %d, %d workers", seed, by.kind, workers)
			}
			flagged += len(want.List)
		}
	}
	require.Greater(t, flagged, 20, "the random logs flag too little to test anything")
}

func find(t *testing.T, paths []string, q beacon.Query, workers int) *beacon.Findings {
	t.Helper()
	return findWithin(t, paths, q, workers, 0)
}

// findWithin answers a query with so many bytes of memory; 0 is the default.
func findWithin(t *testing.T, paths []string, q beacon.Query, workers int, memory int64) *beacon.Findings {
	t.Helper()
	log, err := flowlog.Open(paths, nil, flowlog.Options{From: q.From, To: q.To})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	eng := engine.Engine{Log: log, Workers: workers, Memory: memory}
	fs, err := eng.Find(context.Background(), q)
	require.NoError(t, err)
	t.Cleanup(fs.Close)
	return fs
}

// Whether what is gathered and the findings lie in memory or on disk changes nothing.
func TestFindWithinLittleMemory(t *testing.T) {
	spilled := 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 8))
		rows := randomLog(r)
		q := randomQuery(r, rows)
		paths := write(t, r, rows)
		want := find(t, paths, q, 1)
		require.True(t, want.List != nil)
		for _, workers := range []int{1, 4} {
			for _, memory := range []int64{1, 1 << 14} {
				got := findWithin(t, paths, q, workers, memory)
				require.Equal(t, everything(want), everything(got), "seed %d, %d workers, %d bytes", seed, workers, memory)
				if got.List == nil {
					spilled++
				}
			}
		}
	}
	require.Greater(t, spilled, 20, "few answers don't fit into the memory")
}

// everything is all of an answer as text.
func everything(fs *beacon.Findings) string {
	var b strings.Builder
	for f := range fs.All() {
		day := *f.Day
		plain := *f
		plain.Day, plain.Reasons = nil, nil
		fmt.Fprintf(&b, "%+v %+v %v\n", plain, day, reason.Texts(f.Reasons, words.Zone{}))
	}
	fmt.Fprintln(&b, fs.Err(), fs.Len(), fs.Sources, fs.Near, fs.NotFlagged, fs.Totals, fs.Warnings)
	return b.String()
}

// fingerprint is an answer as text, for comparison: all but positions, which
// only order sources, and judgements, which are beacon's.
func fingerprint(fs *beacon.Findings) string {
	var b strings.Builder
	fmt.Fprintln(&b, "sources", fs.Sources, "near", fs.Near, "not flagged", fs.NotFlagged)
	var list []beacon.Finding
	for f := range fs.All() {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b beacon.Finding) int { return a.Destinations[0].Host.Compare(b.Destinations[0].Host) })
	for _, f := range list {
		fmt.Fprintln(&b, f.Destinations[0].Host, f.Day.Slots, f.Day.Series)
		sources := slices.Clone(f.Sources)
		slices.SortFunc(sources, func(a, b beacon.Source) int {
			if fs.Query.Order == beacon.ByLog {
				return cmp.Compare(a.Position, b.Position)
			}
			return cmp.Or(cmp.Compare(a.First, b.First), a.Addr.Compare(b.Addr))
		})
		for _, s := range sources {
			fmt.Fprintln(&b, " ", s.Addr, s.First, s.Last, s.Flows, s.Bytes)
		}
		ports := slices.Clone(f.Day.Ports)
		slices.SortFunc(ports, func(a, b beacon.PortCount) int { return cmp.Compare(a.Port, b.Port) })
		fmt.Fprintln(&b, " ", ports)
	}
	return b.String()
}

// An excluded end, and a bound of time, leave flows out of the totals too.
func TestTotals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rows := randomLog(r)
	paths := write(t, r, rows)
	q := beacon.Query{Rules: beacon.EveryMinute, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, Internal: netset.Default(), Exclude: new(netset.Set), Order: beacon.ByLog}
	q.Exclude.Add(netip.MustParsePrefix("8.8.8.8/32"))
	var excluded, outbound int64
	for _, row := range rows {
		if q.Exclude.Has(row.src) || q.Exclude.Has(row.dst) {
			excluded++
		} else if q.Internal.Has(row.src) && !q.Internal.Has(row.dst) {
			outbound++
		}
	}
	got := find(t, paths, q, 2).Totals
	require.Equal(t, int64(len(rows)), got.Flows)
	require.Equal(t, excluded, got.Excluded)
	require.Equal(t, outbound, got.Outbound)
	require.Positive(t, excluded)
}
