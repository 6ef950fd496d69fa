package capturelog

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/stretchr/testify/require"
)

// The packet that every tunnel of the tests carries, as it is and in a frame.
var (
	innerWeb   = ipv4("10.0.0.5", "192.0.2.7", 6, 0, tcp(50000, 443))
	innerDNS6  = ipv6("fd00::5", "2001:db8::7", 17, udp(50001, 53, []byte("query")))
	innerFrame = ethernet(0x0800, innerWeb)
)

// tunnelled is the packets of tunnels, as IP of the tunnel's gateways, by their names.
func tunnelled() map[string][]byte {
	over := func(proto int, payload ...[]byte) []byte {
		return ipv4("172.16.0.1", "172.16.0.2", proto, 0, joined(payload...))
	}
	inUDP := func(port int, payload ...[]byte) []byte { return over(17, udp(40000, port, joined(payload...))) }
	gre := func(flags, kind int, payload ...[]byte) []byte {
		return over(47, be16(flags), be16(kind), joined(payload...))
	}
	label := []byte{0, 1, 1, 64}
	return map[string][]byte{
		"VXLAN":             inUDP(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, innerFrame),
		"VXLAN group":       inUDP(4789, []byte{0x88, 0, 0, 7, 0, 0, 1, 0}, innerFrame),
		"VXLAN old port":    inUDP(8472, []byte{8, 0, 0, 0, 0, 0, 1, 0}, innerFrame),
		"VXLAN QinQ":        inUDP(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(0x88a8, vlan(3, 0x8100, vlan(4, 0x0800, innerWeb)))),
		"VXLAN-GPE":         inUDP(4790, []byte{0x0c, 0, 0, 1, 0, 0, 1, 0}, innerWeb),
		"VXLAN over IPv6":   ipv6("2001:db8:9::1", "2001:db8:9::2", 17, udp(40000, 4789, joined([]byte{8, 0, 0, 0, 0, 0, 1, 0}, innerFrame))),
		"GENEVE":            inUDP(6081, []byte{2, 0, 0x65, 0x58, 0, 0, 1, 0}, make([]byte, 8), innerFrame),
		"GENEVE IP":         inUDP(6081, []byte{0, 0, 0x08, 0x00, 0, 0, 1, 0}, innerWeb),
		"GRE":               gre(0, 0x0800, innerWeb),
		"GRE all fields":    gre(0xb000, 0x0800, make([]byte, 12), innerWeb),
		"GRE Ethernet":      gre(0x2000, 0x6558, make([]byte, 4), innerFrame),
		"GRE PPP":           gre(0x3081, 0x880b, make([]byte, 12), []byte{0xff, 3, 0, 0x21}, innerWeb),
		"GRE MPLS":          gre(0, 0x8847, label, innerWeb),
		"ERSPAN I":          gre(0, 0x88be, innerFrame),
		"ERSPAN II":         gre(0x1000, 0x88be, make([]byte, 4+8), innerFrame),
		"ERSPAN III":        gre(0x1000, 0x22eb, make([]byte, 4+12), innerFrame),
		"ERSPAN III longer": gre(0x1000, 0x22eb, make([]byte, 4+11), []byte{1}, make([]byte, 8), innerFrame),
		"GTP-U":             inUDP(2152, []byte{0x30, 255}, be16(len(innerWeb)), be32(7), innerWeb),
		"GTP-U extension":   inUDP(2152, []byte{0x34, 255}, be16(8+len(innerWeb)), be32(7), []byte{0, 0, 0, 0x85}, []byte{1, 0, 9, 0}, innerWeb),
		"IP-in-IP":          over(4, innerWeb),
		"IP in IPv6":        ipv6("2001:db8:9::1", "2001:db8:9::2", 4, innerWeb),
		"EtherIP":           over(97, []byte{0x30, 0}, innerFrame),
		"MPLS in IP":        over(137, label, innerWeb),
		"MPLS in UDP":       inUDP(6635, label, innerWeb),
		"MPLS Ethernet":     over(137, label, make([]byte, 4), innerFrame),
		"TZSP":              inUDP(37008, []byte{1, 0, 0, 1, 10, 1, 0, 0, 1}, innerFrame),
		"GRE in VXLAN":      inUDP(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(0x0800, gre(0, 0x0800, innerWeb))),
	}
}

