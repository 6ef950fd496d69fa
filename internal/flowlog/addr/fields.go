package addr

import (
	"math/bits"
	"unsafe"

	"beacon/internal/flow"
	"beacon/internal/flowlog/octets"
)

//go:generate go run -C ../../vectors . fields ../flowlog/addr

// Fields looks up a field of each of several lines: at holds where the fields begin, ends
// where the lines that follow begin, and stop is the byte behind each field. It puts the
// texts' keys into keys, the host ids into ids, and moves at behind the stops. A text that
// is empty, longer than 15 bytes or leaves its line counts as one of 16 bytes. Those that are
// longer have the same key, so that looking them up in vain waits for no memory. places gets
// the numbers of the lines whose text isn't in the cache, missed of them. All lists are as
// long as at or longer; text has 16 bytes behind the beginning of each field.
func (c *Cache) Fields(text []byte, stop byte, at, ends []int, keys []Key, ids []uint32, places []int) (missed int) {
	n := len(at)
	if n == 0 {
		return 0
	}
	ends, keys, ids, places = ends[:n], keys[:n], ids[:n], places[:n]
	if !haveAVX2 {
		return c.fieldsPlain(text, stop, at, ends, keys, ids, places)
	}
	read, missed := fieldsAVX2(&text[0], len(text)-textSize, stop, &at[0], &ends[0], (*byte)(unsafe.Pointer(&keys[0])), (*byte)(unsafe.Pointer(c)), &ids[0], &places[0], n)
	if read < n {
		_ = text[at[read]:][:textSize] // panics, as fieldsPlain does
	}
	return missed
}

// textSize is the number of bytes that Fields loads of each text.
const textSize = 16

// fieldsPlain is Fields for any processor.
//
// Note: the loops contain no calls, and no branch on cache hits, which can't be predicted.
func (c *Cache) fieldsPlain(text []byte, stop byte, at, ends []int, keys []Key, ids []uint32, places []int) (missed int) {
	stops := uint64(stop) * octets.LowBits
	for i, p := range at {
		q := text[p : p+textSize]
		lo, hi := octets.Load64(q), octets.Load64(q[8:])
		n := 0
		if m := octets.ZeroByte(lo ^ stops); m == 0 {
			m = octets.ZeroByte(hi ^ stops)
			hi &= (m ^ (m - 1)) >> 8
			n = 8 + bits.TrailingZeros64(m)>>3
			if m == 0 {
				lo, hi = 0, 0
			}
		} else {
			lo, hi = lo&((m^(m-1))>>8), 0
			n = bits.TrailingZeros64(m) >> 3
		}
		if n == 0 || p+n >= ends[i] {
			n = textSize
		}
		keys[i] = Key{Lo: lo, Hi: hi | uint64(n)<<56}
		at[i] = p + n + 1
	}
	for i, key := range keys {
		id, ok := c.Hit(key)
		ids[i], places[missed] = id, i
		if !ok {
			missed++
		}
	}
	return missed
}

// Numbers interns IPv4 addresses that the cache doesn't hold, and keeps them: number k is
// that of keys[places[k]], and ids[places[k]] becomes its id. found is room for the ids.
func (c *Cache) Numbers(hosts *flow.Hosts, numbers []uint32, places []int, keys []Key, ids, found []uint32) {
	found = found[:len(numbers)]
	hosts.Intern4s(numbers, found)
	for k, id := range found {
		i := places[k]
		ids[i] = id
		c.Keep(keys[i], id)
	}
}
