package flow

import (
	"encoding/binary"
	"math/bits"
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
	addrs  Paged[[16]byte]
	tags   Paged[Tag]
	next   atomic.Uint32
	shards [hostShards]hostShard
}

const hostShards = 64

// hostShard is the addresses of one part of the hash space: an open-addressing
// table of IPv4 addresses, key<<32 | id+1 in a word (0 is free), that is read
// without a lock, and a map of the rest.
type hostShard struct {
	mu    sync.Mutex
	table atomic.Pointer[[]uint64]
	used  int
	v6    map[[16]byte]uint32
	_     [64]byte // a shard's lock is not its neighbour's cache line
}

// NewHosts is an empty table that asks tag, which may be nil, about every new
// address, once. tag is called by several goroutines.
func NewHosts(tag func(netip.Addr) Tag) *Hosts { return &Hosts{tag: tag} }

// Len is the number of distinct addresses.
func (h *Hosts) Len() int { return int(h.next.Load()) }

// Addr is the address of an id, IPv4 where it is one.
func (h *Hosts) Addr(id uint32) netip.Addr {
	return netip.AddrFrom16(*h.addrs.At(id)).Unmap()
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
	shard := &h.shards[hash>>58]
	if table := shard.table.Load(); table != nil {
		if id, ok := probe(*table, v, hash); ok {
			return id
		}
	}
	return shard.insert4(h, v, hash)
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

func (s *hostShard) insert4(h *Hosts, v uint32, hash uint64) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var table []uint64
	if t := s.table.Load(); t != nil {
		table = *t
		if id, ok := probe(table, v, hash); ok {
			return id
		}
	}
	if (s.used+1)*4 > len(table)*3 {
		table = grown(table)
		s.table.Store(&table)
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	id := h.add(netip.AddrFrom4(b))
	place(table, uint64(v)<<32|uint64(id+1), hash)
	s.used++
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
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(key[:8])^0x9E3779B97F4A7C15, binary.LittleEndian.Uint64(key[8:])^0xD6E8FEB86659FD93)
	s := &h.shards[(hi^lo)>>58]
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.v6[key]; ok {
		return id
	}
	if s.v6 == nil {
		s.v6 = make(map[[16]byte]uint32)
	}
	id := h.add(netip.AddrFrom16(key))
	s.v6[key] = id
	return id
}

// add gives a new address its id. The id is published only after its address
// and tag stand.
func (h *Hosts) add(addr netip.Addr) uint32 {
	id := h.next.Add(1) - 1
	*h.addrs.At(id) = addr.As16()
	tag := h.tags.At(id)
	if h.tag != nil {
		*tag = h.tag(addr)
	}
	return id
}
