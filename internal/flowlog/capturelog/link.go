package capturelog

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"
)

// Link types (tcpdump.org/linktypes.html) that layers has no name for, or another
// platform's number of.
const (
	linkRawBSD      layers.LinkType = 12
	linkRawOpenBSD  layers.LinkType = 14
	linkPPPSerial   layers.LinkType = 50
	linkPPPoE       layers.LinkType = 51
	linkHDLC        layers.LinkType = 104
	linkWifi        layers.LinkType = 105
	linkEnc         layers.LinkType = 109 // OpenBSD's IPsec
	linkPflog       layers.LinkType = 117
	linkPrism       layers.LinkType = 119
	linkRadiotap    layers.LinkType = 127
	linkAVS         layers.LinkType = 163
	linkPPPLinux    layers.LinkType = 166
	linkJuniperEth  layers.LinkType = 178
	linkJuniperPPP  layers.LinkType = 179
	linkJuniperHDLC layers.LinkType = 181
	linkPPI         layers.LinkType = 192
	linkPPPWithDir  layers.LinkType = 204
)

// readsLink says whether packets of a link type can be read.
func readsLink(link layers.LinkType) bool { return new(packet).decode(link, nil, 0) != badLink }

// decode reads the headers of a packet of a link type, of which wire bytes were
// sent and data was captured. reason is "" for a packet of IP, notIP, or why it
// can't be read.
func (p *packet) decode(link layers.LinkType, data []byte, wire int64) (reason string) {
	*p = packet{outer: p.outer}
	return p.link(link, data, wire)
}

func (p *packet) link(link layers.LinkType, data []byte, wire int64) (reason string) {
	switch link {
	case layers.LinkTypeEthernet:
		return p.ethernetAt(data, 0, wire)
	case layers.LinkTypeRaw, linkRawBSD, linkRawOpenBSD, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		return p.ip(data, wire)
	case layers.LinkTypeLinuxSLL:
		return p.etherBehind(data, 14, 16, wire)
	case layers.LinkTypeLinuxSLL2:
		return p.etherBehind(data, 0, 20, wire)
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		// The address family, in the writer's byte order and numbering: that
		// it is IP is told by the packet itself.
		return p.maybeIP(data, 4, wire)
	case linkEnc:
		return p.maybeIP(data, 12, wire)
	case linkPflog:
		if len(data) == 0 {
			return badPacket
		}
		return p.maybeIP(data, (int(data[0])+3)/4*4, wire)
	case layers.LinkTypePPP, linkPPPSerial:
		return p.ppp(data, wire)
	case linkPPPWithDir, linkPPPLinux:
		if len(data) < 1 {
			return badPacket
		}
		return p.ppp(data[1:], wire-1)
	case linkPPPoE:
		return p.ether(etherPPPoE, data, wire)
	case linkHDLC:
		return p.etherBehind(data, 2, 4, wire)
	case linkWifi:
		return p.wifi(data, false, wire)
	case linkRadiotap, linkPrism, linkAVS, linkPPI:
		return p.radio(link, data, wire)
	case linkJuniperEth, linkJuniperPPP, linkJuniperHDLC:
		return p.juniper(link, data, wire)
	}
	return badLink
}

// etherBehind reads what stands behind a header of size bytes that holds an Ethernet
// type at a place.
func (p *packet) etherBehind(data []byte, at, size int, wire int64) (reason string) {
	if len(data) < size {
		return badPacket
	}
	return p.ether(binary.BigEndian.Uint16(data[at:]), data[size:], wire-int64(size))
}

// maybeIP reads the packet behind a header of size bytes, which is of IP or not.
func (p *packet) maybeIP(data []byte, size int, wire int64) (reason string) {
	if len(data) <= size {
		return badPacket
	}
	if v := data[size] >> 4; v != 4 && v != 6 {
		return notIP
	}
	return p.ip(data[size:], wire-int64(size))
}

// ppp reads a frame of PPP, with or without the address and control bytes of HDLC, or
// one of Cisco's HDLC (RFC 1661, 1662, 1547).
func (p *packet) ppp(data []byte, wire int64) (reason string) {
	if len(data) >= 4 && (data[0] == 0x0f || data[0] == 0x8f) && data[1] == 0 {
		return p.etherBehind(data, 2, 4, wire)
	}
	size, protocol := 0, 0
	if len(data) >= 2 && data[0] == 0xff && data[1] == 3 {
		size = 2
	}
	for { // the last byte of the protocol is odd, those before it are even
		if len(data) <= size {
			return badPacket
		}
		protocol = protocol<<8 | int(data[size])
		if size++; data[size-1]&1 != 0 || protocol > 0xff {
			break
		}
	}
	switch protocol {
	case 0x21, 0x57:
		return p.ip(data[size:], wire-int64(size))
	case 0x281, 0x283:
		return p.ether(etherMPLS, data[size:], wire-int64(size))
	}
	return notIP
}

