package beacon

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
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
	base := func() Earlier {
		return Earlier{Scope: ScopeSchedule, Verdict: VerdictBeacon, Destinations: hosts("192.0.2.1", "192.0.2.2"), Aliases: hosts("c2.example.com"),
			Sources: hosts("10.0.0.1", "10.0.0.2"), Port: 443, Period: time.Hour, FirstSeen: 100}
	}
	for _, test := range []struct {
		name    string
		mutate  func(e *Earlier)
		want    Novelty
		changes []string
	}{
		{"equal", func(*Earlier) {}, NoveltyKnown, nil},
		{"port unknown", func(e *Earlier) { e.Port = 0 }, NoveltyKnown, nil},
		{"by its name", func(e *Earlier) { e.Destinations, e.Aliases = hosts("c2.example.com"), hosts("192.0.2.1", "192.0.2.2") }, NoveltyKnown, nil},
		{"period within the tolerance", func(e *Earlier) { e.Period += time.Second }, NoveltyKnown, nil},
		{"period", func(e *Earlier) { e.Period = 2 * time.Hour }, NoveltyChanged, []string{"period 60 min to 2 h"}},
		{"verdict", func(e *Earlier) { e.Verdict = VerdictWeak }, NoveltyChanged, []string{"verdict beacon to weak"}},
		{"source more and less", func(e *Earlier) { e.Sources = hosts("10.0.0.2", "10.0.0.9") }, NoveltyChanged, []string{"sources +10.0.0.9, -10.0.0.1"}},
		{"many sources", func(e *Earlier) {
			e.Sources = hosts("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.4", "10.0.1.5")
		}, NoveltyChanged, []string{"sources +10.0.1.1, +10.0.1.2, +10.0.1.3 and 2 more"}},
		{"destination", func(e *Earlier) { e.Destinations = hosts("192.0.2.1") }, NoveltyChanged, []string{"destinations -192.0.2.2"}},
		{"other port", func(e *Earlier) { e.Port = 80 }, NoveltyNew, nil},
		{"other source", func(e *Earlier) { e.Sources = hosts("10.0.0.9") }, NoveltyNew, nil},
		{"other destination", func(e *Earlier) { e.Destinations, e.Aliases = hosts("192.0.2.9"), nil }, NoveltyNew, nil},
		{"shared alias only", func(e *Earlier) { e.Destinations = hosts("192.0.2.9") }, NoveltyNew, nil},
		{"other rule", func(e *Earlier) { e.Scope = ScopeDestination }, NoveltyNew, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := base()
			now.FirstSeen = 500
			test.mutate(&now)
			list, gone := Compare([]Earlier{base()}, []Earlier{now})
			want, missing := Since{test.want, test.changes, 100}, 0
			if test.want == NoveltyNew {
				want.FirstSeen, missing = 500, 1
			}
			assert.Equal(t, []Since{want}, list)
			assert.Len(t, gone, missing)
		})
	}
}

// Two schedules of a pair of which one has no port are both the same as either: each is
// compared with the one that it differs least from.
func TestCompareTakesTheMostAlike(t *testing.T) {
	list := []Earlier{
		{Scope: ScopeSchedule, Destinations: testHosts(t, "192.0.2.1"), Sources: testHosts(t, "10.0.0.1"), Port: 443, Period: time.Hour},
		{Scope: ScopeSchedule, Destinations: testHosts(t, "192.0.2.1"), Sources: testHosts(t, "10.0.0.1"), Period: time.Minute},
	}
	got, gone := Compare(list, list)
	assert.Equal(t, []Since{{Novelty: NoveltyKnown}, {Novelty: NoveltyKnown}}, got)
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
	run := func() (list []Earlier) {
		for range 20 {
			list = append(list, Earlier{Scope: ScopeSchedule, Verdict: VerdictBeacon, Destinations: some(pool[0], 2), Aliases: some(pool[0], 1),
				Sources: some(pool[1], 3), Port: uint16(random.IntN(3)), FirstSeen: random.Int64N(1000)})
		}
		return list
	}
	novelties := map[Novelty]int{}
	for range 50 {
		earlier, now := run(), run()
		list, gone := Compare(earlier, now)
		for i, got := range list {
			first, fewest, known := now[i].FirstSeen, 0, false
			for j := range earlier {
				if e := &earlier[j]; e.same(&now[i]) {
					if n := len(e.changesTo(&now[i])); !known || n < fewest {
						fewest = n
					}
					known, first = true, min(first, e.FirstSeen)
				}
			}
			novelties[got.Novelty]++
			assert.Equal(t, known, got.Novelty != NoveltyNew)
			assert.Equal(t, fewest, len(got.Changes))
			assert.Equal(t, first, got.FirstSeen)
		}
		var missing []Earlier
		for j := range earlier {
			if e := &earlier[j]; !slices.ContainsFunc(slices.Concat(now, earlier[j+1:]), func(o Earlier) bool { return o.same(e) }) {
				missing = append(missing, *e)
			}
		}
		assert.Equal(t, missing, gone)
	}
	assert.Len(t, novelties, 3, "the runs must hold each kind")
}
