package addr

import (
	"net/netip"
	"testing"

	"beacon/internal/flow"

	"github.com/stretchr/testify/require"
)

// FuzzAddr holds the reader of addresses to the standard library's: what that accepts is
// read as the same address.
func FuzzAddr(f *testing.F) {
	for _, text := range []string{"10.0.0.1", "255.255.255.255", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0", "010.0.0.1", "1.2.3", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hosts := flow.NewHosts(nil)
		id, ok := parse(hosts, []byte(text))
		want, err := netip.ParseAddr(text)
		if err == nil && want.Zone() == "" {
			require.True(t, ok, text)
			require.Equal(t, want.Unmap(), hosts.Addr(id).Unmap())
		}
		if v4, ok := ParseIPv4([]byte(text)); ok && err == nil {
			b := want.Unmap().As4()
			require.Equal(t, uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), v4)
		}
	})
}
