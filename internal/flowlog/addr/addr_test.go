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
