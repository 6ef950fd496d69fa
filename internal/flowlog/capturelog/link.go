package capturelog

import (
	"encoding/binary"
	"fmt"
)

// linkType tells what the packets of a capture begin with (tcpdump.org/linktypes.html).
type linkType uint16

const (
	linkNull        linkType = 0
	linkEthernet    linkType = 1
	linkPPP         linkType = 9
	linkRawBSD      linkType = 12
	linkRawOpenBSD  linkType = 14
	linkPPPSerial   linkType = 50
	linkPPPoE       linkType = 51
	linkRaw         linkType = 101
	linkHDLC        linkType = 104
	linkWifi        linkType = 105
	linkLoop        linkType = 108
	linkEnc         linkType = 109 // OpenBSD's IPsec
	linkCooked      linkType = 113 // Linux's "any" interface
	linkPflog       linkType = 117
	linkPrism       linkType = 119
	linkRadiotap    linkType = 127
	linkAVS         linkType = 163
	linkPPPLinux    linkType = 166
	linkJuniperEth  linkType = 178
	linkJuniperPPP  linkType = 179
	linkJuniperHDLC linkType = 181
	linkPPI         linkType = 192
	linkPPPWithDir  linkType = 204
	linkIPv4        linkType = 228
	linkIPv6        linkType = 229
	linkCooked2     linkType = 276
)

// linkNames are the names of link types that captures are often made on, for people; also of
// some that can't be read.
var linkNames = map[linkType]string{
	linkNull: "Null", linkEthernet: "Ethernet", linkPPP: "PPP", linkRawBSD: "Raw", linkRawOpenBSD: "Raw", linkPPPSerial: "PPP serial",
	linkPPPoE: "PPPoE", linkRaw: "Raw", linkHDLC: "HDLC", linkWifi: "802.11", linkLoop: "Loop", linkEnc: "IPsec", linkCooked: "Linux SLL",
	linkPflog: "PFLog", linkPrism: "Prism", linkRadiotap: "RadioTap", linkAVS: "AVS", linkJuniperEth: "Juniper Ethernet",
	linkJuniperPPP: "Juniper PPP", linkJuniperHDLC: "Juniper HDLC", linkPPI: "PPI", linkIPv4: "IPv4", linkIPv6: "IPv6", linkCooked2: "Linux SLL2",
	6: "Token Ring", 10: "FDDI", 107: "Frame Relay", 187: "Bluetooth", 189: "USB", 195: "802.15.4", 220: "USB", 227: "CAN", 249: "USBPcap", 253: "Netlink",
}

// String returns the name of a link type, or where it has none here its number.
func (l linkType) String() string {
	if name := linkNames[l]; name != "" {
		return name
	}
	return fmt.Sprintf("link type %d", uint16(l))
}

// number returns the number of a link type, with its name.
func (l linkType) number() string {
	if name := linkNames[l]; name != "" {
		return fmt.Sprintf("link type %d (%s)", uint16(l), name)
	}
	return l.String()
}

// readsLink says whether packets of a link type can be read.
func readsLink(link linkType) bool { return new(packet).decode(link, nil, 0) != badLink }

// decode reads the headers of a packet of a link type, of which wire bytes were
// sent and data was captured. reason is "" for a packet of IP, notIP, or why it
// can't be read.
func (p *packet) decode(link linkType, data []byte, wire int64) (reason string) {
	*p = packet{outer: p.outer}
	return p.link(link, data, wire)
}

func (p *packet) link(link linkType, data []byte, wire int64) (reason string) {
	switch link {
	case linkEthernet:
		return p.ethernetAt(data, 0, wire)
	case linkRaw, linkRawBSD, linkRawOpenBSD, linkIPv4, linkIPv6:
		return p.ip(data, wire)
	case linkCooked:
		return p.etherBehind(data, 14, 16, wire)
	case linkCooked2:
		return p.etherBehind(data, 0, 20, wire)
	case linkNull, linkLoop:
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
	case linkPPP, linkPPPSerial:
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
func (p *packet) radio(link linkType, data []byte, wire int64) (reason string) {
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
		return p.link(linkType(binary.LittleEndian.Uint32(data[4:])), data[size:], wire-int64(size))
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
func (p *packet) juniper(link linkType, data []byte, wire int64) (reason string) {
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
