package known_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/known"
	"beacon/internal/netset"
)

// What Text writes, Parse reads as the same rule.
func TestTextIsRead(t *testing.T) {
	for _, want := range []known.Rule{
		{Destination: []string{"192.0.2.0/24"}, Reason: "backup"},
		{Destination: []string{"*.example.com", "192.0.2.1"}, Source: []string{"10.0.0.1"}, Port: 443, Reason: "a \"b\" \\ c\n\x1b[31mü",
			Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), By: "anna"},
	} {
		f, err := known.Parse([]byte("# rules\n" + want.Text()))
		require.NoError(t, err)
		want.Line = 2
		require.Equal(t, []known.Rule{want}, f.Rules)
	}
}

// A rule holds to the end of its last day, and a domain covers an address by its names.
func TestKnown(t *testing.T) {
	f, err := known.Parse([]byte("[[known]]\ndestination = '*.example.com'\nreason = 'x'\nexpires = 2027-01-31\n"))
	require.NoError(t, err)
	in, mixed := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	names := map[netip.Addr][]string{in: {"a.example.com", "B.example.com"}, mixed: {"a.example.com", "example.org"}}
	rules := f.Known("k", time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC), names)
	require.Empty(t, rules[0].Expired)
	require.True(t, rules[0].Destinations.Has(netset.HostOf(in)))
	require.False(t, rules[0].Destinations.Has(netset.HostOf(mixed)))
	require.Equal(t, "2027-01-31", f.Known("k", time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), nil)[0].Expired)
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[[known]]\ndestination = 'banana'\nreason = 'x'":            "line 1: destination: \"banana\" is neither",
		"\n[[known]]\ndestination = ''\nreason = 'x'":                "line 2: destination: must be a text",
		"[[known]]\ndestination = [1]\nreason = 'x'":                 "line 1: destination: must be a text",
		"[[known]]\ndestination = '192.0.2.1'":                       "line 1: reason: is missing",
		"[[known]]\nsource = 'servers'\nreason = 'x'":                "nor a name of [networks]",
		"[[known]]\nsource = '10.0.0.1'\nport = 70000\nreason = 'x'": "line 1: port: 70000 is no port",
		"[[known]]\nsource = '10.0.0.1'\nport = 'a'\nreason = 'x'":   "line 3: ",
		"[[known]]\nsource = '10.0.0.1'\nexpires = 7\nreason = 'x'":  "line 1: expires: must be a date",
		"[networks]\na = []":                                         "networks.a: lists no network",
		"[networks]\nb = ['y']\na = ['x']\nc = ['z']":                "networks.a: ",
		"[networks]\na = ['x']":                                      "networks.a: \"x\" is neither",
		"knowns = 1":                                                 "line 1: there is no key knowns",
		"[[known]":                                                   "line 1: ",
	} {
		_, err := known.Parse([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}
