package lease

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	laptop  = Device{MAC: "00:1a:2b:3c:4d:5e", Name: "laptop"}
	printer = Device{MAC: "00:1a:2b:3c:4d:5f"}
	one     = netip.MustParseAddr("10.0.0.5")
	two     = netip.MustParseAddr("10.0.0.6")
)

const hour = int64(time.Hour)

func granted(addr netip.Addr, d Device, hours int64) Grant {
	return Grant{Addr: addr, Device: d, Time: hours * hour, Length: 4 * time.Hour}
}

func table(t *testing.T, grants ...Grant) *Table {
	var b Builder
	for _, g := range grants {
		require.NoError(t, b.Add(g))
	}
	return b.Table()
}

// holder returns the name or the MAC of who held an address at an hour.
func holder(t *testing.T, table *Table, addr netip.Addr, hours int64) string {
	d, from, until := table.At(addr, hours*hour)
	require.LessOrEqual(t, from, hours*hour)
	require.Greater(t, until, hours*hour)
	if d == nil {
		return ""
	}
	if d.Name != "" {
		return d.Name
	}
	return d.MAC
}

func TestAnAddressThatOneDeviceHad(t *testing.T) {
	tab := table(t, granted(one, laptop, 10), granted(one, laptop, 40))
	for _, at := range []int64{-1000, 10, 30, 40, 1000} {
		require.Equal(t, "laptop", holder(t, tab, one, at))
	}
	require.True(t, tab.Has(one))
	require.False(t, tab.Has(two))
	require.Empty(t, holder(t, tab, two, 10))
	require.Empty(t, holder(t, nil, one, 10))
}

func TestTwoDevicesInTurn(t *testing.T) {
	fresh := granted(one, laptop, 10)
	fresh.Fresh = true
	tab := table(t, fresh, granted(one, laptop, 12), granted(one, printer, 15), granted(one, laptop, 30))
	want := map[int64]string{9: "", 10: "laptop", 14: "laptop", 15: printer.MAC,
		22: printer.MAC, 23: "", 29: "", // two lengths of 4 hours behind its only lease
		30: "laptop", 37: "laptop", 38: ""}
	for at, name := range want {
		require.Equal(t, name, holder(t, tab, one, at), at)
	}
	tab = table(t, granted(one, laptop, 10), granted(one, printer, 15))
	require.Equal(t, "laptop", holder(t, tab, one, 0), "a renewal tells who had the address before")
}

func TestALeaseThatEnds(t *testing.T) {
	end := granted(one, laptop, 12)
	end.Ended = true
	tab := table(t, granted(one, laptop, 10), end, granted(one, printer, 20))
	require.Equal(t, "laptop", holder(t, tab, one, 11))
	require.Empty(t, holder(t, tab, one, 12))
	require.Equal(t, printer.MAC, holder(t, tab, one, 20))
}

func TestGrantsOfNoUse(t *testing.T) {
	require.Nil(t, table(t, Grant{Addr: one}, Grant{Device: laptop}, granted(netip.MustParseAddr("0.0.0.0"), laptop, 1)))
	tab := table(t, Grant{Addr: netip.MustParseAddr("::ffff:10.0.0.5"), Device: laptop})
	require.True(t, tab.Has(one))
}

func TestTheLastNameCounts(t *testing.T) {
	old := laptop
	old.Name = "old"
	tab := table(t, granted(one, laptop, 10), granted(one, old, 5), granted(one, Device{MAC: laptop.MAC}, 20))
	require.Equal(t, "laptop", holder(t, tab, one, 5))
}

func TestKeyAndNamed(t *testing.T) {
	require.Equal(t, "mac 00:1a:2b:3c:4d:5e", laptop.Key())
	require.Equal(t, "name x", Device{Name: "x"}.Key())
	require.True(t, laptop.Named("laptop"))
	require.True(t, laptop.Named("laptop.corp.example"))
	require.True(t, (&Device{Name: "laptop.corp"}).Named("laptop"))
	require.False(t, (&Device{Name: "laptop.corp"}).Named("laptop.home"))
	require.False(t, laptop.Named("laptop2"))
	require.False(t, printer.Named(""))
}

// The order in which the grants of a log come makes no difference.
func TestAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var list []Grant
		devices := []Device{laptop, printer, {Name: "third"}}
		for at := int64(0); at < 100; at += 1 + rnd.Int64N(9) {
			g := granted([]netip.Addr{one, two}[rnd.IntN(2)], devices[rnd.IntN(3)], at)
			g.Ended = rnd.IntN(6) == 0
			list = append(list, g)
		}
		want := table(t, list...)
		mixed := slices.Clone(list)
		rnd.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		got := table(t, mixed...)
		for at := int64(-2); at < 120; at++ {
			for _, addr := range []netip.Addr{one, two} {
				require.Equal(t, holder(t, want, addr, at), holder(t, got, addr, at), "%s at %d of %v", addr, at, list)
			}
		}
	}
}
