package addr

import (
	"math/bits"
	"slices"

	"beacon/internal/flow"
	"beacon/internal/flowlog/octets"
)

// LongCache maps address texts of 16 to 39 bytes, which are IPv6, to host ids. It is
// direct-mapped like Cache.
type LongCache struct {
	entries [1 << longCacheBits]longEntry
	queue   []queued
	pending pending
	touched uint32 // what LookupQueued loaded, so that the compiler leaves its loads in
}

// queued is a text that is looked up later.
type queued struct {
	text  []byte
	key   longKey
	slot  uint64
	place int
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

func longKeyOf(text []byte) (key longKey) {
	n := len(text)
	if cap(text) > longest { // Fast path: not near the end of a block
		b, mask := text[:longest+1], &longMasks[n]
		for i := range key {
			key[i] = octets.Load64(b[8*i:]) & mask[i]
		}
		key[len(key)-1] |= uint64(n) << 56
		return key
	}
	var b [longest + 1]byte
	copy(b[:], text)
	b[longest] = byte(n)
	return longKey{octets.Load64(b[0:]), octets.Load64(b[8:]), octets.Load64(b[16:]), octets.Load64(b[24:]), octets.Load64(b[32:])}
}

// longMasks are the bytes of a key that its text fills, by the text's length.
var longMasks = func() (masks [longest + 1]longKey) {
	for n := range masks {
		var m [longest + 1]byte
		for i := range n {
			m[i] = 0xff
		}
		for i := range masks[n] {
			masks[n][i] = octets.Load64(m[8*i:])
		}
	}
	return masks
}()

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

func (k *longKey) slot() uint64 { return k.hash() >> (64 - longCacheBits) }

func (c *LongCache) entry(key *longKey) *longEntry { return &c.entries[key.slot()] }

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
	var q queued
	q.set(text, place)
	return c.lookup(hosts, &q, ids)
}

func (q *queued) set(text []byte, place int) {
	q.text, q.place = text, place
	if len(text) <= longest {
		q.key = longKeyOf(text)
		q.slot = q.key.slot()
	}
}

// Queue is LookupLater that has the text looked up by LookupQueued.
func (c *LongCache) Queue(text []byte, place int) {
	c.queue = slices.Grow(c.queue, 1)[:len(c.queue)+1]
	c.queue[len(c.queue)-1].set(text, place)
}

// LookupQueued looks up the texts of Queue, and has Resolve do the rest. It returns the
// place of the first one that is no address, false where all are.
//
// Note: their places in the cache are loaded first, so that the cache misses are waited for
// together. Of a million addresses, looking up each at once took 1.1 times the CPU.
func (c *LongCache) LookupQueued(hosts *flow.Hosts, ids []uint32) (place int, bad bool) {
	sum := uint32(0)
	for i := range c.queue {
		sum += c.entries[c.queue[i].slot].id
	}
	c.touched = sum
	for i := range c.queue {
		if q := &c.queue[i]; !c.lookup(hosts, q, ids) {
			place, bad = q.place, true
			break
		}
	}
	c.queue = c.queue[:0]
	c.Resolve(hosts, ids)
	return place, bad
}

func (c *LongCache) lookup(hosts *flow.Hosts, q *queued, ids []uint32) (ok bool) {
	if len(q.text) > longest {
		ids[q.place], ok = parse(hosts, q.text)
		return ok
	}
	if e := &c.entries[q.slot]; e.text.is(&q.key) {
		ids[q.place] = e.id
		return true
	}
	addr, ok := parseIPv6(q.text)
	if !ok {
		ids[q.place], ok = c.Lookup(hosts, q.text)
		return ok
	}
	p := &c.pending
	p.places, p.keys, p.addrs = append(p.places, q.place), append(p.keys, q.key), append(p.addrs, addr)
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
