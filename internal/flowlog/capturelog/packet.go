package capturelog

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket/layers"
)

// packet is what the headers of a captured packet say.
type packet struct {
	src, dst      netip.Addr
	srcPort, port uint16 // 0 in all but the first fragment, and where the protocol has none
	proto         uint8  // the one behind IPv6's extension headers
	bytes         int64  // of the IP packet as it was on the wire
	payload       []byte // of UDP, as far as it was captured
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
)

// Link types that layers has no name for, or another platform's number of.
const (
	linkRawBSD     layers.LinkType = 12
	linkRawOpenBSD layers.LinkType = 14
)

// readsLink says whether packets of a link type can be read.
func readsLink(link layers.LinkType) bool {
	switch link {
	case layers.LinkTypeEthernet, layers.LinkTypeNull, layers.LinkTypeLoop, layers.LinkTypeRaw, linkRawBSD, linkRawOpenBSD,
		layers.LinkTypeIPv4, layers.LinkTypeIPv6, layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2:
		return true
	}
	return false
}

// decode reads the headers of a packet of a link type, of which wire bytes were
// sent and data was captured. reason is "" for a packet of IP, notIP, or why it
// can't be read.
func (p *packet) decode(link layers.LinkType, data []byte, wire int64) (reason string) {
	*p = packet{}
	switch link {
	case layers.LinkTypeEthernet:
		if len(data) < 14 {
			return badPacket
		}
		return p.ether(binary.BigEndian.Uint16(data[12:]), data[14:], wire-14)
	case layers.LinkTypeLinuxSLL:
		if len(data) < 16 {
			return badPacket
		}
		return p.ether(binary.BigEndian.Uint16(data[14:]), data[16:], wire-16)
	case layers.LinkTypeLinuxSLL2:
		if len(data) < 20 {
			return badPacket
		}
		return p.ether(binary.BigEndian.Uint16(data), data[20:], wire-20)
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		// The address family, in the writer's byte order and numbering: that
		// it is IP is told by the packet itself.
		if len(data) < 5 {
			return badPacket
		}
		if v := data[4] >> 4; v != 4 && v != 6 {
			return notIP
		}
		return p.ip(data[4:], wire-4)
	case layers.LinkTypeRaw, linkRawBSD, linkRawOpenBSD, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		return p.ip(data, wire)
	}
	return badLink
}

// ether reads what stands behind an Ethernet type, through any number of tags.
func (p *packet) ether(kind uint16, data []byte, wire int64) (reason string) {
	for {
		skip := 0
		switch kind {
		case etherIPv4, etherIPv6:
			return p.ip(data, wire)
		case etherVLAN, etherQinQ, etherOldQinQ, etherOldQinQ2:
			if skip = 4; len(data) >= skip {
				kind = binary.BigEndian.Uint16(data[2:])
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
			if skip = 4; len(data) > skip && data[2]&1 != 0 { // the bottom of the stack
				if v := data[4] >> 4; v != 4 && v != 6 {
					return notIP
				}
				kind = etherIPv4
			}
		default:
			if kind < 0x600 && len(data) >= 8 && string(data[:6]) == "\xaa\xaa\x03\x00\x00\x00" { // a length, then LLC and SNAP
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
	if fragment := binary.BigEndian.Uint16(data[6:]) & 0x1fff; fragment == 0 && len(data) > header {
		p.transport(data[header:])
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
			p.transport(rest)
			return ""
		}
		if size == 0 || len(rest) < size {
			return "" // the addresses stand, the rest was not captured
		}
		p.proto = rest[0]
		rest = rest[size:]
	}
}

// transport reads the ports of the protocols that have any.
func (p *packet) transport(data []byte) {
	switch p.proto {
	case 6, 17, 33, 132, 136: // TCP, UDP, DCCP, SCTP, UDP-Lite
	default:
		return
	}
	if len(data) < 4 {
		return
	}
	p.srcPort, p.port = binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:])
	if p.proto == 17 && len(data) >= 8 {
		p.payload = data[8:]
		if n := int(binary.BigEndian.Uint16(data[4:])); n >= 8 && n < len(data) {
			p.payload = data[8:n]
		}
	}
}
