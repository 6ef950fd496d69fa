package clickhouse

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"

	"beacon/internal/netset"
)

// encoding says in what form an expression holds addresses.
type encoding uint8

const (
	asNumber encoding = iota + 1 // UInt32, an IPv4 address as a big-endian number
	asIPv4                       // IPv4
	asBytes                      // FixedString(16), IPv4 as ::ffff:a.b.c.d
	asIPv6                       // IPv6, IPv4 as ::ffff:a.b.c.d
)

// literal returns an address as an SQL constant. ok is false where the encoding can't hold it.
func (e encoding) literal(a netip.Addr) (string, bool) {
	if !a.IsValid() {
		return "", false
	}
	switch e {
	case asNumber:
		if !a.Is4() {
			return "", false
		}
		b := a.As4()
		return integer(binary.BigEndian.Uint32(b[:])), true
	case asIPv4:
		return call("toIPv4", text(a.String())), a.Is4()
	case asIPv6:
		return call("toIPv6", text(netip.AddrFrom16(a.As16()).String())), true
	}
	return call("IPv6StringToNum", text(netip.AddrFrom16(a.As16()).String())), true
}

// between returns the condition that x lies in one of the ranges, "" where it never does.
func (e encoding) between(x string, set []addrRange) string {
	var ranges []string
	for _, r := range set {
		first, ok := e.literal(r.first.Unmap())
		last, _ := e.literal(r.last.Unmap())
		switch {
		case !ok:
		case first == last:
			ranges = append(ranges, x+" = "+first)
		default:
			ranges = append(ranges, "("+x+" BETWEEN "+first+" AND "+last+")")
		}
	}
	return anyOf(ranges...)
}

// oneOf returns the condition that x is one of the addresses, "" where it is none.
func (e encoding) oneOf(x string, hosts []netset.Host) string {
	var list []string
	for _, h := range hosts {
		if l, ok := e.literal(h.Addr); ok {
			list = append(list, l)
		}
	}
	if list == nil {
		return ""
	}
	return x + " IN " + call("", list...)
}

// noOctet stands for the first octet of what is no IPv4 address.
const noOctet = 256

var mappedPrefix = hex.EncodeToString([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})

// octet returns the first octet of an IPv4 address, noOctet for others.
func (e encoding) octet(x string) string {
	switch e {
	case asNumber, asIPv4:
		return call("toUInt16", call("intDiv", call("toUInt32", x), "16777216"))
	case asIPv6:
		found := call("extract", call("toString", x), text(`^::ffff:([0-9]+)[.]`))
		return call("if", found+" = ''", integer(noOctet), call("toUInt16", call("toUInt8OrZero", found)))
	}
	return call("if", call("substring", x, "1", "12")+" = "+call("unhex", text(mappedPrefix)),
		call("toUInt16", call("reinterpretAsUInt8", call("substring", x, "13", "1"))), integer(noOctet))
}

// asText returns the expression that converts an address to text.
func (e encoding) asText(x string) string {
	switch e {
	case asNumber:
		return call("IPv4NumToString", x)
	case asBytes:
		return call("IPv6NumToString", x)
	}
	return call("toString", x)
}

// cell holds an address of a result.
type cell struct {
	encoding
	number uint32
	bytes  string
	ip     netip.Addr
}

// dest returns the variable to scan the address into.
func (c *cell) dest() any {
	switch c.encoding {
	case asNumber:
		return &c.number
	case asBytes:
		return &c.bytes
	}
	return &c.ip
}

// host returns the address that was scanned.
func (c *cell) host() netset.Host {
	switch c.encoding {
	case asNumber:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], c.number)
		return netset.Host{Addr: netip.AddrFrom4(b)}
	case asBytes:
		var b [16]byte
		copy(b[:], c.bytes)
		return netset.HostOf(netip.AddrFrom16(b))
	}
	return netset.HostOf(c.ip)
}

// addrRange holds the addresses from first to last, both in the form of 16 bytes.
type addrRange struct{ first, last netip.Addr }

// mapped is the range of IPv4 addresses among those of 16 bytes.
var mapped = addrRange{netip.MustParseAddr("::ffff:0.0.0.0"), netip.MustParseAddr("::ffff:255.255.255.255")}

// rangesOf returns the networks as disjoint ranges in order. A network of IPv6 has
// no IPv4 address in it, be it as wide as ::/0.
func rangesOf(set *netset.Set) []addrRange {
	var list []addrRange
	for _, p := range set.Prefixes() {
		r := rangeOf(p)
		if p.Addr().Is4() || r.first.Compare(mapped.first) > 0 || r.last.Compare(mapped.last) < 0 {
			list = append(list, r)
			continue
		}
		if r.first.Less(mapped.first) {
			list = append(list, addrRange{r.first, mapped.first.Prev()})
		}
		if mapped.last.Less(r.last) {
			list = append(list, addrRange{mapped.last.Next(), r.last})
		}
	}
	slices.SortFunc(list, func(a, b addrRange) int { return a.first.Compare(b.first) })
	var merged []addrRange
	for _, r := range list {
		if n := len(merged); n > 0 && r.first.Compare(next(merged[n-1].last)) <= 0 && sameFamily(merged[n-1], r) {
			if merged[n-1].last.Less(r.last) {
				merged[n-1].last = r.last
			}
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// sameFamily reports whether both ranges are IPv4, or both are not. Ranges of two
// families are not merged: an IPv4 column could not be compared with the result.
func sameFamily(a, b addrRange) bool { return a.first.Is4In6() == b.first.Is4In6() }

// next returns the address after a, or a itself at the end.
func next(a netip.Addr) netip.Addr {
	if n := a.Next(); n.IsValid() {
		return n
	}
	return a
}

func rangeOf(p netip.Prefix) addrRange {
	first := p.Masked().Addr().As16()
	last := first
	host := p.Addr().BitLen() - p.Bits() // bits of the host part
	for i := 15; host > 0; i-- {
		last[i] |= byte(1<<min(host, 8) - 1)
		host -= 8
	}
	return addrRange{netip.AddrFrom16(first), netip.AddrFrom16(last)}
}

// value returns an address as the driver takes it for a column of the encoding.
func (e encoding) value(h netset.Host) any {
	b := h.Addr.As16()
	switch e {
	case asNumber:
		return binary.BigEndian.Uint32(b[12:])
	case asIPv4:
		return h.Addr
	case asBytes:
		return string(b[:])
	}
	return netip.AddrFrom16(b)
}
