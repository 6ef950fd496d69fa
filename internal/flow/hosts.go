package flow

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"

	"beacon/internal/netset"
)

// Tag is what is decided once about a host: a set of bits whose meaning is the
// caller's.
type Tag uint16

// Hosts is the host table: every address and name of a log, once, under a dense id.
// Workers share it. An id says nothing of the order of the log, for it depends on which
// worker came first; no output follows it.
//
// Note: a table for each worker, merged at the end, was the first design. At
// ten million addresses it holds each one twice, and the merge takes as long as
// the reading; a worker's own text cache (flowlog) already keeps it away from
// the shared table for all but the first sight of an address.
type Hosts struct {
	tag    func(netset.Host) Tag
	v4     Paged[uint32] // of an IPv4 address the number, otherwise an index into v6 or names
	kinds  Paged[hostKind]
	v6     Paged[[16]byte]
	names  Paged[string]
	tags   Paged[Tag]
	shards [hostShards]atomic.Pointer[[]uint64] // of IPv4
	longs  [hostShards]shard6                   // of IPv6
	named  [hostShards]atomic.Pointer[[]uint64] // of names
	seed   maphash.Seed                         // of names
	secret [3]uint64                            // of IPv6 addresses

	mu                 sync.Mutex // of whoever adds a host
	next               atomic.Uint32
	used, usedNamed    [hostShards]int
	v6Count, nameCount uint32
}

// hostKind says what a host is.
type hostKind uint8

const (
	ipv4 hostKind = iota
	ipv6
	name
)

// hostShards is how many open-addressing tables the IPv4 addresses lie in, by their
// hash, and as many the IPv6 addresses (see slot6) and the names each. A table's word is
// key<<32 | id+1, or 0 where it is free; it is read without a lock. The key is an IPv4
// address itself, of a name a part of its hash, which is mixed again to find its place, so
// that a table grows without a look at the hosts in it. Of so many, growing one is a short
// pause.
const hostShards = 64

// NewHosts is an empty table that asks tag, which may be nil, about every new
// host, once. tag is called by several goroutines.
func NewHosts(tag func(netset.Host) Tag) *Hosts {
	h := &Hosts{tag: tag, seed: maphash.MakeSeed()}
	for i := range h.secret {
		h.secret[i] = maphash.Comparable(h.seed, i) | 1
	}
	return h
}

// Len is the number of distinct hosts.
func (h *Hosts) Len() int { return int(h.next.Load()) }

// Host is the host of an id.
func (h *Hosts) Host(id uint32) netset.Host {
	if kind := h.kinds.Peek(id); kind != nil && *kind == name {
		return netset.Host{Name: *h.names.At(*h.v4.At(id))}
	}
	return netset.Host{Addr: h.Addr(id)}
}

// IsName tells whether the host of an id is a name.
func (h *Hosts) IsName(id uint32) bool {
	kind := h.kinds.Peek(id)
	return kind != nil && *kind == name
}

// Addr is the address of an id, IPv4 where it is one; the zero address of a name.
func (h *Hosts) Addr(id uint32) netip.Addr {
	v := *h.v4.At(id)
	if kind := h.kinds.Peek(id); kind != nil {
		switch *kind {
		case ipv6:
			return netip.AddrFrom16(*h.v6.At(v))
		case name:
			return netip.Addr{}
		}
	}
	return addrOf4(v)
}

func addrOf4(v uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	return netip.AddrFrom4(b)
}

// Tag is what was decided about the host of an id.
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
	if id, ok := h.find4(v, hash); ok {
		return id
	}
	id := h.next.Load()
	*h.v4.At(id) = v
	h.add(id, netset.Host{Addr: addrOf4(v)})
	enter(&h.shards[shard], &h.used[shard], v, id)
	return id
}

// enter puts an id with its key into a table that holds used others, and makes the
// table larger where it gets full.
func enter(shard *atomic.Pointer[[]uint64], used *int, key, id uint32) {
	var table []uint64
	if t := shard.Load(); t != nil {
		table = *t
	}
	if (*used+1)*4 > len(table)*3 {
		larger := grown(table) // a variable of its own, since its address escapes: table's would at every call
		shard.Store(&larger)
		table = larger
	}
	place(table, uint64(key)<<32|uint64(id+1))
	*used++
}

