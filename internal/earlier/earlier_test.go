package earlier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/reason"
	"beacon/internal/rhythm"
	"beacon/internal/words"
)

func testHosts(t *testing.T, texts ...string) (list []netset.Host) {
	t.Helper()
	for _, text := range texts {
		h, err := netset.ParseHost(text)
		require.NoError(t, err)
		list = append(list, h)
	}
	return list
}

func TestSameSchedule(t *testing.T) {
	hosts := func(texts ...string) []netset.Host { return testHosts(t, texts...) }
	base := func() beacon.Earlier {
		return beacon.Earlier{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Destinations: hosts("192.0.2.1", "192.0.2.2"), Aliases: hosts("c2.example.com"),
			Sources: hosts("10.0.0.1", "10.0.0.2"), Port: 443, Period: time.Hour, FirstSeen: 100}
	}
	for _, test := range []struct {
		name    string
		mutate  func(e *beacon.Earlier)
		want    beacon.Novelty
		changes []string
	}{
		{"equal", func(*beacon.Earlier) {}, beacon.NoveltyKnown, nil},
		{"port unknown", func(e *beacon.Earlier) { e.Port = 0 }, beacon.NoveltyKnown, nil},
		{"by its name", func(e *beacon.Earlier) {
			e.Destinations, e.Aliases = hosts("c2.example.com"), hosts("192.0.2.1", "192.0.2.2")
		}, beacon.NoveltyKnown, nil},
		{"period within the tolerance", func(e *beacon.Earlier) { e.Period += time.Second }, beacon.NoveltyKnown, nil},
		{"period", func(e *beacon.Earlier) { e.Period = 2 * time.Hour }, beacon.NoveltyChanged, []string{"period 60 min to 2 h"}},
		{"verdict", func(e *beacon.Earlier) { e.Verdict = beacon.VerdictWeak }, beacon.NoveltyChanged, []string{"verdict beacon to weak"}},
		{"source more and less", func(e *beacon.Earlier) { e.Sources = hosts("10.0.0.2", "10.0.0.9") }, beacon.NoveltyChanged, []string{"sources +10.0.0.9, -10.0.0.1"}},
		{"many sources", func(e *beacon.Earlier) {
			e.Sources = hosts("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5")
		}, beacon.NoveltyChanged, []string{"sources +10.0.1.1, +10.0.1.2, +10.0.1.3 and 2 more"}},
		{"destination", func(e *beacon.Earlier) { e.Destinations = hosts("192.0.2.1") }, beacon.NoveltyChanged, []string{"destinations -192.0.2.2"}},
		{"other port", func(e *beacon.Earlier) { e.Port = 80 }, beacon.NoveltyNew, nil},
		{"other source", func(e *beacon.Earlier) { e.Sources = hosts("10.0.0.9") }, beacon.NoveltyNew, nil},
		{"other destination", func(e *beacon.Earlier) { e.Destinations, e.Aliases = hosts("192.0.2.9"), nil }, beacon.NoveltyNew, nil},
		{"shared alias only", func(e *beacon.Earlier) { e.Destinations = hosts("192.0.2.9") }, beacon.NoveltyNew, nil},
		{"other rule, one more source", func(e *beacon.Earlier) {
			e.Scope, e.Sources = beacon.ScopeDestination, hosts("10.0.0.1", "10.0.0.9")
		}, beacon.NoveltyNew, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := base()
			now.FirstSeen = 500
			test.mutate(&now)
			list, gone := Compare([]beacon.Earlier{base()}, []beacon.Earlier{now})
			want, missing := beacon.Since{Novelty: test.want, Changes: test.changes, FirstSeen: 100}, 0
			if test.want == beacon.NoveltyNew {
				want.FirstSeen, missing = 500, 1
			}
			assert.Equal(t, []beacon.Since{want}, list)
			assert.Len(t, gone, missing)
		})
	}
}

// A name that moves to another address is the same schedule, unless either address has other
// names too.
func TestMovedName(t *testing.T) {
	at := func(address string, names ...string) beacon.Earlier {
		return beacon.Earlier{Scope: beacon.ScopeSchedule, Sources: testHosts(t, "10.0.0.1"), Destinations: testHosts(t, address), Aliases: testHosts(t, names...), Port: 443}
	}
	for _, test := range []struct {
		before, now beacon.Earlier
		want        beacon.Novelty
		changes     []string
	}{
		{at("192.0.2.1", "c2.example"), at("192.0.2.2", "c2.example"), beacon.NoveltyChanged, []string{"destinations +192.0.2.2, -192.0.2.1"}},
		{at("192.0.2.1", "c2.example"), at("192.0.2.2", "other.example"), beacon.NoveltyNew, nil},
		{at("192.0.2.1", "c2.example"), at("192.0.2.2", "c2.example", "other.example"), beacon.NoveltyNew, nil},
		{at("192.0.2.1", "cdn.example", "a.example"), at("192.0.2.2", "cdn.example"), beacon.NoveltyNew, nil},
		{at("192.0.2.1"), at("192.0.2.2"), beacon.NoveltyNew, nil},
		{at("a.example", "192.0.2.1"), at("b.example", "192.0.2.1"), beacon.NoveltyNew, nil},
	} {
		list, _ := Compare([]beacon.Earlier{test.before}, []beacon.Earlier{test.now})
		assert.Equal(t, []beacon.Since{{Novelty: test.want, Changes: test.changes}}, list, "%v, %v", test.before, test.now)
	}
}

