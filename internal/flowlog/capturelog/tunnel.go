package capturelog

import "encoding/binary"

// The packet inside a tunnel is read in place of the tunnel's own, which says only
// between which gateways the tunnel runs: VXLAN (RFC 7348), GENEVE (RFC 8926), GRE
// (RFC 2784, 2890), ERSPAN (draft-foschiano-erspan), GTP-U (3GPP TS 29.281), IP in IP
// (RFC 2003, 4213), EtherIP (RFC 3378), MPLS in IP and in UDP (RFC 4023, 7510), Teredo
// (RFC 4380).

// Names of tunnels, for the note that they were opened.
const (
	tunnelVXLAN  = "VXLAN"
	tunnelGENEVE = "GENEVE"
	tunnelGRE    = "GRE"
	tunnelERSPAN = "ERSPAN"
	tunnelGTP    = "GTP-U"
	tunnel6in4   = "6in4"
	tunnelIPIP   = "IP-in-IP"
	tunnelEther  = "EtherIP"
	tunnelMPLS   = "MPLS"
	tunnelTeredo = "Teredo"
	tunnelTZSP   = "TZSP"
	tunnelQinQ   = "QinQ"
)

// maxTunnels bounds the tunnels that are opened inside each other. Real ones are
// nested two or three deep.
const maxTunnels = 8

// IP protocols of tunnels.
const (
	protoIPv4    = 4
	protoUDP     = 17
	protoIPv6    = 41
	protoGRE     = 47
	protoEtherIP = 97
	protoMPLS    = 137
)

// UDP ports of tunnels.
const (
	portGTP       = 2152
	portTeredo    = 3544
	portVXLAN     = 4789
	portVXLANGPE  = 4790
	portVXLANOld  = 8472 // Linux before the port was assigned
	portGENEVE    = 6081
	portMPLS      = 6635
	portTZSP      = 37008
	gtpUserPacket = 255 // GTP's message type of user data
)

// open reads the packet inside the tunnel that p is a packet of, whose IP payload is
// data of wire bytes, if there is one. Where the inner packet was not captured, p
// stays as it is and says so in tunnelCut. It returns notIP where the tunnel carries
// something else.
func (p *packet) open(data []byte, wire int64) (reason string) {
	if p.outer || p.depth >= maxTunnels {
		return ""
	}
	inner := packet{depth: p.depth + 1, tunnel: p.tunnel}
	sure := true // the packet is one of a tunnel, and not of something else on its port
	switch p.proto {
	case protoIPv4, protoIPv6:
		inner.tunnel = tunnelIPIP
		if p.proto == protoIPv6 && p.src.Is4() {
			inner.tunnel = tunnel6in4
		}
		reason = inner.ip(data, wire)
	case protoGRE:
		reason = inner.gre(data, wire)
	case protoEtherIP:
		inner.tunnel = tunnelEther
		reason = inner.ethernetAt(data, 2, wire)
	case protoMPLS:
		reason = inner.ether(etherMPLS, data, wire)
	case protoUDP:
		reason, sure = inner.udpTunnel(p, wire)
	default:
		return ""
	}
	switch {
	case reason == noTunnel:
		return ""
	case reason == "" || reason == notIP && sure:
		*p = inner
		return reason
	}
	if sure {
		p.tunnelCut = true
	}
	return ""
}

// noTunnel is the reason of a packet that is none of a tunnel.
const noTunnel = "no tunnel"

// ethernetAt reads a frame that begins at a place of data.
func (p *packet) ethernetAt(data []byte, at int, wire int64) (reason string) {
	if at += etherSize; len(data) < at {
		return badPacket
	}
	return p.ether(binary.BigEndian.Uint16(data[at-2:]), data[at:], wire-int64(at))
}

// etherSize is the bytes of an Ethernet header.
const etherSize = 14

// gre reads what a GRE header carries: a packet by its Ethernet type, a frame, or a
// frame of ERSPAN.
func (p *packet) gre(data []byte, wire int64) (reason string) {
	p.tunnel = tunnelGRE
	if len(data) < 4 {
		return badPacket
	}
	flags, kind := binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:])
	const checksum, routing, key, sequence, ack, version = 0x8000, 0x4000, 0x2000, 0x1000, 0x0080, 7
	if flags&routing != 0 || flags&version > 1 {
		return noTunnel
	}
	size := 4
	for _, bit := range []uint16{checksum, key, sequence} {
		if flags&bit != 0 {
			size += 4
		}
	}
	if flags&version == 1 && flags&ack != 0 {
		size += 4
	}
	if len(data) < size {
		return badPacket
	}
	data, wire = data[size:], wire-int64(size)
	switch kind {
	case 0: // keepalives
		return noTunnel
	case 0x6558: // Ethernet
		return p.ethernetAt(data, 0, wire)
	case 0x88be: // ERSPAN: type I has no header and no sequence number, type II has both
		p.tunnel = tunnelERSPAN
		if flags&sequence == 0 {
			return p.ethernetAt(data, 0, wire)
		}
		return p.ethernetAt(data, 8, wire)
	case 0x22eb: // ERSPAN type III: 12 bytes, and 8 more with the last bit
		p.tunnel = tunnelERSPAN
		if len(data) < 12 {
			return badPacket
		}
		return p.ethernetAt(data, 12+8*int(data[11]&1), wire)
	case 0x880b: // PPP (RFC 2637)
		return p.ppp(data, wire)
	}
	return p.ether(kind, data, wire)
}

