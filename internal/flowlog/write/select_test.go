package write

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
