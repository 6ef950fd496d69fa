package flow

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Tag is what is decided once about an address: a set of bits whose meaning is
// the caller's.
type Tag uint16

// Hosts is the host table: every address of a log, once, under a dense id.
// Workers share it. An id says nothing of the order of the log, for it depends
// on which worker came first; no output follows it.
//
// Note: a table for each worker, merged at the end, was the first design. At
// ten million addresses it holds each one twice, and the merge takes as long as
// the reading; a worker's own text cache (flowlog) already keeps it away from
// the shared table for all but the first sight of an address.
type Hosts struct {
	tag    func(netip.Addr) Tag
	v4     Paged[uint32]
	wide   Paged[wideAddr] // of the ids that aren't IPv4
	tags   Paged[Tag]
	shards [hostShards]atomic.Pointer[[]uint64]

	mu   sync.Mutex // of whoever adds an address
	next atomic.Uint32
	used [hostShards]int
	v6   map[[16]byte]uint32
}

// hostShards is how many open-addressing tables the IPv4 addresses lie in, by
// their hash. A table's word is address<<32 | id+1, or 0 where it is free; it is
// read without a lock. Of so many, growing one is a short pause.
const hostShards = 64

type wideAddr struct {
	addr [16]byte
	here bool
}

// NewHosts is an empty table that asks tag, which may be nil, about every new
// address, once. tag is called by several goroutines.
func NewHosts(tag func(netip.Addr) Tag) *Hosts { return &Hosts{tag: tag} }

// Len is the number of distinct addresses.
func (h *Hosts) Len() int { return int(h.next.Load()) }

// Addr is the address of an id, IPv4 where it is one.
func (h *Hosts) Addr(id uint32) netip.Addr {
	if w := h.wide.Peek(id); w != nil && w.here {
		return netip.AddrFrom16(w.addr)
	}
	return addrOf4(*h.v4.At(id))
}

func addrOf4(v uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return netip.AddrFrom4(b)
}

// Tag is what was decided about the address of an id.
func (h *Hosts) Tag(id uint32) Tag { return *h.tags.At(id) }

// Tags is a view for a loop over ids that have been given out: Get for each.
func (h *Hosts) Tags() View[Tag] { return h.tags.View() }

// Intern is the id of an address; an IPv4-mapped IPv6 address is its IPv4
// address, and a zone is dropped.
func (h *Hosts) Intern(addr netip.Addr) uint32 {
	addr = addr.Unmap()
	if addr.Is4() {
		b := addr.As4()
		return h.Intern4(binary.BigEndian.Uint32(b[:]))
	}
	return h.intern16(addr.As16())
}

// Intern4 is the id of the IPv4 address that is a big-endian number.
func (h *Hosts) Intern4(v uint32) uint32 {
	hash := mix(v)
	if id, ok := h.find4(v, hash); ok {
		return id
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.insert4(v, hash)
}

// Intern4s is Intern4 for many addresses at once: ids[i] is that of values[i].
//
// Note: the words are touched first, so that their cache misses are waited for
// together, and those who add take one lock for all. Five million new addresses
// one by one, with a lock for each shard, took 1.5 to 1.9 s of two workers
// against 1.05 s.
func (h *Hosts) Intern4s(values, ids []uint32) {
	ids = ids[:len(values)]
	for i, v := range values {
		hash := mix(v)
		if table := h.shards[hash>>58].Load(); table != nil {
			ids[i] = uint32(atomic.LoadUint64(&(*table)[hash&uint64(len(*table)-1)])) // so that the load is not left out
		}
	}
	missing := 0
	for i, v := range values {
		id, ok := h.find4(v, mix(v))
		if !ok {
			id = absent
			missing++
		}
		ids[i] = id
	}
	if missing == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, id := range ids {
		if id == absent {
			ids[i] = h.insert4(values[i], mix(values[i]))
		}
	}
}

// absent is no id: there are not so many addresses.
const absent = 1<<32 - 1

func (h *Hosts) find4(v uint32, hash uint64) (uint32, bool) {
	table := h.shards[hash>>58].Load()
	if table == nil {
		return 0, false
	}
	return probe(*table, v, hash)
}

// mix spreads an address over 64 bits (Fibonacci hashing with a fold).
func mix(v uint32) uint64 {
	x := uint64(v) * 0x9E3779B97F4A7C15
	return x ^ x>>29
}

func probe(table []uint64, v uint32, hash uint64) (uint32, bool) {
	mask := uint64(len(table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		word := atomic.LoadUint64(&table[i])
		if word == 0 {
			return 0, false
		}
		if uint32(word>>32) == v {
			return uint32(word) - 1, true
		}
	}
}

// insert4 is the id of an address that may be new; the caller has the lock.
func (h *Hosts) insert4(v uint32, hash uint64) uint32 {
	shard := hash >> 58
	var table []uint64
	if t := h.shards[shard].Load(); t != nil {
		table = *t
		if id, ok := probe(table, v, hash); ok {
			return id
		}
	}
	if (h.used[shard]+1)*4 > len(table)*3 {
		table = grown(table)
		h.shards[shard].Store(&table)
	}
	id := h.next.Load()
	*h.v4.At(id) = v
	h.add(id, addrOf4(v))
	place(table, uint64(v)<<32|uint64(id+1), hash)
	h.used[shard]++
	return id
}

func grown(old []uint64) []uint64 {
	table := make([]uint64, max(64, 2*len(old)))
	for _, word := range old {
		if word != 0 {
			place(table, word, mix(uint32(word>>32)))
		}
	}
	return table
}

func place(table []uint64, word, hash uint64) {
	mask := uint64(len(table) - 1)
	i := hash & mask
	for table[i] != 0 {
		i = (i + 1) & mask
	}
	atomic.StoreUint64(&table[i], word)
}

func (h *Hosts) intern16(key [16]byte) uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id, ok := h.v6[key]; ok {
		return id
	}
	if h.v6 == nil {
		h.v6 = make(map[[16]byte]uint32)
	}
	id := h.next.Load()
	*h.wide.At(id) = wideAddr{key, true}
	h.add(id, netip.AddrFrom16(key))
	h.v6[key] = id
	return id
}

// add makes the next id that of a new address, which already stands, once its
// tag stands too.
//
// Note: tags decided before the lock is taken save nothing that could be
// measured, and decide some twice.
func (h *Hosts) add(id uint32, addr netip.Addr) {
	tag := h.tags.At(id)
	if h.tag != nil {
		*tag = h.tag(addr)
	}
	h.next.Store(id + 1)
}
