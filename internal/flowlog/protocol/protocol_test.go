package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProtocols(t *testing.T) {
	for text, want := range map[string]uint8{"6": 6, "6 (TCP)": 6, "17(udp)": 17, "tcp": 6, "Tcp": 6, "UDP": 17, "IPPROTO_TCP": 6, "PROTO_UDP": 17, "TCP:TLS": 6, "udp/dns": 17, "tcp (6)": 6, "IPIP": 4, "ipv6-icmp": 58, "IPv6": 41, "arp": 0, "ssl": 0} {
		got, ok := Parse([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
		require.Equal(t, want, must(t, Name(got)), text)
	}
	for _, text := range []string{"256", "6x", "-"} {
		n, ok := Parse([]byte(text))
		require.True(t, !ok || n == 0, text)
	}
}

// must returns the number of a protocol by the name that Name gives it.
func must(t *testing.T, name string) uint8 {
	n, ok := Parse([]byte(name))
	require.True(t, ok, name)
	return n
}