func grown(old []uint64) []uint64 {
	table := make([]uint64, max(64, 2*len(old)))
	for _, word := range old {
		if word != 0 {
			place(table, word)
		}
	}
	return table
}

func place(table []uint64, word uint64) {
	mask := uint64(len(table) - 1)
	i := mix(uint32(word>>32)) & mask
	for table[i] != 0 {
		i = (i + 1) & mask
	}
	atomic.StoreUint64(&table[i], word)
}

// InternHost is the id of a host that is an address or a name.
func (h *Hosts) InternHost(host netset.Host) uint32 {
	if !host.IsName() {
		return h.Intern(host.Addr)
	}
	return h.internName(host.Name)
}

// InternName is the id of the host that a name in a log stands for, see
// netset.CleanName; false where it is none. The bytes are not kept.
func (h *Hosts) InternName(text []byte) (uint32, bool) {
	host, ok := netset.CleanName(text)
	if !ok {
		return 0, false
	}
	return h.InternHost(host), true
}

func (h *Hosts) internName(text string) uint32 {
	hash := maphash.String(h.seed, text)
	shard := &h.named[hash>>58]
	same := func(id uint32) bool { return *h.names.At(*h.v4.At(id)) == text }
	if id, ok := find(shard, uint32(hash), same); ok {
		return id
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if id, ok := find(shard, uint32(hash), same); ok {
		return id
	}
	id := h.next.Load()
	*h.kinds.At(id), *h.v4.At(id), *h.names.At(h.nameCount) = name, h.nameCount, text
	h.nameCount++
	h.add(id, netset.Host{Name: text})
	enter(shard, &h.usedNamed[hash>>58], uint32(hash), id)
	return id
}

// find looks a name up by its key; same compares it with the host of an id, for others
// may have its key.
func find(shard *atomic.Pointer[[]uint64], key uint32, same func(id uint32) bool) (uint32, bool) {
	t := shard.Load()
	if t == nil {
		return 0, false
	}
	table := *t
	mask := uint64(len(table) - 1)
	for i := mix(key) & mask; ; i = (i + 1) & mask {
		word := atomic.LoadUint64(&table[i])
		if word == 0 {
			return 0, false
		}
		if uint32(word>>32) == key && same(uint32(word)-1) {
			return uint32(word) - 1, true
		}
	}
}

// add makes the next id that of a new host, which already stands, once its tag stands
// too.
//
// Note: tags decided before the lock is taken save nothing that could be
// measured, and decide some twice.
func (h *Hosts) add(id uint32, host netset.Host) {
	tag := h.tags.At(id)
	if h.tag != nil {
		*tag = h.tag(host)
	}
	h.next.Store(id + 1)
}

// Alias is the value of a batch's Name column for a host: 1 + its id.
func Alias(id uint32) uint32 { return id + 1 }

// HasNames tells whether any host is a name.
func (h *Hosts) HasNames() bool { return h.names.View() != nil }

// AppendTo appends the address or name of an id to a text.
func (h *Hosts) AppendTo(text []byte, id uint32) []byte {
	if h.IsName(id) {
		return append(text, h.Host(id).Name...)
	}
	return h.Addr(id).AppendTo(text)
}

// NameOf is the name of a flow's destination: the destination itself, or its alias; ""
// where neither is a name.
func (h *Hosts) NameOf(dst, alias uint32) string {
	if h.IsName(dst) {
		return h.Host(dst).Name
	}
	return h.Aliased(alias)
}

// HostnameOf is what stands beside a flow's destination in a log: the name that it was called by,
// of a name the address that it was met at, or else the name itself; "" where there is none.
func (h *Hosts) HostnameOf(dst, alias uint32) string {
	if alias != 0 && h.IsName(dst) {
		return h.Host(alias - 1).String()
	}
	return h.NameOf(dst, alias)
}

// Aliased is the name of a value of a batch's Name column; "" for 0 and for an address.
func (h *Hosts) Aliased(value uint32) string {
	if value == 0 {
		return ""
	}
	return h.Host(value - 1).Name
}
