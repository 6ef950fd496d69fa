package flowlog

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"beacon/internal/flow"
)

// addrCache is the host ids of address texts of up to 15 bytes, which is every
// IPv4 address: direct-mapped, so it never grows and a collision only costs a
// parse. 2^14 entries of 24 bytes stay in a core's second-level cache.
type addrCache struct {
	entries [1 << addrCacheBits]addrEntry
}

const addrCacheBits = 14

type addrEntry struct {
	lo, hi uint64 // the text, zero-padded; 0, 0 is free
	id     uint32
}

// lookup is the host id of the address whose zero-padded text is lo, hi as
// little-endian words; text is the same once more, for a miss.
func (c *addrCache) lookup(hosts *flow.Hosts, lo, hi uint64, text []byte) (uint32, bool) {
	e := c.entry(lo, hi)
	if e.lo == lo && e.hi == hi && lo != 0 {
		return e.id, true
	}
	return c.miss(hosts, e, lo, hi, text)
}

func (c *addrCache) entry(lo, hi uint64) *addrEntry {
	h := (lo ^ hi*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93
	return &c.entries[h>>(64-addrCacheBits)]
}

func (c *addrCache) miss(hosts *flow.Hosts, e *addrEntry, lo, hi uint64, text []byte) (uint32, bool) {
	id, ok := parseAddr(hosts, text)
	if ok {
		*e = addrEntry{lo, hi, id}
	}
	return id, ok
}

// parseAddr interns an address in text.
func parseAddr(hosts *flow.Hosts, text []byte) (uint32, bool) {
	if v, ok := parseIPv4(text); ok {
		return hosts.Intern4(v), true
	}
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(text), len(text)))
	if err != nil {
		return 0, false
	}
	return hosts.Intern(addr), true
}

// parseIPv4 reads dotted decimal, as strict as netip.ParseAddr: no leading
// zeros, no blanks.
func parseIPv4(text []byte) (uint32, bool) {
	var v, octet uint32
	digits, dots := 0, 0
	for _, ch := range text {
		if d := ch - '0'; d <= 9 {
			if digits > 0 && octet == 0 {
				return 0, false
			}
			octet = octet*10 + uint32(d)
			if digits++; octet > 255 {
				return 0, false
			}
			continue
		}
		if ch != '.' || digits == 0 || dots == 3 {
			return 0, false
		}
		v, octet, digits, dots = v<<8|octet, 0, 0, dots+1
	}
	return v<<8 | octet, dots == 3 && digits > 0
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
