package sourcehost

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/lease"
	"beacon/internal/netset"
	"beacon/internal/spill"
)

var (
	one, two, three = netset.MustHost("10.0.0.1"), netset.MustHost("10.0.0.2"), netset.MustHost("10.0.0.3")
	laptop          = &Device{Device: lease.Device{MAC: "00:1a:2b:3c:4d:5e", Name: "laptop"}}
	phone           = &Device{Device: lease.Device{Name: "phone"}}
)

// ends is four sources: a laptop at two addresses, a phone at one of them, and an address.
func ends() []Source {
	return []Source{
		{Addr: two, Device: laptop, First: 50, Last: 90, Flows: 3, Bytes: 30, Position: 1},
		{Addr: one, Device: laptop, First: 10, Last: 40, Flows: 4, Bytes: 40, Position: 7},
		{Addr: two, Device: phone, First: 20, Last: 30, Flows: 1, Position: 3},
		{Addr: three, First: 5, Last: 6, Flows: 2, Position: 9},
	}
}

func TestJoin(t *testing.T) {
	for order, want := range map[Order][]netset.Host{ByLog: {two, two, three}, ByTime: {three, one, two}} {
		list := Join(ends(), nil, order)
		require.Len(t, list, 3)
		for i, s := range list {
			require.Equal(t, want[i], s.Addr, order)
		}
		k := slices.IndexFunc(list, func(s Source) bool { return s.Name() == "laptop" })
		s := list[k]
		require.Equal(t, []int64{10, 90, 7, 70}, []int64{s.First, s.Last, s.Flows, s.Bytes})
		require.EqualValues(t, 1, s.Position)
		require.Len(t, s.Hosts(), 2)
		require.True(t, s.Has(one) && s.Has(two) && !s.Has(three))
		require.Equal(t, s.Addr, s.Hosts()[0])
	}
	require.Nil(t, laptop.Addresses, "what is joined isn't changed")
}

// The order in which the sources come, and joining some of them before, make no difference.
func TestJoinAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	want := Join(ends(), nil, ByTime)
	for range 50 {
		list := ends()
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		n := r.IntN(len(list))
		require.Equal(t, want, Join(append(Join(slices.Clone(list[:n]), nil, ByLog), list[n:]...), nil, ByTime))
	}
}

func TestWords(t *testing.T) {
	s := Join(ends(), nil, ByTime)[1]
	s.Networks = []string{"lab"}
	require.Equal(t, "laptop, lab, also 10.0.0.2", s.Label())
	require.Equal(t, []netset.Host{two}, s.Further())
	require.Equal(t, "00:1a:2b:3c:4d:5e", s.MAC())
	plain := Source{Addr: one, Networks: []string{"lab", "dmz"}}
	require.Equal(t, "lab, dmz", plain.Label())
	require.Empty(t, plain.Further())
	require.Empty(t, plain.Name()+plain.MAC())
	require.Equal(t, []netset.Host{one}, plain.Hosts())
	many := Source{Addr: one, Device: &Device{Device: lease.Device{MAC: "00:1a:2b:3c:4d:5e"}, Addresses: make([]Address, 5)}}
	for i := range many.Device.Addresses {
		many.Device.Addresses[i].Addr = one
	}
	require.Equal(t, "00:1a:2b:3c:4d:5e, also 10.0.0.1, 10.0.0.1 and 2 more", many.Label())
}

func TestCode(t *testing.T) {
	for _, want := range append(ends(), Join(ends(), nil, ByLog)...) {
		c := spill.Coder{}
		Code(&c, &want)
		var got Source
		Code(&spill.Coder{Bytes: c.Bytes, Reading: true}, &got)
		require.Equal(t, want, got)
	}
}

// Of an engine that answers by address, leases name the sources.
func TestJoinByLeases(t *testing.T) {
	var b lease.Builder
	for _, g := range []lease.Grant{
		{Addr: one.Addr, Device: laptop.Device}, {Addr: two.Addr, Device: laptop.Device, Time: 0}, {Addr: two.Addr, Device: phone.Device, Time: 40},
	} {
		require.NoError(t, b.Add(g))
	}
	list := Join([]Source{{Addr: one, First: 10, Last: 90}, {Addr: two, First: 10, Last: 39}, {Addr: two, First: 10, Last: 50}, {Addr: three}}, b.Table(), ByTime)
	require.Len(t, list, 3)
	names := []string{list[0].Name(), list[1].Name(), list[2].Name()}
	require.Equal(t, []string{"", "laptop", ""}, names)
	require.Equal(t, []netset.Host{one, two}, list[1].Hosts())
}

// Sources are sorted the same, whether they are nearly in order or in none.
func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for range 200 {
		list := make([]Source, r.IntN(300))
		for i := range list {
			list[i] = Source{Addr: netset.HostOf(netip.AddrFrom4([4]byte{10, 0, byte(i), byte(i >> 8)})), First: r.Int64N(100), Position: uint64(r.IntN(1000))}
		}
		order := []Order{ByLog, ByTime}[r.IntN(2)]
		compare := func(a, b Source) int { return Compare(&a, &b, order) }
		if r.IntN(2) == 0 { // a few lists in order
			for part := range slices.Chunk(list, 60) {
				slices.SortFunc(part, compare)
			}
		}
		want := slices.Clone(list)
		slices.SortFunc(want, compare)
		Sort(list, order)
		require.Equal(t, want, list)
	}
}
