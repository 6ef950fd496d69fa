package addr

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
)

// checkIPv6 holds parseIPv6 to netip.ParseAddr. It returns whether the text was read.
func checkIPv6(t *testing.T, text string) bool {
	b, ok := parseIPv6([]byte(text))
	addr, err := netip.ParseAddr(text)
	want := err == nil && addr.Is6() && !addr.Is4In6() && addr.Zone() == "" && !strings.Contains(text, ".")
	require.Equal(t, want, ok, "%q", text)
	if ok {
		require.Equal(t, addr.As16(), b, "%q", text)
	}
	return ok
}

func TestParseIPv6(t *testing.T) {
	for _, text := range []string{"", ":", "::", ":::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
		"1::2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8", "1::2::3", "12345::", "g::", "1:", ":1", "1:2", "::ffff:102:304", "::ffff:1.2.3.4", "::1.2.3.4", "fe80::1%eth0", "0::ffff:1:2", "FE80::ABCD", "1:2:3:4:5:6:7:8:", "00001::", "::fffe:1:2"} {
		checkIPv6(t, text)
	}
	r := rand.New(rand.NewPCG(1, 6))
	read := 0
	for range 20_000 {
		var b [16]byte
		for i := range b {
			if r.IntN(2) == 0 {
				b[i] = byte(r.Uint32() >> r.IntN(8))
			}
		}
		text := []byte(netip.AddrFrom16(b).String())
		if r.IntN(3) == 0 {
			text = []byte(netip.AddrFrom16(b).StringExpanded())
		}
		for range r.IntN(3) {
			at := r.IntN(len(text))
			text[at] = ":0fFg.%1"[r.IntN(8)]
			if r.IntN(2) == 0 {
				text = append(text[:at], text[at+1:]...)
			}
		}
		if checkIPv6(t, string(text)) {
			read++
		}
	}
	require.Greater(t, read, 5000)
}

func FuzzIPv6(f *testing.F) {
	for _, text := range []string{"2001:db8::1", "::ffff:102:304", "1:2:3:4:5:6:7:8"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkIPv6(t, text) })
}

// Texts that are looked up in one go get the ids that each gets by itself, up to the first
// that is no address.
func TestQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 6))
	hosts := flow.NewHosts(nil)
	var queue, single LongCache
	ended := 0
	for range 300 {
		texts := make([]string, r.IntN(3000))
		for i := range texts {
			b := [16]byte{0: 0x20, 1: 0x01, 7: byte(r.IntN(40)), 14: byte(r.IntN(250)), 15: byte(r.IntN(250))}
			switch addr := netip.AddrFrom16(b); r.IntN(4000) {
			case 0:
				texts[i] = "no address at all"
			case 1:
				texts[i] = strings.Repeat("long ", 9)
			default:
				texts[i] = []string{addr.String(), addr.StringExpanded(), "::ffff:192.168.100." + string('0'+b[15]%10), addr.StringExpanded() + "%eth0"}[r.IntN(4)]
			}
			queue.Queue([]byte(texts[i]), i)
		}
		ids := make([]uint32, len(texts))
		n, bad := queue.LookupQueued(hosts, ids)
		if !bad {
			n = len(texts)
		} else {
			ended++
			_, ok := single.Lookup(hosts, []byte(texts[n]))
			require.False(t, ok, "%q", texts[n])
		}
		for i, text := range texts[:n] {
			id, ok := single.Lookup(hosts, []byte(text))
			require.True(t, ok, "%q", text)
			require.Equal(t, id, ids[i], "%q", text)
		}
	}
	require.Greater(t, ended, 50)
}
