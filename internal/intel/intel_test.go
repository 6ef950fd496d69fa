package intel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/intel"
	"beacon/internal/netset"
)

var now = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)

func listing(indicator, source, text string) beacon.Listing {
	return beacon.Listing{Indicator: indicator, Source: source, Text: text}
}

// Each format gives the same kinds of indicators: address, network, domain, with source and
// text where it has them.
func TestFormats(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		counts intel.Counts
		want   map[string]beacon.Listing // of a host
		none   []string
	}{
		"zeek": {
			text: "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n# a comment\n203.0.113.7\tIntel::ADDR\tfeed one\tC2\n198.51.100.0/24\tIntel::SUBNET\tfeed one\t-\n" +
				"c2.example.com\tIntel::DOMAIN\tfeed two\tx\nhttp://x.example/a\tIntel::URL\tfeed two\tx\n",
			counts: intel.Counts{Used: 3, Other: 1},
			want: map[string]beacon.Listing{"203.0.113.7": listing("203.0.113.7", "feed one", "C2"), "198.51.100.9": listing("198.51.100.0/24", "feed one", ""),
				"c2.example.com": listing("c2.example.com", "feed two", "x")},
			none: []string{"203.0.113.8", "a.c2.example.com", "example.com"},
		},
		"list": {
			text:   "\ufeff# feed\n203.0.113.7\n198.51.100.0/24 ; SBL1\n\nexample.com,x\n*.wild.example.net\n2001:db8::/32\n203.0.113[.]9\nmailto:x\nco.uk\nlocalhost\n0.0.0.0/0\nhttps://x.example:443/\n",
			counts: intel.Counts{Used: 7, Other: 4},
			want: map[string]beacon.Listing{"203.0.113.7": listing("203.0.113.7", "list", ""), "a.b.example.com": listing("example.com", "list", ""), "*.example.com": listing("example.com", "list", ""),
				"a.wild.example.net": listing("*.wild.example.net", "list", ""), "2001:db8::1": listing("2001:db8::/32", "list", ""), "203.0.113.9": listing("203.0.113.9", "list", ""), "198.51.100.1": listing("198.51.100.0/24", "list", "")},
			none: []string{"wild.example.net", "example.org", "x.co.uk", "2001:db9::1", "8.8.8.8"},
		},
		"misp": {
			text: "uuid,event_id,category,type,value,comment,to_ids,date\n1,7,Network activity,ip-dst,203.0.113.7,\"a, b\",1,x\n1,7,N,ip-dst|port,203.0.113.8|443,,1,x\n1,7,N,domain,example.com,,1,x\n" +
				"1,7,N,domain|ip,evil.example.net|203.0.113.10,,True,x\n1,7,N,hostname,h.example.org,,1,x\n1,7,N,md5,d41d8cd98f00b204e9800998ecf8427e,,1,x\n1,7,N,ip-dst,203.0.113.99,,0,x\n",
			counts: intel.Counts{Used: 6, Other: 1, Expired: 1},
			want: map[string]beacon.Listing{"203.0.113.7": listing("203.0.113.7", "misp", "a, b"), "203.0.113.8": listing("203.0.113.8", "misp", "N"), "www.example.com": listing("example.com", "misp", "N"),
				"203.0.113.10": listing("203.0.113.10", "misp", "N"), "evil.example.net": listing("evil.example.net", "misp", "N"), "h.example.org": listing("h.example.org", "misp", "N")},
			none: []string{"203.0.113.99", "x.h.example.org"},
		},
		"hosts": {
			text:   "127.0.0.1 localhost\n::1 ip6-localhost\n0.0.0.0\tc2.example.com # C2\n127.0.0.1 b.example.net\n",
			counts: intel.Counts{Used: 2, Other: 2},
			want:   map[string]beacon.Listing{"c2.example.com": listing("c2.example.com", "hosts", ""), "b.example.net": listing("b.example.net", "hosts", "")},
			none:   []string{"127.0.0.1", "0.0.0.0", "::1"},
		},
		"feed": {
			text:   "# \"first_seen_utc\",\"dst_ip\",\"dst_port\",\"malware\"\n\"2021-01-17 07:30:05\",\"203.0.113.7\",\"443\",\"Emotet\"\n# END\n",
			counts: intel.Counts{Used: 1},
			want:   map[string]beacon.Listing{"203.0.113.7": listing("203.0.113.7", "feed", "Emotet")},
		},
		"stix": {
			text: `{"type":"bundle","id":"bundle--1","objects":[{"type":"identity","id":"identity--1","name":"CERT"},
{"type":"indicator","created_by_ref":"identity--1","name":"C2","pattern":"[ipv4-addr:value = '203.0.113.7' OR ipv4-addr:value ISSUBSET '198.51.100.0/24']","pattern_type":"stix"},
{"type":"indicator","pattern":"[domain-name:value IN ('a.example.com', 'b.example.com')] OR [domain-name:value LIKE '%.example.net']","pattern_type":"stix"},
{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.8' AND file:name = 'x']","pattern_type":"stix"},
{"type":"indicator","pattern":"[file:name = 'AND']","pattern_type":"stix"},
{"type":"indicator","pattern":"rule x {}","pattern_type":"yara"},
{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.9']","valid_until":"2026-01-01T00:00:00Z"},
{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.10']","revoked":true},
{"type":"indicator","pattern":"[ipv4-addr:value = '203.0.113.11']","indicator_types":["benign"]},
{"type":"malware","name":"x"}]}`,
			counts: intel.Counts{Used: 5, Other: 3, Expired: 3},
			want: map[string]beacon.Listing{"203.0.113.7": listing("203.0.113.7", "CERT", "C2"), "198.51.100.77": listing("198.51.100.0/24", "CERT", "C2"), "b.example.com": listing("b.example.com", "stix", ""),
				"x.example.net": listing("*.example.net", "stix", "")},
			none: []string{"203.0.113.8", "203.0.113.9", "203.0.113.10", "203.0.113.11", "x.b.example.com", "example.net"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s intel.Set
			counts, err := s.Add(name, []byte(c.text), now)
			require.NoError(t, err)
			require.Equal(t, c.counts, counts)
			require.Equal(t, c.counts.Used, s.Len())
			for host, want := range c.want {
				require.Equal(t, []beacon.Listing{want}, s.Match(netset.MustHost(host), nil), host)
			}
			for _, host := range c.none {
				require.Empty(t, s.Match(netset.MustHost(host), nil), host)
			}
		})
	}
}