// Two schedules of a pair of which one has no port are both the same as either: each is
// compared with the one that it differs least from.
func TestCompareTakesTheMostAlike(t *testing.T) {
	list := []beacon.Earlier{
		{Scope: beacon.ScopeSchedule, Destinations: testHosts(t, "192.0.2.1"), Sources: testHosts(t, "10.0.0.1"), Port: 443, Period: time.Hour},
		{Scope: beacon.ScopeSchedule, Destinations: testHosts(t, "192.0.2.1"), Sources: testHosts(t, "10.0.0.1"), Period: time.Minute},
	}
	got, gone := Compare(list, list)
	assert.Equal(t, []beacon.Since{{Novelty: beacon.NoveltyKnown}, {Novelty: beacon.NoveltyKnown}}, got)
	assert.Empty(t, gone)
}

// Compare finds by host what comparing each with each does.
func TestCompareIsEachWithEach(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var pool [2][]netset.Host
	for i := range 12 {
		pool[0] = append(pool[0], testHosts(t, fmt.Sprintf("192.0.2.%d", i))...)
		pool[1] = append(pool[1], testHosts(t, fmt.Sprintf("10.0.0.%d", i))...)
	}
	some := func(pool []netset.Host, n int) (list []netset.Host) {
		for range random.IntN(n) + 1 {
			list = append(list, pool[random.IntN(len(pool))])
		}
		return list
	}
	run := func() (list []beacon.Earlier) {
		for range 20 {
			list = append(list, beacon.Earlier{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Destinations: some(pool[0], 2), Aliases: some(pool[0], 1),
				Sources: some(pool[1], 3), Port: uint16(random.IntN(3)), FirstSeen: random.Int64N(1000)})
		}
		return list
	}
	novelties := map[beacon.Novelty]int{}
	for range 50 {
		earlier, now := run(), run()
		list, gone := Compare(earlier, now)
		for i, got := range list {
			first, fewest, known := now[i].FirstSeen, 0, false
			for j := range earlier {
				if e := &earlier[j]; same(e, &now[i]) {
					if n := len(changes(e, &now[i])); !known || n < fewest {
						fewest = n
					}
					known, first = true, min(first, e.FirstSeen)
				}
			}
			novelties[got.Novelty]++
			assert.Equal(t, known, got.Novelty != beacon.NoveltyNew)
			assert.Equal(t, fewest, len(got.Changes))
			assert.Equal(t, first, got.FirstSeen)
		}
		var missing []beacon.Earlier
		for j := range earlier {
			if e := &earlier[j]; !slices.ContainsFunc(slices.Concat(now, earlier[j+1:]), func(o beacon.Earlier) bool { return same(&o, e) }) {
				missing = append(missing, *e)
			}
		}
		assert.Equal(t, missing, gone)
	}
	assert.Len(t, novelties, 3, "the runs must hold each kind")
}

// What lies on disk is compared as what fits into memory is.
func TestTellOfStoredFindings(t *testing.T) {
	ask := func(memory int64) *beacon.Findings {
		e := beacon.Evidence{Memory: memory, PairTotals: beacon.PairTotals{Pairs: 40, Tried: 40, Sources: 40}}
		for i := range 40 {
			e.Candidates = append(e.Candidates, beacon.Candidate{Source: testHosts(t, fmt.Sprintf("10.0.0.%d", i))[0], Destination: testHosts(t, fmt.Sprintf("192.0.2.%d", i%7))[0], Port: uint16(8000 + i),
				Last: int64(time.Hour), Result: rhythm.Result{Test: rhythm.TestSleep, P: 1e-20, Period: time.Duration(i+1) * time.Minute, Flows: 60, Calls: 60, Regular: 1}})
		}
		fs := beacon.Assemble(beacon.Query{Rules: beacon.EveryRhythm}, e)
		require.NoError(t, fs.Err())
		Tell(fs, []beacon.Earlier{
			{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictBeacon, Port: 8003, Sources: testHosts(t, "10.0.0.3"), Destinations: testHosts(t, "192.0.2.3"), Period: 4 * time.Minute},
			{Scope: beacon.ScopeSchedule, Verdict: beacon.VerdictWeak, Port: 8004, Sources: testHosts(t, "10.0.0.4"), Destinations: testHosts(t, "192.0.2.4")},
			{Scope: beacon.ScopeSchedule, Port: 9, Sources: testHosts(t, "10.0.0.5"), Destinations: testHosts(t, "192.0.2.5")}})
		return fs
	}
	want, got := ask(0), ask(1)
	require.Nil(t, got.List, "the findings lie on disk")
	defer got.Close()
	require.Len(t, want.Gone, 1)
	require.Equal(t, want.Gone, got.Gone)
	texts := func(fs *beacon.Findings) (list []string) {
		for f := range fs.All() {
			list = append(list, fmt.Sprint(f.Rank, f.Sources[0].Addr, f.Since, reason.Texts(f.Reasons, words.Zone{})))
		}
		return list
	}
	require.Equal(t, texts(want), texts(got))
	require.Len(t, texts(OnlyNew(got)), 39)
	require.Equal(t, texts(OnlyNew(want)), texts(OnlyNew(got)))
	require.Equal(t, OnlyNew(want).Sources, OnlyNew(got).Sources)
}
