package write

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"beacon/internal/lease"
	"beacon/internal/netset"
)

func TestSelection(t *testing.T) {
	addr := netset.MustHost
	flows := map[string]*ends{
		"call":    {0, addr("10.0.0.5"), addr("203.0.113.7"), 50000, 443, "C2.example.com"},
		"reply":   {0, addr("203.0.113.7"), addr("10.0.0.5"), 443, 50000, ""},
		"other":   {0, addr("10.0.0.6"), addr("203.0.113.7"), 50001, 80, ""},
		"another": {0, addr("10.0.0.5"), addr("198.51.100.9"), 50002, 443, "www.example.com"},
		"v6":      {0, addr("2001:db8::5"), addr("2001:db8:1::7"), 50003, 443, ""},
	}
	for text, want := range map[string][]string{
		"203.0.113.7":                 {"call", "reply", "other"},
		"::ffff:203.0.113.7":          {"call", "reply", "other"},
		"203.0.113.7:443":             {"call", "reply"},
		"10.0.0.5,203.0.113.7":        {"call", "reply"},
		"10.0.0.5, 203.0.113.7:80":    nil,
		"203.0.113.7,10.0.0.5":        {"call", "reply"},
		"10.0.0.6,203.0.113.7:80":     {"other"},
		"10.0.0.0/24,198.51.100.0/24": {"another"},
		"10.0.0.6+198.51.100.9":       {"other", "another"},
		":80":                         {"other"},
		"c2.example.com":              {"call"},
		"C2.Example.com.:443":         {"call"},
		"*.example.com":               {"call", "another"},
		"10.0.0.5,www.example.com":    {"another"},
		"known.example":               {"v6"},
		"2001:db8::5":                 {"v6"},
		"[2001:db8:1::7]:443":         {"v6"},
		"2001:db8::/32,2001:db8:1::7": {"v6"},
		"192.0.2.1":                   nil,
	} {
		s, err := ParseSelection(text)
		require.NoError(t, err, text)
		s.Know(map[netip.Addr][]string{netip.MustParseAddr("2001:db8:1::7"): {"known.example"}}, nil)
		var got []string
		for _, name := range []string{"call", "reply", "other", "another", "v6"} {
			if s.match(flows[name]) {
				got = append(got, name)
			}
		}
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "10.0.0", "10.0.0.5,", "1.2.3.4,5.6.7.8,9.9.9.9", "10.0.0.5:0", "10.0.0.5:x", "10.0.0.0/33", "a b", "+", "10.0.0.256"} {
		_, err := ParseSelection(text)
		assert.Error(t, err, text)
	}
}

// FuzzSelection reads any text as a selection: a host of one that is read has an address or a
// name, is the device of that name, and matches itself.
func FuzzSelection(f *testing.F) {
	for _, text := range []string{"10.0.0.5,203.0.113.7:443", "laptop", "00:1a:2b:3c:4d:5e", ".example.com+*.example.org:80", ":8443", "[2001:db8::7]:443"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelection(text)
		if err != nil {
			return
		}
		s.Know(nil, nil)
		for _, h := range s.hosts() {
			if h.Name == "" {
				require.True(t, !h.Network.IsValid() || h.At(netset.HostOf(h.Network.Addr()), 0), text)
				continue
			}
			require.False(t, h.Network.IsValid(), text)
			if bare, below := strings.CutPrefix(h.Name, "*."); below {
				require.True(t, h.Named("www."+bare), text)
			} else {
				require.True(t, h.At(netset.Host{Name: h.Name}, 0), text)
				require.True(t, h.IsDevice(&lease.Device{Name: h.Name}), text)
			}
		}
	})
}
