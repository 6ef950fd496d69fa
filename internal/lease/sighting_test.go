package lease

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// seen is a sighting from an hour to another.
func seen(addr netip.Addr, name string, first, last int64) Sighting {
	return Sighting{addr, name, first * hour, last * hour}
}

func sightings(t *testing.T, b *Builder, list ...Sighting) *Table {
	for _, s := range list {
		ok, err := b.See(s)
		require.NoError(t, err)
		require.True(t, ok)
	}
	return b.Table()
}

func TestSightingsInTurn(t *testing.T) {
	tab := sightings(t, new(Builder), seen(one, "phone", 15, 18), seen(one, "laptop", 10, 12), seen(one, "laptop", 11, 14), seen(two, "laptop", 15, 20))
	for at, name := range map[int64]string{-5: "laptop", 10: "laptop", 14: "laptop", 15: "phone", 99: "phone"} {
		require.Equal(t, name, holder(t, tab, one, at), at)
	}
	require.Equal(t, "laptop", holder(t, tab, two, 0), "the only host at an address has it always")
}

func TestAHostThatComesBack(t *testing.T) {
	tab := sightings(t, new(Builder), seen(one, "laptop", 30, 40), seen(one, "phone", 20, 22), seen(one, "laptop", 10, 12))
	for at, name := range map[int64]string{-5: "laptop", 12: "laptop", 19: "laptop", 20: "phone", 29: "phone", 30: "laptop", 99: "laptop"} {
		require.Equal(t, name, holder(t, tab, one, at), at)
	}
	tab = sightings(t, new(Builder), seen(one, "laptop", 10, 12), seen(one, "laptop", 13, 14), Sighting{one, "phone", 12*hour + 1, 12*hour + 2})
	require.Empty(t, holder(t, tab, one, 12), "a pause of an hour is none")
}

func TestPeriods(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		var list, want, got Periods
		for range 1 + rnd.IntN(12) {
			first := rnd.Int64N(40) * maxPause
			list = append(list, Period{first, first + rnd.Int64N(3)*maxPause + rnd.Int64N(3) - 1 + maxPause})
		}
		for _, p := range list {
			got.Add(p)
		}
		sorted := slices.SortedFunc(slices.Values(list), func(a, b Period) int { return cmp.Compare(a.First, b.First) })
		for _, p := range sorted {
			if n := len(want); n > 0 && p.First <= want[n-1].Last+maxPause {
				want[n-1].Last = max(want[n-1].Last, p.Last)
			} else {
				want = append(want, p)
			}
		}
		require.Equal(t, want, got, "%v", list)
	}
}

func TestHostsSeenByTurnsHaveNoAddress(t *testing.T) {
	tab := sightings(t, new(Builder), seen(one, "laptop", 10, 20), seen(one, "phone", 20, 30), seen(one, "third", 25, 26), seen(one, "last", 31, 40))
	for at, name := range map[int64]string{-5: "", 10: "", 15: "", 29: "", 30: "", 31: "last", 99: "last"} {
		require.Equal(t, name, holder(t, tab, one, at), at)
	}
	tab = sightings(t, new(Builder), seen(one, "first", 1, 2), seen(one, "laptop", 10, 20), seen(one, "phone", 12, 13))
	for at, name := range map[int64]string{-5: "first", 9: "first", 10: "", 14: "", 99: ""} {
		require.Equal(t, name, holder(t, tab, one, at), at)
	}
}

func TestLeasesCountBeforeSightings(t *testing.T) {
	var b Builder
	require.NoError(t, b.Add(granted(one, laptop, 10)))
	tab := sightings(t, &b, seen(one, "phone", 1, 20), seen(two, "laptop.corp", 1, 20))
	require.Equal(t, "laptop", holder(t, tab, one, 15))
	d, _, _ := tab.At(two, 5*hour)
	require.Equal(t, laptop.Key(), d.Key(), "a name that a lease tells is the device with the MAC")
}

func TestSightingsWithAndWithoutDomain(t *testing.T) {
	tab := sightings(t, new(Builder), seen(one, "laptop", 1, 20), seen(one, "laptop.corp", 5, 30), seen(two, "laptop", 1, 2))
	require.Equal(t, "laptop.corp", holder(t, tab, one, 1))
	require.Equal(t, "laptop.corp", holder(t, tab, one, 25))
	require.Equal(t, "laptop.corp", holder(t, tab, two, 1))
	tab = sightings(t, new(Builder), seen(one, "laptop", 1, 2), seen(two, "laptop.corp", 1, 2), seen(two, "laptop.home", 3, 4))
	require.Equal(t, "laptop", holder(t, tab, one, 1), "of two domains neither is its own")
	require.Equal(t, "laptop.home", holder(t, tab, two, 3))
	var b Builder
	require.NoError(t, b.Add(granted(two, laptop, 1)))
	require.NoError(t, b.Add(granted(two, Device{MAC: "00:1a:2b:3c:4d:60", Name: "laptop"}, 1)))
	d, _, _ := sightings(t, &b, seen(one, "laptop", 1, 2)).At(one, hour)
	require.Equal(t, "name laptop", d.Key(), "two devices have the name")
}

func TestSightingsOfNoUse(t *testing.T) {
	var b Builder
	for _, s := range []Sighting{seen(one, "", 1, 2), {Name: "laptop"}, seen(netip.MustParseAddr("127.0.0.1"), "laptop", 1, 2), seen(netip.MustParseAddr("::"), "laptop", 1, 2), seen(netip.MustParseAddr("224.0.0.1"), "laptop", 1, 2)} {
		ok, err := b.See(s)
		require.NoError(t, err)
		require.False(t, ok)
	}
	require.Nil(t, b.Table())
}

// At each time the host is the only one that has a period around it, whatever the order in
// which sightings come.
func TestSightingsInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	names := []string{"a", "b", "c"}
	for range 300 {
		var list []Sighting
		for range 1 + rnd.IntN(6) {
			at := rnd.Int64N(60)
			list = append(list, seen(one, names[rnd.IntN(3)], at, at+rnd.Int64N(12)))
		}
		want := sightings(t, new(Builder), list...)
		for at := int64(-1); at < 80; at++ {
			around := map[string]bool{}
			for _, name := range names {
				var periods Periods
				for _, s := range list {
					if s.Name == name {
						periods.Add(Period{s.First, s.Last})
					}
				}
				around[name] = slices.ContainsFunc(periods, func(p Period) bool { return p.First <= at*hour && at*hour <= p.Last })
			}
			got := holder(t, want, one, at)
			if got != "" {
				for _, name := range names {
					require.True(t, name == got || !around[name], "%s at %d of %v", got, at, list)
				}
			}
		}
		rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		mixed := sightings(t, new(Builder), list...)
		for at := int64(-1); at < 80; at++ {
			require.Equal(t, holder(t, want, one, at), holder(t, mixed, one, at), "at %d of %v", at, list)
		}
	}
}
