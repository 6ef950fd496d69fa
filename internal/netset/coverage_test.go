package netset

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamed(t *testing.T) {
	s, err := Parse([]string{"10.0.0.0/8,120.0.0.0,10.1.0.0/16,2001:db8::/32,corp.example,!10.1.2.3"})
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("120.0.0.0/32"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")}, s.Named(100))
	require.Len(t, s.Named(2), 2)
	require.Empty(t, Default().Named(100))
}

// A network is vacant where none of the addresses lies in it, as asking each network shows.
func TestCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var networks []netip.Prefix
		for range r.IntN(8) {
			p, err := netip.AddrFrom4([4]byte{byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(3)), 0}).Prefix(r.IntN(33))
			require.NoError(t, err)
			networks = append(networks, p)
		}
		networks = append(networks, netip.MustParsePrefix("2001:db8::/32"))
		c := NewCoverage(networks)
		var hosts []Host
		for range r.IntN(6) {
			hosts = append(hosts, HostOf(netip.AddrFrom4([4]byte{byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(3)), byte(r.IntN(3))})))
		}
		if r.IntN(2) == 0 {
			hosts = append(hosts, Host{Name: "c2.example"}, MustHost("2001:db8::1"))
		}
		for _, h := range hosts {
			c.Add(h)
		}
		var want []netip.Prefix
		for _, p := range networks {
			held := false
			for _, h := range hosts {
				held = held || !h.IsName() && p.Contains(h.Addr)
			}
			if !held {
				want = append(want, p)
			}
		}
		require.Equal(t, want, c.Vacant())
	}
}
