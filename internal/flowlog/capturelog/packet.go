package capturelog

import (
	"encoding/binary"
	"net/netip"
)

// packet holds what the headers of a captured packet say.
type packet struct {
	src, dst      netip.Addr
	srcPort, port uint16 // 0 in all but the first fragment, and where the protocol has none
	proto         uint8  // the one behind IPv6's extension headers
	bytes         int64  // of the IP packet as it was on the wire
	payload       []byte // of UDP, as far as it was captured

	outer     bool   // tunnels are not opened
	depth     int    // tunnels around this packet
	tunnel    string // the innermost of them, "" for none
	tunnelCut bool   // the packet is a tunnel's, but what is inside can't be read
}

// Why a packet is bad.
const (
	badLink   = "a link type that beacon does not read"
	badPacket = "a packet whose headers are cut off"
	badIP     = "a malformed IP header"
)

// notIP is the reason of a packet that is well but carries no IP.
const notIP = "not IP"

// Ethernet types.
const (
	etherIPv4     = 0x0800
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100
	etherQinQ     = 0x88a8
	etherOldQinQ  = 0x9100
	etherOldQinQ2 = 0x9200
	etherMPLS     = 0x8847
	etherMPLSUp   = 0x8848
	etherPPPoE    = 0x8864

	leastEtherType = 0x600 // below, the field is a length (IEEE 802.3)
)

// ether reads what stands behind an Ethernet type, through any number of tags.
func (p *packet) ether(kind uint16, data []byte, wire int64) (reason string) {
	for tags := 0; ; {
		skip := 0
		switch kind {
		case etherIPv4, etherIPv6:
			return p.ip(data, wire)
		case etherVLAN, etherQinQ, etherOldQinQ, etherOldQinQ2:
			if skip = 4; len(data) >= skip {
				kind = binary.BigEndian.Uint16(data[2:])
			}
			if tags++; tags == 2 {
				p.tunnel = tunnelQinQ
			}
		case etherPPPoE: // 6 bytes of session, 2 of protocol
			if skip = 8; len(data) >= skip {
				switch binary.BigEndian.Uint16(data[6:]) {
				case 0x0021:
					kind = etherIPv4
				case 0x0057:
					kind = etherIPv6
				default:
					return notIP
				}
			}
		case etherMPLS, etherMPLSUp:
			p.tunnel = tunnelMPLS
			if skip = 4; len(data) > skip && data[2]&1 != 0 { // the bottom of the stack
				return p.mpls(data[skip:], wire-int64(skip))
			}
		default:
			if kind < leastEtherType && len(data) >= 8 && string(data[:6]) == "\xaa\xaa\x03\x00\x00\x00" { // a length, then LLC and SNAP
				kind = binary.BigEndian.Uint16(data[6:])
				data, wire = data[8:], wire-8
				continue
			}
			return notIP
		}
		if len(data) < skip {
			return badPacket
		}
		data, wire = data[skip:], wire-int64(skip)
	}
}

// mpls reads what stands behind a stack of MPLS labels: IP, or a frame behind a control
// word or not (RFC 4448), which only the frame's own Ethernet type tells.
func (p *packet) mpls(data []byte, wire int64) (reason string) {
	if v := data[0] >> 4; v == 4 || v == 6 {
		if reason = p.ip(data, wire); reason == "" {
			return ""
		}
	}
	for _, word := range []int{4, 0} {
		if word > 0 && data[0]>>4 != 0 || len(data) < word+etherSize {
			continue
		}
		switch binary.BigEndian.Uint16(data[word+etherSize-2:]) {
		case etherIPv4, etherIPv6, etherVLAN, etherQinQ, etherMPLS:
			return p.ethernetAt(data, word, wire)
		}
	}
	if reason == "" {
		reason = notIP
	}
	return reason
}

func (p *packet) ip(data []byte, wire int64) (reason string) {
	if len(data) == 0 {
		return badPacket
	}
	switch data[0] >> 4 {
	case 4:
		return p.ipv4(data, wire)
	case 6:
		return p.ipv6(data, wire)
	}
	return badIP
}

func (p *packet) ipv4(data []byte, wire int64) (reason string) {
	if len(data) < 20 {
		return badPacket
	}
	header := int(data[0]&15) * 4
	if header < 20 {
		return badIP
	}
	p.src = netip.AddrFrom4([4]byte(data[12:16]))
	p.dst = netip.AddrFrom4([4]byte(data[16:20]))
	p.proto = data[9]
	// A length of 0 is one that the network card was to fill in.
	if p.bytes = int64(binary.BigEndian.Uint16(data[2:])); p.bytes == 0 {
		p.bytes = max(wire, 0)
	}
	if fragment := binary.BigEndian.Uint16(data[6:]) & 0x1fff; fragment == 0 && len(data) >= header {
		return p.transport(data[header:], p.bytes-int64(header))
	}
	return ""
}

func (p *packet) ipv6(data []byte, wire int64) (reason string) {
	if len(data) < 40 {
		return badPacket
	}
	p.src = netip.AddrFrom16([16]byte(data[8:24])).Unmap()
	p.dst = netip.AddrFrom16([16]byte(data[24:40])).Unmap()
	p.proto = data[6]
	if n := binary.BigEndian.Uint16(data[4:]); n > 0 {
		p.bytes = 40 + int64(n)
	} else { // a jumbogram, or one that the network card was to cut
		p.bytes = max(wire, 0)
	}
	for rest := data[40:]; ; {
		size := 0
		switch p.proto {
		case 0, 43, 60, 135, 139, 140: // hop by hop, routing, destination, mobility, HIP, shim6
			if len(rest) >= 8 {
				size = 8 + 8*int(rest[1])
			}
		case 44: // fragment
			if len(rest) >= 8 {
				size = 8
				if binary.BigEndian.Uint16(rest[2:])&^7 != 0 {
					p.proto = rest[0]
					return ""
				}
			}
		case 51: // authentication
			if len(rest) >= 8 {
				size = 8 + 4*int(rest[1])
			}
		default:
			return p.transport(rest, wire-int64(len(data)-len(rest)))
		}
		if size == 0 || len(rest) < size {
			return "" // the addresses stand, the rest was not captured
		}
		p.proto = rest[0]
		rest = rest[size:]
	}
}

// transport reads the ports of the protocols that have any, and opens tunnels. data is
// the payload of IP, of wire bytes.
func (p *packet) transport(data []byte, wire int64) (reason string) {
	switch p.proto {
	case 6, protoUDP, 33, 132, 136: // TCP, UDP, DCCP, SCTP, UDP-Lite
	case protoIPv4, protoIPv6, protoGRE, protoEtherIP, protoMPLS:
		return p.open(data, wire)
	default:
		return ""
	}
	if len(data) < 4 {
		return ""
	}
	p.srcPort, p.port = binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:])
	if p.proto != protoUDP || len(data) < 8 {
		return ""
	}
	p.payload = data[8:]
	if n := int(binary.BigEndian.Uint16(data[4:])); n >= 8 && n < len(data) {
		p.payload = data[8:n]
	}
	switch p.port {
	case portGTP, portTeredo, portVXLAN, portVXLANGPE, portVXLANOld, portGENEVE, portMPLS, portTZSP:
		return p.open(data, wire)
	}
	if p.srcPort == portTeredo {
		return p.open(data, wire)
	}
	return ""
}
