package addr

import (
	"math/bits"
	"net/netip"
	"unsafe"

	"beacon/internal/flow"
	"beacon/internal/flowlog/octets"
)

// LongCache maps address texts of 16 to 39 bytes, which are IPv6, to host ids. It is
// direct-mapped like Cache.
type LongCache struct {
	entries [1 << longCacheBits]longEntry
	pending pending
}

type longEntry struct {
	text longKey
	id   uint32
}

const longCacheBits = 13

// longKey is a text of up to 39 bytes, zero-padded, with its length in the last byte.
type longKey [5]uint64

// longest is the longest text that is cached.
const longest = 39

func longKeyOf(text []byte) longKey {
	var b [longest + 1]byte
	copy(b[:], text)
	b[longest] = byte(len(text))
	return longKey{octets.Load64(b[0:]), octets.Load64(b[8:]), octets.Load64(b[16:]), octets.Load64(b[24:]), octets.Load64(b[32:])}
}

// is compares two keys without a call or a branch for each word.
func (k *longKey) is(o *longKey) bool {
	return (k[0]^o[0])|(k[1]^o[1])|(k[2]^o[2])|(k[3]^o[3])|(k[4]^o[4]) == 0
}

// hash spreads a key over 64 bits, of which the highest are the best.
func (k *longKey) hash() uint64 {
	hash := uint64(0)
	for _, word := range k {
		hash = bits.RotateLeft64(hash, 23) ^ word*0x9E3779B97F4A7C15
	}
	return hash * 0xD6E8FEB86659FD93
}

func (c *LongCache) entry(key *longKey) *longEntry {
	return &c.entries[key.hash()>>(64-longCacheBits)]
}

// Lookup returns the host id of an address, false if the text is no address.
func (c *LongCache) Lookup(hosts *flow.Hosts, text []byte) (uint32, bool) {
	if len(text) > longest {
		return parse(hosts, text)
	}
	key := longKeyOf(text)
	e := c.entry(&key)
	if e.text.is(&key) {
		return e.id, true
	}
	id, ok := parse(hosts, text)
	if ok {
		e.text, e.id = key, id
	}
	return id, ok
}

// pending is the IPv6 addresses that LookupLater left to Resolve.
type pending struct {
	places []int
	keys   []longKey
	addrs  [][16]byte
	found  []uint32
}

// LookupLater is Lookup for one of many addresses, and puts the id at its place in ids. A
// plain IPv6 address that isn't in the cache gets its id later, from Resolve.
func (c *LongCache) LookupLater(hosts *flow.Hosts, text []byte, ids []uint32, place int) (ok bool) {
	if len(text) > longest {
		ids[place], ok = parse(hosts, text)
		return ok
	}
	key := longKeyOf(text)
	if e := c.entry(&key); e.text.is(&key) {
		ids[place] = e.id
		return true
	}
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(text), len(text)))
	if err != nil || addr.Unmap().Is4() {
		ids[place], ok = c.Lookup(hosts, text)
		return ok
	}
	p := &c.pending
	p.places, p.keys, p.addrs = append(p.places, place), append(p.keys, key), append(p.addrs, addr.As16())
	if len(p.places) == laterMost {
		c.Resolve(hosts, ids)
	}
	return true
}

// Resolve interns the addresses that LookupLater left to it, in one batch, and puts their
// ids at their places.
func (c *LongCache) Resolve(hosts *flow.Hosts, ids []uint32) {
	p := &c.pending
	if len(p.places) == 0 {
		return
	}
	if p.found == nil {
		p.found = make([]uint32, laterMost)
	}
	hosts.Intern16s(p.addrs, p.found)
	for i, place := range p.places {
		ids[place] = p.found[i]
		e := c.entry(&p.keys[i])
		e.text, e.id = p.keys[i], p.found[i]
	}
	p.places, p.keys, p.addrs = p.places[:0], p.keys[:0], p.addrs[:0]
}