// Of every tunnel the inner packet is read, or with outer the tunnel's own.
func TestTunnels(t *testing.T) {
	for name, data := range tunnelled() {
		var p packet
		require.Empty(t, p.decode(linkRaw, data, int64(len(data))), name)
		require.Equal(t, "10.0.0.5 192.0.2.7 50000 443 6 40", text(&p), name)
		require.NotEmpty(t, p.tunnel, name)
		p.outer = true
		require.Empty(t, p.decode(linkRaw, data, int64(len(data))), name)
		require.Contains(t, []string{"172.16.0.1", "2001:db8:9::1"}, p.src.String(), name)
		require.EqualValues(t, len(data), p.bytes, name)
	}
	six := ipv4("172.16.0.1", "172.16.0.2", 41, 0, innerDNS6)
	teredo := ipv4("172.16.0.1", "172.16.0.2", 17, 0, udp(40000, 3544, joined([]byte{0, 0, 1, 2, 3, 4, 5, 6}, ipv6("2001:0:1::5", "2001:db8::7", 17, udp(50001, 53, []byte("query"))))))
	for name, data := range map[string][]byte{tunnel6in4: six, tunnelTeredo: teredo} {
		var p packet
		require.Empty(t, p.decode(linkRaw, data, int64(len(data))))
		require.Equal(t, name, p.tunnel)
		require.Equal(t, netip.MustParseAddr("2001:db8::7"), p.dst)
	}
}

func text(p *packet) string {
	return fmt.Sprintf("%v %v %d %d %d %d", p.src, p.dst, p.srcPort, p.port, p.proto, p.bytes)
}

// Packets that only share a tunnel's port, and those of its own upkeep, are read as
// they are; what carries no IP is of another kind.
func TestNoTunnel(t *testing.T) {
	inUDP := func(port int, payload ...[]byte) []byte {
		return ipv4("172.16.0.1", "172.16.0.2", 17, 0, udp(40000, port, joined(payload...)))
	}
	answer := joined([]byte{8, 0, 0x81, 0x80, 0, 1, 0, 1}, make([]byte, 60))
	for _, port := range []int{2152, 3544, 4789, 4790, 6081, 6635, 8472, 37008} {
		for _, payload := range [][]byte{answer, {}, {8}, make([]byte, 70), bytes.Repeat([]byte{0xff}, 70)} {
			var p packet
			data := inUDP(port, payload)
			require.Empty(t, p.decode(linkRaw, data, int64(len(data))))
			require.Equal(t, fmt.Sprintf("172.16.0.1 172.16.0.2 40000 %d 17 %d", port, len(data)), text(&p), "%x", payload)
		}
	}
	var p packet
	arp := inUDP(4789, []byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(0x0806, make([]byte, 28)))
	require.Equal(t, notIP, p.decode(linkRaw, arp, int64(len(arp))))
	echo := inUDP(2152, []byte{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0})
	require.Empty(t, p.decode(linkRaw, echo, int64(len(echo))))
	require.EqualValues(t, 2152, p.port)
}

// A tunnel that is cut anywhere gives the inner packet, or the tunnel's own with word
// of it; no byte that is changed does harm; and nesting is bounded.
func TestTunnelsHostile(t *testing.T) {
	for name, data := range tunnelled() {
		var p packet
		for n := range data {
			reason := p.decode(linkRaw, data[:n], int64(len(data)))
			if n >= 56 && reason == "" && name != "MPLS in UDP" && name != "TZSP" { // these two leave doubt
				inner := p.src == netip.MustParseAddr("10.0.0.5")
				require.True(t, inner || p.tunnelCut, "%s, %d bytes: %s", name, n, text(&p))
			}
			for _, v := range []byte{0, 1, 0x45, 0x60, 0xff} {
				bad := bytes.Clone(data)
				bad[n] = v
				p.decode(linkRaw, bad, int64(len(bad)))
			}
		}
	}
	nested := innerWeb
	for range 40 {
		nested = ipv4("172.16.0.1", "172.16.0.2", 4, 0, nested)
	}
	var p packet
	require.Empty(t, p.decode(linkRaw, nested, int64(len(nested))))
	require.EqualValues(t, 4, p.proto)
	require.EqualValues(t, len(nested)-20*8, p.bytes)
}

