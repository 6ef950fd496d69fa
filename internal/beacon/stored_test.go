package beacon

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
	"beacon/internal/scratch"
	"beacon/internal/shape"
)

// tests are the tests that a result may name.
var tests = []string{rhythm.TestSleep, rhythm.TestClock, rhythm.TestEven, rhythm.TestCycle, rhythm.TestSteady}

// randomEvidence returns candidates of few sources, destinations, ports and periods, so
// that many of them make schedules together.
func randomEvidence(r *rand.Rand) Evidence {
	e := Evidence{Totals: Totals{InternalHosts: 20, First: 0, Last: int64(48 * time.Hour)}, PairTotals: PairTotals{Tried: 4000, Pairs: 5000, Sources: 12}}
	seen := map[string]bool{}
	source := func() netset.Host { return netset.HostOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(14))})) }
	destination := func() netset.Host {
		if r.IntN(8) == 0 {
			return netset.Host{Name: fmt.Sprintf("h%d.example.com", r.IntN(3))}
		}
		return netset.HostOf(netip.AddrFrom4([4]byte{203, 0, byte(r.IntN(3)), byte(r.IntN(20))}))
	}
	result := func() rhythm.Result {
		period := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 28 * time.Minute, 7 * time.Minute}[r.IntN(5)]
		j := rhythm.Result{Flows: 30 + r.IntN(90), Calls: 30, Test: tests[r.IntN(len(tests))], Period: period + time.Duration(r.Int64N(int64(period/20))),
			P: []float64{1e-20, 1e-9, 0.003, 0.05, 0.7, 1e-20, 0}[r.IntN(7)], Jitter: r.Float64() / 20, Miss: r.Float64() / 2, Regular: 1, Stretches: 1}
		if r.IntN(6) == 0 {
			j.Against = []rhythm.Flaw{{Code: rhythm.FlawLone, Value: 3, Limit: 5}, {Code: rhythm.FlawShort, Value: 7, Limit: 9}}
		}
		if r.IntN(9) == 0 {
			j.Changes = []rhythm.Change{{At: 5, Before: time.Minute, After: time.Hour}}
		}
		return j
	}
	for range 1 + r.IntN(900) {
		c := Candidate{Source: source(), Destination: destination(), Port: []uint16{443, 80, 123, 5223, 50001, 50002, 50003}[r.IntN(7)], Proto: 17,
			First: r.Int64N(1e12), Last: int64(40 * time.Hour), Position: r.Uint64N(1e6), Callers: r.IntN(14), Failed: r.Int64N(3), Bytes: r.Int64N(1e6), Result: result(),
			Size: SizeRegularity{r.Float64(), -1, 0.5}}
		if r.IntN(20) == 0 {
			c.Port, c.PortVaries = 0, true
		}
		if key := fmt.Sprint(c.Source, c.Destination, c.Port, c.PortVaries); !seen[key] {
			seen[key] = true
			e.Candidates = append(e.Candidates, c)
		}
	}
	for range r.IntN(30) {
		c := Candidate{Source: source(), Port: 443, First: 5, Last: int64(40 * time.Hour), Result: result()}
		for range 2 + r.IntN(4) {
			c.Parts = append(c.Parts, Part{destination(), 20})
		}
		c.Destination = c.Parts[0].Destination
		c.Shared = r.IntN(2) == 0
		if key := fmt.Sprint("rotation", c.Source); !seen[key] {
			seen[key] = true
			e.Rotations = append(e.Rotations, c)
		}
	}
	if r.IntN(2) == 0 {
		name := netset.Host{Name: "h1.example.com"}
		e.Addresses = map[netset.Host][]netset.Host{name: {netset.MustHost("203.0.0.4"), netset.MustHost("203.0.1.5")}}
		e.Answers = map[netset.Host][]string{netset.MustHost("203.0.0.4"): {"a.example"}}
	}
	return e
}

// all returns copies of the findings, and what the answer says beside them.
func all(fs *Findings) (list []Finding, rest Findings) {
	for f := range fs.All() {
		list = append(list, *f)
	}
	rest = Findings{Sources: fs.Sources, Near: fs.Near, Gone: fs.Gone, Warnings: fs.Warnings, Totals: Totals{Flows: int64(fs.Len())}}
	return list, rest
}

