// Package addr reads addresses in text as host ids, which it caches by their texts.
package addr

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"beacon/internal/flow"
	"beacon/internal/flowlog/octets"
)

// Cache maps address texts of up to 15 bytes, which include every IPv4 address, to
// host ids. It is direct-mapped: it never grows, and a collision costs one parse.
//
// Note: two-way and four-way sets made the main job 1.06 and 1.18 times as long: a
// hit in the one slot is predicted well, a choice among four is not.
type Cache struct {
	slots [1 << cacheBits]cacheSlot
}

// cacheSlot is a text and its host id. Two of them fill a cache line of the processor, so
// that a lookup waits for one line.
type cacheSlot struct {
	key Key
	id  uint32
	_   [12]byte
}

// The assembly knows this number, and how a slot is found and looks.
const cacheBits = 15

// Key holds a text of 1 to 15 bytes in two little-endian words, zero-padded, with
// its length in the last byte. The zero key stands for no text.
type Key struct{ Lo, Hi uint64 }

// KeyOf returns the key of a text, the zero key if the text is too long.
func KeyOf(text []byte) Key {
	if len(text) > 15 {
		return Key{}
	}
	var b [16]byte
	copy(b[:], text)
	return Key{octets.Load64(b[0:]), octets.Load64(b[8:]) | uint64(len(text))<<56}
}

// WordsKey returns the key of the first n bytes, at most 15, of two little-endian words.
func WordsKey(lo, hi uint64, n int) Key {
	mask := &textMasks[n&15]
	return Key{lo & mask[0], hi&mask[1] | uint64(n)<<56}
}

// textMasks keep the first n bytes of 16, as two little-endian words.
var textMasks = func() (masks [16][2]uint64) {
	for n := range masks {
		var m [16]byte
		for i := range n {
			m[i] = 0xff
		}
		masks[n] = [2]uint64{octets.Load64(m[:]), octets.Load64(m[8:])}
	}
	return masks
}()

// Text returns the text of a key in b.
func (k Key) Text(b *[16]byte) []byte {
	binary.LittleEndian.PutUint64(b[0:], k.Lo)
	binary.LittleEndian.PutUint64(b[8:], k.Hi)
	return b[:min(15, k.Length())]
}

// Length returns the length of the text; 16 marks a text that is too long.
func (k Key) Length() int { return int(k.Hi >> 56) }

// Lookup returns the host id of the address whose text has the key, false if the text
// is no address.
func (c *Cache) Lookup(hosts *flow.Hosts, key Key) (uint32, bool) {
	if id, ok := c.Hit(key); ok {
		return id, true
	}
	return c.miss(hosts, key)
}

// Hit returns the host id of a key if it is in the cache.
func (c *Cache) Hit(key Key) (uint32, bool) {
	slot := &c.slots[key.slot()]
	return slot.id, slot.key == key && key.Hi != 0
}

func (k Key) slot() uint64 {
	return (k.Lo ^ k.Hi*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93 >> (64 - cacheBits)
}

// miss parses an address and caches it.
func (c *Cache) miss(hosts *flow.Hosts, key Key) (uint32, bool) {
	if n := key.Length(); n == 0 || n > 15 {
		return 0, false
	}
	var b [16]byte
	id, ok := parse(hosts, key.Text(&b))
	if ok {
		c.Keep(key, id)
	}
	return id, ok
}

// Keep caches the host id of a key.
func (c *Cache) Keep(key Key, id uint32) {
	slot := &c.slots[key.slot()]
	slot.key, slot.id = key, id
}

// parse parses an address and returns its host id.
func parse(hosts *flow.Hosts, text []byte) (uint32, bool) {
	if v, ok := ParseIPv4(text); ok {
		return hosts.Intern4(v), true
	}
	if addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(text), len(text))); err == nil {
		return hosts.Intern(addr), true
	}
	addr, ok := parseForm(text)
	if !ok {
		return 0, false
	}
	return hosts.Intern(addr), true
}

// ParseIPv4 parses dotted decimal as strictly as netip.ParseAddr: without leading zeros
// and blanks.
func ParseIPv4(text []byte) (uint32, bool) {
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