// udpTunnel reads what the UDP packet outer carries. sure tells whether its header
// leaves no doubt that it is one of a tunnel.
func (p *packet) udpTunnel(outer *packet, wire int64) (reason string, sure bool) {
	data := outer.payload
	wire -= 8
	switch outer.port {
	case portVXLAN, portVXLANOld, portVXLANGPE:
		return p.vxlan(data, outer.port == portVXLANGPE, wire)
	case portGENEVE:
		if len(data) < 8 || data[0]>>6 != 0 || data[1]&0x3f != 0 || data[7] != 0 {
			return noTunnel, false
		}
		kind, size := binary.BigEndian.Uint16(data[2:]), 8+4*int(data[0]&0x3f)
		if kind < leastEtherType {
			return noTunnel, false
		}
		p.tunnel = tunnelGENEVE
		if len(data) < size {
			return badPacket, true
		}
		if kind != 0x6558 {
			return p.ether(kind, data[size:], wire-int64(size)), true
		}
		return p.ethernetAt(data, size, wire), true
	case portGTP:
		return p.gtp(data, wire)
	case portMPLS:
		return p.ether(etherMPLS, data, wire), false
	case portTZSP:
		return p.tzsp(data, wire), false
	case portTeredo:
	default:
		if outer.srcPort != portTeredo {
			return noTunnel, false
		}
	}
	return p.teredo(data, wire), false
}

// vxlan reads the frame behind a VXLAN header. Its flags hold the bit of the network's
// number; the reserved bytes are zero, but for a policy's group or, of GPE, the protocol.
func (p *packet) vxlan(data []byte, gpe bool, wire int64) (reason string, sure bool) {
	const number, group, protocol = 0x08, 0x80, 0x04
	if len(data) < 8 || data[0]&number == 0 {
		return noTunnel, false
	}
	p.tunnel = tunnelVXLAN
	if gpe && data[0]&protocol != 0 && data[1] == 0 && data[2] == 0 {
		switch data[3] {
		case 1, 2: // IPv4, IPv6
			return p.ip(data[8:], wire-8), true
		case 3:
			return p.ethernetAt(data, 8, wire), true
		}
		return noTunnel, false
	}
	if data[7] != 0 || data[0]&group == 0 && string(data[:4]) != "\x08\x00\x00\x00" {
		return noTunnel, false
	}
	return p.ethernetAt(data, 8, wire), true
}

// gtp reads the packet in a GTP-U header, behind any extension headers.
func (p *packet) gtp(data []byte, wire int64) (reason string, sure bool) {
	const version1, options, extension = 0x30, 0x07, 0x04
	if len(data) < 8 || data[0]&0xf0 != version1 || data[1] != gtpUserPacket {
		return noTunnel, false
	}
	p.tunnel = tunnelGTP
	size := 8
	if data[0]&options != 0 {
		if size = 12; len(data) < size {
			return badPacket, true
		}
		next := data[11]
		if data[0]&extension == 0 {
			next = 0
		}
		for next != 0 {
			if len(data) <= size {
				return badPacket, true
			}
			n := 4 * int(data[size])
			if n == 0 || len(data) < size+n {
				return badPacket, true
			}
			next = data[size+n-1]
			size += n
		}
	}
	if len(data) > size && data[size]>>4 != 4 && data[size]>>4 != 6 { // such as Ethernet of a 5G network
		return notIP, true
	}
	return p.ip(data[size:], wire-int64(size)), true
}

// tzsp reads the frame in TaZmen Sniffer Protocol, which MikroTik's mirrors send.
func (p *packet) tzsp(data []byte, wire int64) (reason string) {
	const version, received, ethernet, padding, end = 1, 0, 1, 0, 1
	if len(data) < 5 || data[0] != version || data[1] != received || binary.BigEndian.Uint16(data[2:]) != ethernet {
		return noTunnel
	}
	p.tunnel = tunnelTZSP
	for at := 4; at < len(data); {
		switch data[at] {
		case padding:
			at++
		case end:
			return p.ethernetAt(data, at+1, wire)
		default: // a field with its length
			if at+1 >= len(data) {
				return badPacket
			}
			at += 2 + int(data[at+1])
		}
	}
	return badPacket
}

// teredo reads the IPv6 packet of Teredo, behind its two headers if any, which one end
// at least must have an address of 2001::/32.
func (p *packet) teredo(data []byte, wire int64) (reason string) {
	p.tunnel = tunnelTeredo
	for at := 0; ; {
		if len(data) < at+40 {
			return noTunnel
		}
		switch {
		case data[at]>>4 == 6:
			if string(data[at+8:at+12]) != "\x20\x01\x00\x00" && string(data[at+24:at+28]) != "\x20\x01\x00\x00" {
				return noTunnel
			}
			return p.ip(data[at:], wire-int64(at))
		case at == 0 && data[0] == 0 && data[1] == 1: // authentication
			at += 13 + int(data[2]) + int(data[3])
		case data[at] == 0 && data[at+1] == 0: // origin
			if at += 8; at > 8+13+2*255 {
				return noTunnel
			}
		default:
			return noTunnel
		}
	}
}
