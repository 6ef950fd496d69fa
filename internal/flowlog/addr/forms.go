package addr

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
)

// parseForm parses an address in one of the less common forms of logs: in neither dotted
// decimal nor the form of RFC 5952 alone.
// It returns false where a text has no reading, or more than one: dotted decimal with
// single leading zeros may be octal.
func parseForm(text []byte) (netip.Addr, bool) {
	for _, read := range forms {
		if addr, ok := read(text); ok {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

// forms are the ways to write an address.
var forms = []func(text []byte) (netip.Addr, bool){padded, bracketed, afterSlash, single, named, bare, number}

// plain parses an address in its standard form.
func plain(text []byte) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(string(text))
	return addr, err == nil
}

// padded parses dotted decimal whose four numbers all have three digits, such as
// 010.000.000.005. It has one reading only: no program writes octal so.
func padded(text []byte) (netip.Addr, bool) {
	var octets [4]byte
	if len(text) != len("000.000.000.000") {
		return netip.Addr{}, false
	}
	for i := range octets {
		at := 4 * i
		v, err := strconv.ParseUint(string(text[at:at+3]), 10, 8)
		if err != nil || i > 0 && text[at-1] != '.' {
			return netip.Addr{}, false
		}
		octets[i] = byte(v)
	}
	return netip.AddrFrom4(octets), true
}

// bracketed parses an address in brackets, as in a URL.
func bracketed(text []byte) (netip.Addr, bool) {
	if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
		return netip.Addr{}, false
	}
	return plain(text[1 : len(text)-1])
}

// afterSlash parses /10.0.0.5, as Java's InetAddress without a name is written.
func afterSlash(text []byte) (netip.Addr, bool) {
	inner, ok := bytes.CutPrefix(text, []byte("/"))
	if !ok {
		return netip.Addr{}, false
	}
	return plain(inner)
}

// single parses the prefix of one address, as databases write it: 10.0.0.5/32.
func single(text []byte) (netip.Addr, bool) {
	prefix, err := netip.ParsePrefix(string(text))
	return prefix.Addr(), err == nil && prefix.IsSingleIP()
}

// named parses an address with the name of its host: pc1 (10.0.0.5), 10.0.0.5 (pc1).
func named(text []byte) (netip.Addr, bool) {
	before, inner, ok := bytes.Cut(text, []byte("("))
	inner, closed := bytes.CutSuffix(inner, []byte(")"))
	if !ok || !closed {
		return netip.Addr{}, false
	}
	first, ok1 := plain(bytes.TrimRight(before, " "))
	second, ok2 := plain(inner)
	switch {
	case ok1 && ok2 && first != second: // two addresses
		return netip.Addr{}, false
	case ok1:
		return first, true
	}
	return second, ok2
}

// leastNumber is 1.0.0.0: below it are no addresses of hosts (RFC 6890), but the numbers
// that logs give to interfaces, zones and anonymous hosts.
const leastNumber = 1 << 24

// leastReserved is 240.0.0.0 as a number of 32 bits with a sign: from it on are no addresses of
// hosts (RFC 1112), but the -1 of logs for no address.
const leastReserved = -1 << 28

// bareDigits is how many hexadecimal digits an IPv6 address has without colons.
const bareDigits = 32

// bare parses an IPv6 address that is written as its 32 hexadecimal digits alone.
func bare(text []byte) (netip.Addr, bool) {
	var b [bareDigits / 2]byte
	if len(text) != bareDigits {
		return netip.Addr{}, false
	}
	_, err := hex.Decode(b[:], text)
	return netip.AddrFrom16(b), err == nil
}

// number parses an IPv4 address that is written as one number, in decimal as MySQL's
// INET_ATON makes it, negative where 32 bits with a sign hold it, or as eight hexadecimal
// digits behind 0x.
func number(text []byte) (netip.Addr, bool) {
	base := 10
	if digits, ok := bytes.CutPrefix(text, []byte("0x")); ok {
		if len(digits) != 8 {
			return netip.Addr{}, false
		}
		text, base = digits, 16
	}
	if len(text) == 0 || text[0] == '+' || base == 10 && text[0] == '0' {
		return netip.Addr{}, false
	}
	if text[0] == '-' && base == 10 {
		v, err := strconv.ParseInt(string(text), base, 32)
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(v)))), err == nil && v < leastReserved
	}
	v, err := strconv.ParseUint(string(text), base, 32)
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(v)))), err == nil && v >= leastNumber
}