// radio reads an 802.11 frame behind a header about its reception.
func (p *packet) radio(link layers.LinkType, data []byte, wire int64) (reason string) {
	if len(data) < 8 {
		return badPacket
	}
	const avs = 0x80211001 // the magic and version that begin it
	size, padded := 0, false
	switch {
	case link == linkRadiotap:
		size, padded = int(binary.LittleEndian.Uint16(data[2:])), paddedWifi(data)
	case link == linkPPI:
		size = int(binary.LittleEndian.Uint16(data[2:]))
	case link == linkAVS || binary.BigEndian.Uint32(data) == avs:
		size = int(binary.BigEndian.Uint32(data[4:]))
	default: // Prism, in the writer's byte order
		if size = int(binary.LittleEndian.Uint32(data[4:])); size >= 1<<16 {
			size = int(binary.BigEndian.Uint32(data[4:]))
		}
	}
	if size < 8 || size > len(data) {
		return badPacket
	}
	if link == linkPPI {
		return p.link(layers.LinkType(binary.LittleEndian.Uint32(data[4:])), data[size:], wire-int64(size))
	}
	return p.wifi(data[size:], padded, wire-int64(size))
}

// paddedWifi tells whether a radiotap header says that the 802.11 header is padded to
// whole words (radiotap.org: flags, 0x20).
func paddedWifi(data []byte) bool {
	const more, tsft, flags, pad = 1 << 31, 1 << 0, 1 << 1, 0x20
	first := binary.LittleEndian.Uint32(data[4:])
	at := 4
	for {
		if len(data) < at+4 {
			return false
		}
		at += 4
		if binary.LittleEndian.Uint32(data[at-4:])&more == 0 {
			break
		}
	}
	if first&tsft != 0 {
		at = (at+7)/8*8 + 8
	}
	return first&flags != 0 && at < len(data) && data[at]&pad != 0
}

// wifi reads an 802.11 data frame (IEEE 802.11, 9.3.2). Frames of other kinds, encrypted
// ones and later fragments carry no readable IP.
func (p *packet) wifi(data []byte, padded bool, wire int64) (reason string) {
	if len(data) < 2 {
		return badPacket
	}
	const isData, toDS, fromDS, protected, order = 2, 1, 2, 0x40, 0x80
	kind, subtype, flags := data[0]>>2&3, data[0]>>4, data[1]
	if kind != isData || subtype&4 != 0 || flags&protected != 0 {
		return notIP
	}
	size := 24
	if flags&toDS != 0 && flags&fromDS != 0 {
		size += 6
	}
	aggregate := false
	if subtype&8 != 0 { // quality of service
		if len(data) <= size {
			return badPacket
		}
		aggregate = data[size]&0x80 != 0
		if size += 2; flags&order != 0 {
			size += 4
		}
	}
	if padded {
		size = (size + 3) / 4 * 4
	}
	if aggregate { // the first frame of several
		size += etherSize
	}
	if len(data) < size {
		return badPacket
	}
	if data[22]&0x0f != 0 {
		return notIP
	}
	return p.ether(0, data[size:], wire-int64(size)) // LLC and SNAP tell the rest
}

// juniper reads the header that Juniper's routers capture packets with: a magic, flags
// and, by a flag, extensions with their length (tcpdump's print-juniper.c).
func (p *packet) juniper(link layers.LinkType, data []byte, wire int64) (reason string) {
	if len(data) < 6 || string(data[:3]) != "MGC" {
		return badPacket
	}
	const noLayer2, extensions = 0x02, 0x80
	size, flags := 4, data[3]
	if flags&extensions != 0 {
		size = 6 + int(binary.BigEndian.Uint16(data[4:]))
	}
	if len(data) < size {
		return badPacket
	}
	switch {
	case flags&noLayer2 != 0: // a protocol family, then the packet
		return p.maybeIP(data, size+4, wire)
	case link == linkJuniperPPP:
		return p.ppp(data[size:], wire-int64(size))
	case link == linkJuniperHDLC:
		data, wire = data[size:], wire-int64(size)
		return p.etherBehind(data, 2, 4, wire)
	}
	return p.ethernetAt(data, size, wire)
}
