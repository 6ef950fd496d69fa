package schema

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"beacon/internal/netset"
	"beacon/internal/sorting"
)

// Encoding says in what form an expression holds addresses.
type Encoding uint8

const (
	asNumber Encoding = iota + 1 // UInt32, an IPv4 address as a big-endian number
	asIPv4                       // IPv4
	asBytes                      // FixedString(16), IPv4 as ::ffff:a.b.c.d
	asIPv6                       // IPv6, IPv4 as ::ffff:a.b.c.d
	asHost                       // String, an address or a name: see Address.Host
)

// What a host as text begins with: an address of 16 bytes, or a name.
const (
	addressTag = "a"
	nameTag    = "n"
)

// Literal returns a host as an SQL constant. ok is false where the encoding can't hold it.
func (e Encoding) Literal(h netset.Host) (literal string, ok bool) {
	a := h.Addr
	switch {
	case e == asHost && h.IsName():
		return NameKey(Text(h.Name)), true
	case !a.IsValid():
		return "", false
	}
	switch e {
	case asHost:
		address, _ := asBytes.Literal(h)
		return Call("concat", Text(addressTag), address), true
	case asNumber:
		if !a.Is4() {
			return "", false
		}
		b := a.As4()
		return integer(binary.BigEndian.Uint32(b[:])), true
	case asIPv4:
		return Call("toIPv4", Text(a.String())), a.Is4()
	case asIPv6:
		return Call("toIPv6", Text(netip.AddrFrom16(a.As16()).String())), true
	}
	return Call("IPv6StringToNum", Text(netip.AddrFrom16(a.As16()).String())), true
}

// between returns the condition that x lies in one of the ranges, "" where it never does.
func (e Encoding) between(x string, set []addrRange) string {
	var ranges []string
	for _, r := range set {
		first, ok := e.Literal(netset.HostOf(r.First))
		last, _ := e.Literal(netset.HostOf(r.Last))
		switch {
		case !ok:
		case first == last:
			ranges = append(ranges, x+" = "+first)
		default:
			ranges = append(ranges, "("+x+" BETWEEN "+first+" AND "+last+")")
		}
	}
	return AnyOf(ranges...)
}

// NameKey returns the key of a host that is a name, given as an expression.
func NameKey(name string) string { return Call("concat", Text(nameTag), name) }

// AddressKey returns the key of a host that is an address, given as an expression of its 16 bytes.
func AddressKey(address string) string { return Call("concat", Text(addressTag), address) }

// IsAddress returns the condition that the key of a host is that of an address.
func IsAddress(key string) string { return Call("substring", key, "1", "1") + " = " + Text(addressTag) }

// IsDomain returns the condition that the key of a host is that of a registered domain.
func IsDomain(key string) string {
	return Call("substring", key, "1", "3") + " = " + Text(nameTag+"*.")
}

// Host returns the key of an address among hosts of all kinds.
func (a *Address) Host() string { return AddressKey(a.bytes(a.Name)) }

// bytes returns the expression of an address in 16 bytes.
func (e Encoding) bytes(x string) string {
	switch e {
	case asNumber, asIPv4:
		return Call("IPv6StringToNum", Call("concat", Text("::ffff:"), e.asText(x)))
	case asIPv6:
		return Call("IPv6StringToNum", Call("toString", x))
	}
	return x
}

// Ends16 returns the ends of a flow as addresses of 16 bytes, by names of their own.
func (t *Table) Ends16() (src, dst Address) {
	src, dst = t.Src, t.Dst
	src.Key, src.Name = src.bytes(src.Key), srcName
	dst.Key, dst.Name = dst.bytes(dst.Key), dstName
	src.Encoding, dst.Encoding = asBytes, asBytes
	return src, dst
}

// AsHosts returns hosts of all kinds, by the expression of their key.
func (a Address) AsHosts(key string) Address {
	return Address{Encoding: asHost, Key: key, Name: hostName, Sets: a.Sets}
}

// unspecified is the expression of the address :: in 16 bytes.
var unspecified = Call("toFixedString", Text(""), "16")

// IsSpecified returns the condition that an address of 16 bytes, given as an expression, isn't ::.
func IsSpecified(address string) string { return address + " != " + unspecified }

// In16 returns the condition that an address of 16 bytes, given as an expression, lies in a set,
// "" where none does.
func (a *Address) In16(address string, set *netset.Set) string {
	in := *a
	in.Encoding = asBytes
	return in.In(address, set)
}

// Unspecified returns the condition that an address of 16 bytes is ::, "" where there is
// no such address.
func (a *Address) Unspecified() string {
	switch a.Encoding {
	case asBytes:
		return a.Name + " = " + unspecified
	case asIPv6:
		return a.Name + " = " + Call("toIPv6", Text("::"))
	}
	return ""
}

// OneOf returns the condition that x is one of the hosts, "" where it is none.
func (e Encoding) OneOf(x string, hosts []netset.Host) string {
	var list []string
	for _, h := range hosts {
		if l, ok := e.Literal(h); ok {
			list = append(list, l)
		}
	}
	if list == nil {
		return ""
	}
	return x + " IN " + Call("", list...)
}

