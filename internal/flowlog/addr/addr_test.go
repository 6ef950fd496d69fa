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
	forms := []func(addr netip.Addr) string{netip.Addr.String, netip.Addr.StringExpanded,
		func(addr netip.Addr) string { return addr.StringExpanded() + "%eth0" },
		func(addr netip.Addr) string { return "[" + addr.StringExpanded() + "]" },
		func(addr netip.Addr) string { return "::ffff:192.168.100." + addr.String()[:1] },
		func(addr netip.Addr) string { return "host " + addr.String() },
		func(addr netip.Addr) string { return "pc1 (10.0.0.200)" }}
	later := 0
	for range 300 {
		texts := make([]string, r.IntN(200))
		ids := make([]uint32, len(texts))
		for i := range texts {
			b := [16]byte{0: 0x20, 1: 0x01, 15: byte(r.IntN(250))}
			b[r.IntN(14)+1] = byte(r.IntN(3))
			texts[i] = forms[r.IntN(len(forms))](netip.AddrFrom16(b))
		}
		known := make([]bool, len(texts))
		for i, text := range texts {
			ids[i], known[i] = together.LookupLater(hosts, []byte(text), i)
		}
		later += len(together.pending.places)
		together.Resolve(hosts, ids)
		for i, text := range texts {
			id, ok := single.Lookup(hosts, []byte(text))
			require.Equal(t, ok, known[i], "%q", text)
			require.Equal(t, id, ids[i], "%q", text)
		}
	}
	require.Greater(t, later, 1000)
}