// The answer is the same, whether candidates and findings fit into memory or not, and so
// is all that can be done with it.
func TestStoredFindingsEqualThoseInMemory(t *testing.T) {
	several := 0
	for seed := range uint64(24) {
		q := Query{Rules: EveryRhythm | EveryMinute, Order: []Order{ByLog, ByTime}[seed%2], Times: seed%3 == 0, Slots: 60, Bucket: time.Minute, Cycle: time.Hour}
		known, err := netset.Parse([]string{"10.0.0.1"})
		require.NoError(t, err)
		q.Decision.Known = []Known{{Port: 80, Reason: "of the house", Sources: known}, {Port: 7, Reason: "none"}}
		ask := func(memory int64) *Findings {
			e := randomEvidence(rand.New(rand.NewPCG(seed, 9)))
			e.Memory = memory
			e.Destinations = []DestinationEvidence{{Address: netset.MustHost("203.0.113.9"), Slots: 60, Series: shape.Series{Bucket: time.Minute}, Sources: []Source{{Addr: netset.MustHost("10.0.0.77"), Flows: 60}}},
				{Address: netset.MustHost("224.0.0.1"), Slots: 60, Series: shape.Series{Bucket: time.Minute}, Sources: []Source{{Addr: netset.MustHost("10.0.0.78"), Flows: 61}}}}
			return Assemble(q, e)
		}
		want, got := ask(0), ask([]int64{1, 10_000, 100_000}[seed%3])
		if got.stored != nil {
			several++
		}
		require.NoError(t, got.Err())
		for _, fs := range []*Findings{want, got} {
			for i, p := range fs.Pictured() {
				p.Times = []int64{int64(i)}
			}
			fs.AddNames(map[netip.Addr][]string{netip.MustParseAddr("203.0.2.7"): {"seven"}})
			if seed%2 == 0 {
				fs.Know(Others{
					Networks: func(netset.Host) []string { return []string{"lab"} },
					Intel: func(h netset.Host, _ []uint16) (list []Listing) {
						if b := h.Addr.AsSlice(); len(b) == 4 && b[3]%5 == 0 {
							list = append(list, Listing{Indicator: h.String(), Source: "feed"})
						}
						return list
					},
				})
				require.True(t, slices.ContainsFunc(slices.Collect(fs.All()), (*Finding).Listed))
			}
			fs.Change(func(f *Finding) {
				if f.Since.Novelty = NoveltyKnown; f.Port != 443 {
					f.Since.Novelty = NoveltyNew
				}
			})
		}
		isNew := func(f *Finding) bool { return f.Since.Novelty == NoveltyNew }
		views := []func(fs *Findings) *Findings{
			func(fs *Findings) *Findings { return fs },
			func(fs *Findings) *Findings { return fs.Select([]Verdict{VerdictBeacon, VerdictWeak}) },
			func(fs *Findings) *Findings { return fs.Only(isNew) },
			func(fs *Findings) *Findings { return fs.Only(isNew).Select([]Verdict{VerdictExplained}) },
		}
		for _, view := range views {
			list, rest := all(view(want))
			storedList, storedRest := all(view(got))
			require.Equal(t, list, storedList, "seed %d", seed)
			require.Equal(t, rest, storedRest, "seed %d", seed)
			for _, v := range verdicts {
				require.Equal(t, view(want).Count(v), view(got).Count(v))
				require.Equal(t, view(want).CountOf(ScopeDestination, v), view(got).CountOf(ScopeDestination, v))
			}
		}
		require.Len(t, slices.Collect(got.Of(ScopeDestination)), 2)
		got.Close()
	}
	require.Greater(t, several, 12, "most answers don't fit into the memory")
}

// Where the disk is full the answer is an error.
func TestStoredFindingsOnAFullDisk(t *testing.T) {
	scratch.SetLimit(5000)
	defer scratch.SetLimit(0)
	e := randomEvidence(rand.New(rand.NewPCG(3, 9)))
	e.Memory = 1
	fs := Assemble(Query{Rules: EveryRhythm}, e)
	defer fs.Close()
	var full *scratch.FullError
	require.ErrorAs(t, fs.Err(), &full)
	require.Empty(t, slices.Collect(fs.All()))
}

// Long connections are the same whether they lie in memory or on disk.
func TestLongConnectionsOnDisk(t *testing.T) {
	var want string
	for _, memory := range []int64{0, 1} {
		e := Evidence{Memory: memory, Totals: Totals{Flows: 100, Outbound: 100, Last: int64(24 * time.Hour)}}
		for i := range 100 {
			require.NoError(t, e.AddLong([]LongEvidence{{Source: Source{Addr: netset.MustHost("10.0.0.1"), Flows: 1, First: int64(i), Last: int64(i)},
				Destination: netset.MustHost(fmt.Sprintf("198.51.100.%d", i)), Port: 443, Proto: 6,
				Lasting: connection.Lasting{Longest: time.Duration(i%7) * time.Hour, Began: int64(i), Count: 1, Long: 1, Total: time.Hour}}}))
		}
		require.Equal(t, memory > 0, e.lasting.Spilled())
		fs := Assemble(Query{Rules: EveryLong, Bucket: time.Minute, Cycle: time.Hour, Slots: 60, MinDuration: time.Hour}, e)
		var text strings.Builder
		for f := range fs.All() {
			fmt.Fprintf(&text, "%d %v %v %v\n", f.Rank, f.Destinations, f.Sources, *f.Lasting)
		}
		require.NoError(t, fs.Err())
		fs.Close()
		require.Equal(t, 100, strings.Count(text.String(), "\n"))
		if memory == 0 {
			want = text.String()
		}
		require.Equal(t, want, text.String())
	}
}

// Evidence on disk is let go of, also where an error keeps it from being looked at.
func TestAssembleClosesEvidence(t *testing.T) {
	for _, failed := range []error{nil, ErrChanged} {
		e := Evidence{Memory: 1, Kept: NewCandidates(Decision{}, 1), Flagged: &Flagged{All: func(yield func(*DestinationEvidence, error) bool) {
			if failed != nil {
				yield(nil, failed)
			}
		}}}
		require.NoError(t, e.AddLong([]LongEvidence{{Source: Source{Addr: netset.MustHost("10.0.0.1")}, Destination: netset.MustHost("198.51.100.1")}}))
		require.NoError(t, e.Kept.AddPair(&Candidate{Source: netset.MustHost("10.0.0.1"), Destination: netset.MustHost("198.51.100.1"), Result: rhythm.Result{Flows: 9, Calls: 9, P: 1e-9, Test: rhythm.TestSleep, Period: time.Minute}}))
		require.True(t, e.lasting.Spilled())
		require.True(t, e.Kept.sorter.Spilled())
		fs := Assemble(Query{Rules: EveryMinute | EveryLong | EveryRhythm, Bucket: time.Minute, Cycle: time.Hour, Slots: 60}, e)
		require.ErrorIs(t, fs.Err(), failed)
		require.False(t, e.lasting.Spilled())
		require.False(t, e.Kept.sorter.Spilled())
		fs.Close()
	}
}