// NoOctet stands for the first octet of what is no IPv4 address.
const NoOctet = 256

var mappedPrefix = hex.EncodeToString([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})

// Octet returns the first octet of an IPv4 address, noOctet for others.
func (e Encoding) Octet(x string) string {
	switch e {
	case asNumber, asIPv4:
		return Call("toUInt16", Call("intDiv", Call("toUInt32", x), "16777216"))
	case asIPv6:
		found := Call("extract", Call("toString", x), Text(`^::ffff:([0-9]+)[.]`))
		return Call("if", found+" = ''", integer(NoOctet), Call("toUInt16", Call("toUInt8OrZero", found)))
	}
	return Call("if", Call("substring", x, "1", "12")+" = "+Call("unhex", Text(mappedPrefix)),
		Call("toUInt16", Call("reinterpretAsUInt8", Call("substring", x, "13", "1"))), integer(NoOctet))
}

// asText returns the expression that converts an address to text.
func (e Encoding) asText(x string) string {
	switch e {
	case asNumber:
		return Call("IPv4NumToString", x)
	case asBytes:
		return Call("IPv6NumToString", x)
	}
	return Call("toString", x)
}

// Cell holds an address of a result.
type Cell struct {
	Encoding
	number uint32
	bytes  string
	ip     netip.Addr
}

// Dest returns the variable to scan the address into.
func (c *Cell) Dest() any {
	switch c.Encoding {
	case asNumber:
		return &c.number
	case asBytes, asHost:
		return &c.bytes
	}
	return &c.ip
}

// Host returns the address that was scanned.
func (c *Cell) Host() netset.Host {
	switch c.Encoding {
	case asNumber:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], c.number)
		return netset.Host{Addr: netip.AddrFrom4(b)}
	case asBytes:
		var b [16]byte
		copy(b[:], c.bytes)
		return netset.HostOf(netip.AddrFrom16(b))
	case asHost:
		if name, ok := strings.CutPrefix(c.bytes, nameTag); ok {
			return netset.Host{Name: name}
		}
		var b [16]byte
		copy(b[:], strings.TrimPrefix(c.bytes, addressTag))
		return netset.HostOf(netip.AddrFrom16(b))
	}
	return netset.HostOf(c.ip)
}

// addrRange holds the addresses from first to last, both in the form of 16 bytes.
type addrRange struct{ First, Last netip.Addr }

// Mapped is the range of IPv4 addresses among those of 16 bytes.
var Mapped = addrRange{netip.MustParseAddr("::ffff:0.0.0.0"), netip.MustParseAddr("::ffff:255.255.255.255")}

// RangesOf returns the networks as disjoint ranges in order. A network of IPv6 has
// no IPv4 address in it, be it as wide as ::/0.
func RangesOf(set *netset.Set) []addrRange {
	var list []addrRange
	for _, p := range set.Prefixes() {
		r := rangeOf(p)
		if p.Addr().Is4() || r.First.Compare(Mapped.First) > 0 || r.Last.Compare(Mapped.Last) < 0 {
			list = append(list, r)
			continue
		}
		if r.First.Less(Mapped.First) {
			list = append(list, addrRange{r.First, Mapped.First.Prev()})
		}
		if Mapped.Last.Less(r.Last) {
			list = append(list, addrRange{Mapped.Last.Next(), r.Last})
		}
	}
	sorting.Func(list, func(a, b addrRange) int { return a.First.Compare(b.First) })
	var merged []addrRange
	for _, r := range list {
		if n := len(merged); n > 0 && r.First.Compare(next(merged[n-1].Last)) <= 0 && sameFamily(merged[n-1], r) {
			if merged[n-1].Last.Less(r.Last) {
				merged[n-1].Last = r.Last
			}
			continue
		}
		merged = append(merged, r)
	}
	return merged
}

// sameFamily reports whether both ranges are IPv4, or both are not. Ranges of two
// families are not merged: an IPv4 column could not be compared with the result.
func sameFamily(a, b addrRange) bool { return a.First.Is4In6() == b.First.Is4In6() }

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

// value returns a host as the driver takes it for a column of the encoding.
func (e Encoding) value(h netset.Host) any {
	if h.IsName() {
		return nameTag + h.Name
	}
	a := h.Addr
	b := a.As16()
	switch e {
	case asNumber:
		return binary.BigEndian.Uint32(b[12:])
	case asIPv4:
		return a
	case asBytes:
		return string(b[:])
	case asHost:
		return addressTag + string(b[:])
	}
	return netip.AddrFrom16(b)
}

// typ returns the type of a column of such addresses.
func (e Encoding) typ() driver.Type {
	return map[Encoding]driver.Type{asNumber: "UInt32", asIPv4: "IPv4", asBytes: "FixedString(16)", asIPv6: "IPv6", asHost: "String"}[e]
}
