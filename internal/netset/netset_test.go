package netset_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

func TestDefault(t *testing.T) {
	set := netset.Default()
	for addr, want := range map[string]bool{
		"10.0.0.1": true, "10.255.255.255": true, "11.0.0.0": false, "172.16.0.0": true, "172.31.255.255": true, "172.32.0.0": false,
		"192.168.7.7": true, "192.169.0.0": false, "127.0.0.1": true, "169.254.1.1": true, "::1": true, "fe80::1%eth0": true, "fd00::1": true,
		"fbff::1": false, "2001:db8::1": false, "::ffff:10.0.0.1": true, "::ffff:8.8.8.8": false, "224.0.0.251": false, "0.0.0.0": false,
	} {
		require.Equal(t, want, set.Contains(netip.MustParseAddr(addr)), addr)
	}
	require.False(t, (*netset.Set)(nil).Contains(netip.MustParseAddr("10.0.0.1")))
	require.True(t, (*netset.Set)(nil).Empty())
}

func TestParse(t *testing.T) {
	set, err := netset.Parse([]string{"10.1.2.3/8, 192.168.1.7", "::ffff:203.0.113.0/120", "2001:db8::/32", ""})
	require.NoError(t, err)
	require.Equal(t, "10.0.0.0/8,192.168.1.7/32,203.0.113.0/24,2001:db8::/32", set.String())
	for _, bad := range []string{"banana", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "/8"} {
		_, err := netset.Parse([]string{bad})
		require.ErrorContains(t, err, "neither an address nor a network", bad)
	}
}

func TestRead(t *testing.T) {
	set := new(netset.Set)
	require.NoError(t, set.Read("list", strings.NewReader("# allowed\n8.8.8.8 resolver\n\n203.0.113.0/24,office\n")))
	require.Equal(t, "8.8.8.8/32,203.0.113.0/24", set.String())
	require.ErrorContains(t, set.Read("list", strings.NewReader("8.8.8.8\nbanana\n")), "list:2: ")
}

// Contains is the plain test of every prefix.
func TestContainsEqualsPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	addr := func() netip.Addr {
		if r.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte{byte(r.IntN(4)), byte(r.IntN(4)), byte(r.IntN(256)), byte(r.IntN(256))})
		}
		return netip.AddrFrom16([16]byte{0x20, byte(r.IntN(3)), byte(r.IntN(256))})
	}
	in := 0
	for range 200 {
		set, prefixes := new(netset.Set), []netip.Prefix(nil)
		for range r.IntN(6) {
			a := addr()
			p := netip.PrefixFrom(a, r.IntN(a.BitLen()+1)).Masked()
			set.Add(p)
			set.Add(p)
			prefixes = append(prefixes, p)
		}
		for range 50 {
			a, want := addr(), false
			for _, p := range prefixes {
				want = want || p.Contains(a)
			}
			require.Equal(t, want, set.Contains(a), "%s in %s", a, prefixes)
			if want {
				in++
			}
		}
	}
	require.Greater(t, in, 500)
}

func TestKindOf(t *testing.T) {
	for addr, want := range map[string]netset.Kind{
		"8.8.8.8": netset.Public, "234.8.152.205": netset.Multicast, "250.42.245.153": netset.Reserved, "255.255.255.255": netset.Broadcast,
		"127.0.0.1": netset.Loopback, "169.254.0.1": netset.LinkLocal, "10.0.0.1": netset.Private, "fd00::1": netset.Private, "ff02::1": netset.Multicast,
		"fe80::1": netset.LinkLocal, "::1": netset.Loopback, "2606:4700::1": netset.Public, "2001:db8::1": netset.Reserved, "::ffff:8.8.8.8": netset.Public, "0.0.0.0": netset.Reserved,
	} {
		require.Equal(t, want, netset.KindOf(netset.HostOf(netip.MustParseAddr(addr))), addr)
	}
	for _, kind := range []netset.Kind{netset.Multicast, netset.Reserved} {
		prefixes, ok := netset.OfKind(kind)
		require.True(t, ok)
		for _, p := range prefixes {
			require.Equal(t, kind, netset.KindOf(netset.HostOf(p.Addr())), "%s", p)
		}
	}
	_, ok := netset.OfKind(netset.Public)
	require.False(t, ok)
}
