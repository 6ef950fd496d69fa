package endpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Each form of an address with a port is cut before the port, and an address without one nowhere.
func TestCut(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port uint16
	}{
		"10.0.0.5:443":             {"10.0.0.5", 443},
		"10.0.0.5:443.0":           {"10.0.0.5", 443},
		"10.0.0.5.443":             {"10.0.0.5", 443},
		"10.0.0.5#443":             {"10.0.0.5", 443},
		"10.0.0.5/443":             {"10.0.0.5", 443},
		"[2001:db8::5]:443":        {"[2001:db8::5]", 443},
		"[2001:db8::5]:443.0":      {"[2001:db8::5]", 443},
		"2001:db8::5/443":          {"2001:db8::5", 443},
		"2001:db8::5.443":          {"2001:db8::5", 443},
		"2001:db8::1:5.443":        {"2001:db8::1:5", 443},
		"::ffff:10.0.0.5.443":      {"::ffff:10.0.0.5", 443},
		"2001:db8:0:0:0:0:0:5.443": {"2001:db8:0:0:0:0:0:5", 443},
	} {
		host, port, ok := cut([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want.host, string(host), text)
		require.Equal(t, want.port, port, text)
	}
	for _, text := range []string{"10.0.0.5", "10.0.0.5/24", "2001:db8::/64", "10.0.0.5.443.1", "10.0.0.5:99999", "2001:db8::5.99999", "::ffff:10.0.0.0/120", "a.b"} {
		_, _, ok := cut([]byte(text))
		require.False(t, ok, text)
	}
}
