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
		f, err := known.Parse("k", []byte("# rules\n"+want.Text()))
		require.NoError(t, err)
		want.Line = 2
		require.Equal(t, []known.Rule{want}, f.Rules)
	}
}

// A rule holds to the end of its last day, and a domain covers an address by its names.
func TestKnown(t *testing.T) {
	f, err := known.Parse("k", []byte("[[known]]\ndestination = '*.example.com'\nreason = 'x'\nexpires = 2027-01-31\n"))
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
		"[[known]]\ndestination = 'banana'\nreason = 'x'":            "k:2: destination: \"banana\" is neither",
		"\n[[known]]\ndestination = ''\nreason = 'x'":                "k:3: destination: must be a host",
		"[[known]]\ndestination = [1]\nreason = 'x'":                 "k:2: destination: must be a host or a list of hosts",
		"[[known]]\ndestination = '192.0.2.1'":                       "k:1: reason: is missing",
		"[[known]]\nreason = 'x'":                                    "k:1: destination: is missing, and so is source",
		"[[known]]\nsource = 'servers'\nreason = 'x'":                "k:2: source: \"servers\" is neither an address nor a network like 10.0.0.0/8, nor a name of [networks]",
		"[[known]]\nsource = '10.0.0.1'\nport = 70000\nreason = 'x'": "k:3: port: must be a port from 1 to 65535, or 0 for any, not 70000",
		"[[known]]\nsource = '10.0.0.1'\nport = 'a'\nreason = 'x'":   "k:3: port: must be a port from 1 to 65535, or 0 for any, not \"a\"",
		"[[known]]\nsource = '10.0.0.1'\nport = 1.5\nreason = 'x'":   "k:3: port: ",
		"[[known]]\nsource = '10.0.0.1'\nport = -1\nreason = 'x'":    "k:3: port: ",
		"[[known]]\nsource = '10.0.0.1'\nexpires = 7\nreason = 'x'":  "k:3: expires: must be a date like 2027-01-31, not 7",
		"[[known]]\nsource = '10.0.0.1'\nreason = ['x']":             "k:3: reason: must be a text like \"backup\", not a list",
		"[[known]]\nsource = '10.0.0.1'\nreason = 'x'\nby = {a = 1}": "k:4: by: must be a text",
		"[[known]]\nz = 1\nsauce = '10.0.0.1'\nreason = 'x'":         "k:2: z: there is no such key",
		"[networks]\na = []":                                         "k:2: a: lists no network",
		"[networks]\na = 5":                                          "k:2: a: must be a network or a list of networks",
		"[networks]\n'' = '10.0.0.0/8'":                              "k:1: networks: a network's name is empty",
		"[networks]\nb = ['y']\na = ['x']":                           "k:3: a: \"x\" is neither",
		"networks = 5":                                               "k:1: networks: must be one table, not 5",
		"[[networks]]\na = '10.0.0.0/8'":                             "k:1: networks: must be one table, not a list",
		"known = 3":                                                  "k:1: known: must be a table, [[known]], not 3",
		"known = [1, 2]":                                             "k:1: known: must be a table, [[known]], not 1",
		"knowns = 1":                                                 "k:1: knowns: there is no such key",
		"[[known]":                                                   "k:1: not TOML",
	} {
		_, err := known.Parse("k", []byte(text))
		require.ErrorContains(t, err, want, text)
	}
}