// Link types beyond those that have samples.
func TestLinks(t *testing.T) {
	snap := joined([]byte{0xaa, 0xaa, 3, 0, 0, 0}, be16(0x0800), innerWeb)
	wifi := func(control, flags byte, rest ...[]byte) []byte {
		return joined([]byte{control, flags}, make([]byte, 22), joined(rest...))
	}
	simpleRadio := []byte{0, 0, 9, 0, 2, 0, 0, 0, 0x20}
	for _, c := range []struct {
		name string
		link linkType
		data []byte
		want string // reason
	}{
		{"loop", 108, joined([]byte{0, 0, 0, 2}, innerWeb), ""},
		{"PPP", 9, joined([]byte{0xff, 3, 0, 0x21}, innerWeb), ""},
		{"PPP, short", 9, joined([]byte{0x21}, innerWeb), ""},
		{"PPP, LCP", 9, []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}, notIP},
		{"PPP serial, Cisco", 50, joined([]byte{0x0f, 0, 8, 0}, innerWeb), ""},
		{"PPPoE", 51, joined([]byte{0x11, 0, 0, 1, 0, 42, 0, 0x21}, innerWeb), ""},
		{"HDLC", 104, joined([]byte{0x0f, 0, 8, 0}, innerWeb), ""},
		{"PPP, direction", 204, joined([]byte{1, 0xff, 3, 0, 0x21}, innerWeb), ""},
		{"802.11", 105, wifi(0x08, 1, snap), ""},
		{"802.11, four addresses", 105, wifi(0x08, 3, make([]byte, 6), snap), ""},
		{"802.11, quality of service", 105, wifi(0x88, 2, make([]byte, 2), snap), ""},
		{"802.11, HT control", 105, wifi(0x88, 0x82, make([]byte, 6), snap), ""},
		{"802.11, aggregate", 105, wifi(0x88, 2, []byte{0x80, 0}, make([]byte, 14), snap), ""},
		{"802.11, encrypted", 105, wifi(0x08, 0x41, snap), notIP},
		{"802.11, beacon", 105, wifi(0x80, 0, snap), notIP},
		{"802.11, no data", 105, wifi(0x48, 1), notIP},
		{"radiotap", 127, joined([]byte{0, 0, 8, 0, 0, 0, 0, 0}, wifi(0x08, 1, snap)), ""},
		{"radiotap, padded", 127, joined(simpleRadio, wifi(0x88, 2, make([]byte, 4), snap)), ""},
		{"Prism", 119, joined([]byte{0, 0, 0, 0x44}, []byte{144, 0, 0, 0}, make([]byte, 136), wifi(0x08, 1, snap)), ""},
		{"AVS", 163, joined(be32(0x80211001), be32(64), make([]byte, 56), wifi(0x08, 1, snap)), ""},
		{"PPI", 192, joined([]byte{0, 0, 8, 0, 105, 0, 0, 0}, wifi(0x08, 1, snap)), ""},
		{"Juniper Ethernet", 178, joined([]byte("MGC"), []byte{0x80, 0, 4, 1, 2, 3, 4}, innerFrame), ""},
		{"Juniper Ethernet, plain", 178, joined([]byte("MGC"), []byte{1}, innerFrame), ""},
		{"Juniper, no layer 2", 178, joined([]byte("MGC"), []byte{3, 2, 0, 0, 0}, innerWeb), ""},
		{"Juniper PPP", 179, joined([]byte("MGC"), []byte{1, 0, 0x21}, innerWeb), ""},
		{"Juniper HDLC", 181, joined([]byte("MGC"), []byte{1, 0x0f, 0, 8, 0}, innerWeb), ""},
		{"IPsec", 109, joined(make([]byte, 12), innerWeb), ""},
		{"pflog", 117, joined([]byte{61}, make([]byte, 63), innerWeb), ""},
	} {
		var p packet
		require.True(t, readsLink(c.link), c.name)
		require.Equal(t, c.want, p.decode(c.link, c.data, int64(len(c.data))), c.name)
		if c.want == "" {
			require.Equal(t, "10.0.0.5 192.0.2.7 50000 443 6 40", text(&p), c.name)
		}
		for n := range c.data {
			p.decode(c.link, c.data[:n], int64(len(c.data)))
			bad := bytes.Clone(c.data)
			bad[n] = 0xff
			p.decode(c.link, bad, int64(len(bad)))
		}
	}
}

// Tunnels are counted in one note, and --outer reads the tunnels' own packets.
func TestOuter(t *testing.T) {
	path := "../testdata/pcap/tunnels.pcap"
	flows, report, err := logtest.ReadFlows(path, flowlog.Options{Outer: true}, flow.All, 2)
	require.NoError(t, err)
	require.Empty(t, report.Inputs[0].Notes)
	require.NotContains(t, flows, "192.0.2.7")
	require.EqualValues(t, report.Rows(), strings.Count(flows, "172.16.0.1")+strings.Count(flows, "2001:db8:9::1"))
}

// Whatever a packet holds, its headers are read without harm, and the same on a second
// reading.
func FuzzDecode(f *testing.F) {
	for _, data := range tunnelled() {
		f.Add(uint16(linkRaw), data)
	}
	for _, link := range []linkType{linkEthernet, linkPPI, linkRadiotap, linkJuniperEth, linkPPPSerial} {
		f.Add(uint16(link), innerFrame)
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte) {
		var p, again packet
		reason := p.decode(linkType(link), data, int64(len(data)))
		require.Equal(t, reason, again.decode(linkType(link), data, int64(len(data))))
		require.Equal(t, p, again)
		require.True(t, reason != "" || p.src.IsValid() && p.dst.IsValid())
		isNetFlow(p.payload)
		isSFlow(p.payload)
	})
}
