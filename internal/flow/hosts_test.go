package flow

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// Workers that intern the same addresses, one by one and many at once, agree on
// their ids; ids are dense, and each is that of its address and tag.
func TestHostsEqualMap(t *testing.T) {
	hosts := NewHosts(func(h netset.Host) Tag { return Tag(h.Addr.As16()[15]) })
	const workers = 4
	ids := make([]map[netip.Addr]uint32, workers)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(k), 1))
			seen := map[netip.Addr]uint32{}
			values, out := make([]uint32, 300), make([]uint32, 300)
			for range 300 {
				n := r.IntN(len(values))
				for i := range n {
					values[i] = r.Uint32N(30_000) * 2654435761
				}
				hosts.Intern4s(values[:n], out[:n])
				for i, v := range values[:n] {
					seen[addrOf4(v)] = out[i]
				}
				v := r.Uint32N(30_000) * 2654435761
				seen[addrOf4(v)] = hosts.Intern4(v)
				var b [16]byte
				binary.BigEndian.PutUint32(b[12:], r.Uint32N(5_000))
				b[0] = byte(r.IntN(2)) // some are ::0 to ::1387
				seen[netip.AddrFrom16(b)] = hosts.Intern(netip.AddrFrom16(b))
				keys := make([][16]byte, n)
				for i := range keys {
					binary.BigEndian.PutUint32(keys[i][12:], r.Uint32N(20_000))
					keys[i][0] = byte(r.IntN(2))
				}
				hosts.Intern16s(keys, out)
				for i, key := range keys {
					seen[netip.AddrFrom16(key)] = out[i]
				}
				mapped := netip.AddrFrom16(addrOf4(v).As16())
				seen[addrOf4(v)] = hosts.Intern(mapped)
			}
			ids[k] = seen
		})
	}
	wg.Wait()
	all := map[netip.Addr]uint32{}
	for _, seen := range ids {
		for addr, id := range seen {
			if other, ok := all[addr]; ok {
				require.Equal(t, other, id, addr)
			}
			all[addr] = id
		}
	}
	require.Equal(t, len(all), hosts.Len())
	taken := map[uint32]bool{}
	for addr, id := range all {
		require.Less(t, id, uint32(hosts.Len()))
		require.False(t, taken[id], "%s has the id of another", addr)
		taken[id] = true
		require.Equal(t, addr, hosts.Addr(id))
		require.Equal(t, Tag(addr.As16()[15]), hosts.Tag(id))
	}
	require.Greater(t, len(all), 30_000)
}

// A slot isn't padded: most of the memory of a log with many IPv6 addresses is slots.
func TestSlot6Size(t *testing.T) {
	require.EqualValues(t, 20, unsafe.Sizeof(slot6{}))
}
