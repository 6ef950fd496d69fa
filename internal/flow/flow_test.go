package flow_test

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/netset"
)

// An address has one id, whoever comes with it and in whatever form, and is
// tagged once.
func TestHostsFromManyGoroutines(t *testing.T) {
	const n, goroutines = 40_000, 4
	addr := func(i int) netip.Addr {
		if i%5 == 0 {
			return netip.AddrFrom16([16]byte{0x20, 1, byte(i >> 16), byte(i >> 8), byte(i)})
		}
		return netip.AddrFrom4([4]byte{byte(i), byte(i >> 8), byte(i >> 16), 7})
	}
	var tagged atomic.Int64
	hosts := flow.NewHosts(func(h netset.Host) flow.Tag {
		tagged.Add(1)
		if h.Addr.Is4() {
			return 4
		}
		return 6
	})
	ids := make([][]uint32, goroutines)
	var wg sync.WaitGroup
	for g := range ids {
		ids[g] = make([]uint32, n)
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for _, i := range r.Perm(n) {
				a := addr(i)
				if a.Is4() && r.IntN(2) == 0 {
					a = netip.AddrFrom16(a.As16()) // IPv4-mapped
				}
				ids[g][i] = hosts.Intern(a)
			}
		})
	}
	wg.Wait()
	require.Equal(t, n, hosts.Len())
	require.EqualValues(t, n, tagged.Load())
	seen := make([]bool, n)
	tags := hosts.Tags()
	for i, id := range ids[0] {
		for g := range ids {
			require.Equal(t, id, ids[g][i])
		}
		require.False(t, seen[id])
		seen[id] = true
		require.Equal(t, addr(i), hosts.Addr(id))
		want := flow.Tag(6)
		if addr(i).Is4() {
			want = 4
		}
		require.Equal(t, want, hosts.Tag(id))
		require.Equal(t, want, *tags.Get(id))
	}
}

func TestInternDropsZones(t *testing.T) {
	hosts := flow.NewHosts(nil)
	require.Equal(t, hosts.Intern(netip.MustParseAddr("fe80::1")), hosts.Intern(netip.MustParseAddr("fe80::1%eth0")))
	require.Equal(t, "fe80::1", hosts.Addr(0).String())
	require.Equal(t, hosts.Intern4(0), hosts.Intern(netip.MustParseAddr("0.0.0.0")))
}

func TestNames(t *testing.T) {
	hosts := flow.NewHosts(nil)
	_, ok := hosts.InternName(nil)
	require.False(t, ok)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range 1000 {
				hosts.InternName([]byte("Host" + strconv.Itoa(i) + ".Example."))
				hosts.Intern4(uint32(i))
			}
		})
	}
	wg.Wait()
	require.Equal(t, 2000, hosts.Len())
	for i := range 1000 {
		id, ok := hosts.InternName([]byte("host" + strconv.Itoa(i) + ".example"))
		require.True(t, ok)
		require.True(t, hosts.IsName(id))
		require.Equal(t, "host"+strconv.Itoa(i)+".example", hosts.Host(id).Name)
		require.Equal(t, id, hosts.InternHost(hosts.Host(id)))
		require.Equal(t, hosts.Host(id).Name, hosts.Aliased(flow.Alias(id)))
		require.False(t, hosts.IsName(hosts.Intern4(uint32(i))))
	}
	addr, ok := hosts.InternName([]byte("0.0.0.7"))
	require.True(t, ok)
	require.Equal(t, hosts.Intern4(7), addr, "a name that is an address")
	require.Equal(t, "", hosts.Aliased(0))
}

func TestPaged(t *testing.T) {
	var p flow.Paged[int]
	require.Nil(t, p.Peek(5))
	require.False(t, p.View().Has(5))
	ids := []uint32{0, 5, 1 << 14, 1 << 20, 3}
	for i, id := range ids {
		*p.At(id) = i + 1
	}
	view := p.View()
	for i, id := range ids {
		require.Equal(t, i+1, *p.Peek(id))
		require.Equal(t, i+1, *view.Get(id))
		require.True(t, view.Has(id))
	}
	require.Nil(t, p.Peek(1<<21))
	require.Nil(t, p.Peek(2<<14), "a page between others that nobody asked for")
}

// A batch is a view of what the columns hold: nothing is copied.
func TestColumns(t *testing.T) {
	c := flow.NewColumns(flow.Port | flow.Duration)
	require.Nil(t, c.Bytes)
	for i := range 10 {
		c.Time[i], c.Src[i], c.Dst[i], c.Port[i], c.Duration[i] = int64(i), uint32(i), uint32(i+1), uint16(i+2), int64(-i)
	}
	b := c.Batch(10)
	require.Equal(t, 10, b.Len())
	require.True(t, b.Record().Schema().Equal(flow.Schema(flow.Port|flow.Duration)))
	require.EqualValues(t, 10, b.Record().NumRows())
	require.Equal(t, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, b.Time)
	require.EqualValues(t, 11, b.Port[9])
	require.Nil(t, b.Name)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { b = c.Batch(10) }), 1., "the record is made where it is asked for")
	c.Time[0] = 99
	require.EqualValues(t, 99, b.Time[0])
	require.Equal(t, b.Duration, b.Record().Column(4).(*array.Int64).Int64Values())

	all, other := flow.NewColumns(flow.All), flow.NewColumns(flow.All)
	for i := range 3 {
		all.Time[i], all.Src[i], all.Dst[i], all.SrcPort[i], all.Port[i] = int64(i+1), uint32(i+2), uint32(i+3), uint16(i+4), uint16(i+5)
		all.Proto[i], all.Bytes[i], all.SrcBytes[i], all.Duration[i], all.Name[i] = uint8(i+6), int64(i+7), int64(i+8), int64(i+9), uint32(i+10)
	}
	other.Copy(0, all.Batch(3), 2)
	one := other.Batch(1)
	require.Equal(t, []any{int64(3), uint32(4), uint32(5), uint16(6), uint16(7), uint8(8), int64(9), int64(10), int64(11), uint32(12)},
		[]any{one.Time[0], one.Src[0], one.Dst[0], one.SrcPort[0], one.Port[0], one.Proto[0], one.Bytes[0], one.SrcBytes[0], one.Duration[0], one.Name[0]})
}