// An indicator with a port matches calls to that port, and calls whose port isn't known.
func TestPorts(t *testing.T) {
	var s intel.Set
	_, err := s.Add("x", []byte("type,value\nip-dst|port,203.0.113.7|8443\n"), now)
	require.NoError(t, err)
	_, err = s.Add("y", []byte("203.0.113.8:8443\n[2001:db8::1]:8443\nc2.example.com:8443\n"), now)
	require.NoError(t, err)
	_, err = s.Add("z", []byte("ioc_type,ioc_value\nip:port,203.0.113.9:8443\n"), now)
	require.NoError(t, err)
	require.Equal(t, 5, s.Len())
	for _, text := range []string{"203.0.113.7", "203.0.113.8", "203.0.113.9", "2001:db8::1", "c2.example.com"} {
		host := netset.MustHost(text)
		require.Len(t, s.Match(host, []uint16{80, 8443}), 1, text)
		require.Len(t, s.Match(host, nil), 1, text)
		require.Empty(t, s.Match(host, []uint16{443}), text)
	}
}

// Several files make one set; the narrowest network comes first.
func TestSeveralFiles(t *testing.T) {
	var s intel.Set
	for name, text := range map[string]string{"a": "203.0.113.0/24\n", "b": "203.0.113.7\n203.0.112.0/23\n"} {
		_, err := s.Add(name, []byte(text), now)
		require.NoError(t, err)
	}
	require.Equal(t, []beacon.Listing{listing("203.0.113.7", "b", ""), listing("203.0.113.0/24", "a", ""), listing("203.0.112.0/23", "b", "")}, s.Match(netset.MustHost("203.0.113.7"), nil))
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"": "holds no indicator", "\x1f\x8b\x08\x00": "is binary, compressed", "8\x00.\x00": "UTF-16", "# nothing\n": "holds no indicator", "{": "no STIX 2.1 bundle", `{"a":1}`: "no STIX 2.1 bundle", "[1]": "no STIX 2.1 bundle",
		"#separator \\x09\n#fields\tts\tquery\n1.5\ta.example\n": "holds no indicator",
	} {
		var s intel.Set
		_, err := s.Add("x", []byte(text), now)
		require.ErrorContains(t, err, want, text)
	}
}

// FuzzAdd reads any text as indicators: it doesn't panic, and what it uses can be counted.
func FuzzAdd(f *testing.F) {
	for _, text := range []string{"#fields\tindicator\tindicator_type\nx\tIntel::ADDR\n", "type,value\nip-dst|port,1.2.3.4|1\n", `{"type":"bundle","objects":[{"type":"indicator","pattern":"[ipv4-addr:value = '1.2.3.4']"}]}`, "1.2.3.4\nexample.com\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s intel.Set
		counts, err := s.Add("x", text, now)
		if err == nil {
			require.Equal(t, counts.Used, s.Len())
		}
		s.Match(netset.MustHost("1.2.3.4"), nil)
		s.Match(netset.MustHost("a.example.com"), nil)
	})
}
