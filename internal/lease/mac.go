package lease

import "strings"

// The types of the identifiers of DHCPv6 (DUID) that hold a hardware address of Ethernet, and
// their lengths in hexadecimal digits (RFC 8415, sections 11.2 and 11.4).
const (
	duidTimed, duidTimedDigits = "00010001", 28 // with a time
	duidPlain, duidPlainDigits = "00030001", 20
)

// CleanMAC returns a hardware address as 00:1a:2b:3c:4d:5e. It accepts any of the usual forms,
// also within a DUID, and returns "" for any other text, and for the address that is all zeros.
func CleanMAC(text string) string {
	const octets = 6
	var digits [duidTimedDigits]byte
	n := 0
	for i := range len(text) {
		switch ch := text[i] | 0x20; {
		case ch >= '0' && ch <= '9' && text[i] == ch, ch >= 'a' && ch <= 'f':
			if n == len(digits) {
				return ""
			}
			digits[n] = ch
			n++
		case text[i] != ':' && text[i] != '-' && text[i] != '.':
			return ""
		}
	}
	mac := digits[max(0, n-2*octets):n]
	switch kind := string(digits[:len(duidTimed)]); {
	case n == len(mac), n == duidTimedDigits && kind == duidTimed, n == duidPlainDigits && kind == duidPlain:
	default:
		return ""
	}
	if len(mac) < 2*octets || strings.Trim(string(mac), "0") == "" {
		return ""
	}
	var b [3*octets - 1]byte
	for i := range octets {
		if i > 0 {
			b[3*i-1] = ':'
		}
		copy(b[3*i:], mac[2*i:2*i+2])
	}
	return string(b[:])
}
