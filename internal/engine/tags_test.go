package engine

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/netset"

	"github.com/stretchr/testify/require"
)

// TestTagger holds what is decided by first octets to the sets themselves.
func TestTagger(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	set := func() (*netset.Set, []netip.Addr) {
		var items []string
		var ends []netip.Addr
		for range r.IntN(6) {
			addr := netip.AddrFrom4([4]byte{byte(r.IntN(4)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
			if r.IntN(3) == 0 {
				addr = netip.AddrFrom16([16]byte{byte(r.IntN(4)), byte(r.IntN(256)), 15: byte(r.IntN(256))})
			}
			p := netip.PrefixFrom(addr, r.IntN(addr.BitLen()+1)).Masked()
			items = append(items, strings.Repeat("!", r.IntN(3))+p.String())
			ends = append(ends, addr, p.Addr())
		}
		s, err := netset.Parse(items)
		require.NoError(t, err, items)
		return s, ends
	}
	defaults := netset.Default()
	for range 500 {
		in, a := set()
		exclude, b := set()
		proxies, c := set()
		tag := tagger(in, &beacon.Query{Exclude: exclude, Proxies: proxies})
		for _, addr := range append(append(append(a, b...), c...), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("11.0.0.1"), netip.MustParseAddr("fd00::1"), netip.MustParseAddr("::1"), netip.MustParseAddr("::2")) {
			h := netset.Host{Addr: addr}
			bit := func(set *netset.Set, bit flow.Tag) flow.Tag {
				if set.Has(h) {
					return bit
				}
				return 0
			}
			want := bit(in, internal) | bit(exclude, excluded) | bit(defaults, isDefault) | bit(proxies, isProxy)
			if addr.Is4() {
				want |= isIPv4 | flow.Tag(addr.As4()[0])<<octetShift
			}
			require.Equal(t, want, tag(h), fmt.Sprint(addr, in, exclude, proxies))
		}
		for _, name := range []string{"localhost", "example.com"} {
			h := netset.Host{Name: name}
			require.Equal(t, h.IsLocal(), tag(h)&internal != 0)
		}
	}
}
