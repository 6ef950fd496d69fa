package addr

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"beacon/internal/flow"

	"github.com/stretchr/testify/require"
)

// The caches say of any text what netip does, the first time and the next.
func TestLongAddresses(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	hosts := flow.NewHosts(nil)
	var short Cache
	var long LongCache
	var texts []string
	for range 500 {
		var b [16]byte
		for i := range b {
			b[i] = byte(r.Uint32()) * byte(r.IntN(2))
		}
		addr := netip.AddrFrom16(b)
		texts = append(texts, addr.StringExpanded(), addr.String(), addr.StringExpanded()+"\x00", addr.StringExpanded()+"%eth0", "::ffff:192.168.100.200", addr.StringExpanded()[1:]+"\x00", addr.StringExpanded()[1:])
	}
	known := 0
	for range 3 {
		for _, text := range texts {
			want, err := netip.ParseAddr(text)
			id, ok := short.Lookup(hosts, KeyOf([]byte(text)))
			if len(text) > 15 {
				id, ok = long.Lookup(hosts, []byte(text))
			}
			require.Equal(t, err == nil, ok, "%q", text)
			if ok {
				require.Equal(t, want.Unmap().WithZone(""), hosts.Addr(id), text)
				known++
			}
		}
	}
	require.Greater(t, known, 3000)
}

// Addresses that are looked up together get the ids that each gets by itself.
func TestLookupLater(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	hosts := flow.NewHosts(nil)
	var together, single LongCache
	var shorts, singles Cache
	var short Later
	forms := []func(addr netip.Addr) string{netip.Addr.String, netip.Addr.StringExpanded,
		func(addr netip.Addr) string { return addr.StringExpanded() + "%eth0" },
		func(addr netip.Addr) string { return "[" + addr.StringExpanded() + "]" },
		func(addr netip.Addr) string { return "::ffff:192.168.100." + addr.String()[:1] },
		func(addr netip.Addr) string { return "host " + addr.String() },
		func(addr netip.Addr) string { return "pc1 (10.0.0.200)" },
		func(addr netip.Addr) string { text := addr.String(); return text[:min(7, len(text))] },
		func(addr netip.Addr) string { b := addr.As16(); return netip.AddrFrom4([4]byte(b[12:])).String() },
		func(addr netip.Addr) string { return "" }}
	later, waiting := 0, 0
	for range 300 {
		texts := make([]string, r.IntN(200)*r.IntN(20))
		ids := make([]uint32, len(texts))
		for i := range texts {
			b := [16]byte{0: 0x20, 1: 0x01, 15: byte(r.IntN(250))}
			b[r.IntN(14)+1] = byte(r.IntN(60))
			if r.IntN(2) == 0 {
				b[14] = byte(r.IntN(250))
			}
			texts[i] = forms[r.IntN(len(forms))](netip.AddrFrom16(b))
		}
		known := make([]bool, len(texts))
		for i, text := range texts {
			if len(text) > 15 {
				known[i] = together.LookupLater(hosts, []byte(text), ids, i)
			} else {
				known[i] = short.Lookup(hosts, &shorts, KeyOf([]byte(text)), ids, i)
			}
		}
		later, waiting = later+len(together.pending.places), waiting+len(short.places)
		together.Resolve(hosts, ids)
		short.Resolve(hosts, &shorts, ids)
		for i, text := range texts {
			id, ok := single.Lookup(hosts, []byte(text))
			if len(text) <= 15 {
				id, ok = singles.Lookup(hosts, KeyOf([]byte(text)))
			}
			require.Equal(t, ok, known[i], "%q", text)
			require.Equal(t, id, ids[i], "%q", text)
		}
	}
	require.Greater(t, later, 10_000)
	require.Greater(t, waiting, 10_000)
}
