package schema

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFewerLengths holds networks that were split to the addresses that they had.
func TestFewerLengths(t *testing.T) {
	at := func(s string) netip.Addr { return netip.MustParseAddr("::ffff:" + s) }
	given := map[int][]netip.Addr{
		mappedBits + 8:  {at("10.0.0.0")},
		mappedBits + 19: {at("203.0.96.0"), at("255.255.224.0")},
		mappedBits + 20: {at("198.51.16.0")},
		mappedBits + 24: {at("192.0.2.0")},
		mappedBits + 32: {at("8.8.8.8")},
	}
	in := func(lengths map[int][]netip.Addr, a netip.Addr) bool {
		for bits, list := range lengths {
			for _, n := range list {
				if netip.PrefixFrom(n, bits).Contains(a) {
					return true
				}
			}
		}
		return false
	}
	few := fewerLengths(given)
	require.Len(t, few, 3, "10.0.0.0/8 has too many parts, and so have the /24s: %v", few)
	for _, s := range []string{"10.0.0.0", "10.255.255.255", "11.0.0.0", "203.0.95.255", "203.0.96.0", "203.0.127.255", "203.0.128.0", "255.255.223.255", "255.255.224.0", "255.255.255.255",
		"198.51.15.255", "198.51.16.0", "198.51.31.255", "198.51.32.0", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", "8.8.8.8", "8.8.8.7"} {
		require.Equal(t, in(given, at(s)), in(few, at(s)), s)
	}
	require.Empty(t, fewerLengths(nil))
	require.Len(t, given[mappedBits+20], 1, "what is given stays")
}
