package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEndsIn holds the networks that the ends of outbound flows are looked up in to all the
// excluded ones.
func TestEndsIn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	address := func() netip.Addr { // few, so that networks hold each other
		if random.IntN(3) == 0 {
			return netip.AddrFrom16([16]byte{0xfd, 15: byte(random.IntN(64))})
		}
		return netip.AddrFrom4([4]byte{10, 0, 0, byte(random.IntN(64))})
	}
	list := func(most int) (list []string) {
		for range random.IntN(most) {
			a := address()
			list = append(list, netip.PrefixFrom(a, a.BitLen()-random.IntN(7)).Masked().String())
			if random.IntN(40) == 0 {
				list[len(list)-1] = "!" + list[len(list)-1]
			}
		}
		return list
	}
	fewer := 0
	for range 2000 {
		internal, excluded := networks(t, list(4)...), networks(t, list(12)...)
		sources, destinations := endsIn(excluded, internal)
		fewer += 2*len(excluded.Prefixes()) - len(sources.Prefixes()) - len(destinations.Prefixes())
		for range 40 {
			a := address()
			in := destinations
			if internal.Contains(a) {
				in = sources
			}
			require.Equal(t, excluded.Contains(a), in.Contains(a), fmt.Sprintf("%s, internal %s, excluded %s", a, internal, excluded))
		}
	}
	require.Positive(t, fewer)
	sources, destinations := endsIn(networks(t, "8.8.8.0/24", "10.1.0.0/16", "0.0.0.0/1"), networks(t, "10.0.0.0/8"))
	require.Equal(t, "10.1.0.0/16,0.0.0.0/1", fmt.Sprint(sources))
	require.Equal(t, "8.8.8.0/24,0.0.0.0/1", fmt.Sprint(destinations))
}
