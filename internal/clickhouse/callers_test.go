package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

func TestCallers(t *testing.T) {
	c := callers{addrs: map[addrService]uint32{}, names: map[nameService]uint32{}}
	hosts := []string{"0.0.0.0", "203.0.113.5", "::", "::203.0.113.5", "2001:db8::5", "a.example", "*.example"}
	ports := []uint16{0, 443, 65535}
	for i, host := range hosts {
		for j, port := range ports {
			c.set(netset.MustHost(host), port, uint32(len(ports)*i+j))
		}
	}
	for i, host := range hosts {
		for j, port := range ports {
			n, several := c.of(netset.MustHost(host), port)
			require.True(t, several, "%s %d", host, port)
			require.EqualValues(t, len(ports)*i+j, n, "%s %d", host, port)
		}
		_, several := c.of(netset.MustHost(host), 80)
		require.False(t, several, host)
	}
}
