package flow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sync/atomic"

	"beacon/internal/netset"
)

// slot6 is an IPv6 address and 1 + its id, or 0 where the slot is free, side by side, so that
// looking one up waits for one place of memory. The address stands before the other does, and
// doesn't change.
//
// Note: a log with a million addresses took 1.13 times the CPU, and 30 MB less, where a
// table's word led to an index, and that to the address and its id.
type slot6 struct {
	addr  [16]byte
	value uint32
}

// shard6 is one of the open-addressing tables that the IPv6 addresses lie in. It is read
// without a lock.
type shard6 struct {
	table atomic.Pointer[[]slot6]
	used  int
}

func (h *Hosts) intern16(key [16]byte) uint32 {
	hash := h.hash16(&key)
	if id, ok := h.longs[hash>>58].find(&key, hash); ok {
		return id
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.insert16(&key, hash)
}

// batch16 is how many addresses Intern16s looks up together.
const batch16 = 64

// Intern16s is Intern for many IPv6 addresses at once: ids[i] is that of keys[i]. None of
// them is an IPv4-mapped one.
//
// Note: as in Intern4s, what is looked up is touched first.
func (h *Hosts) Intern16s(keys [][16]byte, ids []uint32) {
	for len(keys) > batch16 {
		h.intern16s(keys[:batch16], ids)
		keys, ids = keys[batch16:], ids[batch16:]
	}
	h.intern16s(keys, ids)
}

func (h *Hosts) intern16s(keys [][16]byte, ids []uint32) {
	var hashes [batch16]uint64
	for i := range keys {
		hash := h.hash16(&keys[i])
		hashes[i] = hash
		if table := h.longs[hash>>58].table.Load(); table != nil {
			ids[i] = atomic.LoadUint32(&(*table)[hash&uint64(len(*table)-1)].value) // so that the load is not left out
		}
	}
	missing := 0
	for i := range keys {
		id, ok := h.longs[hashes[i]>>58].find(&keys[i], hashes[i])
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
	for i := range keys {
		if ids[i] == absent {
			ids[i] = h.insert16(&keys[i], hashes[i])
		}
	}
}

// insert16 returns the id of an address that may be new; the caller has the lock.
func (h *Hosts) insert16(key *[16]byte, hash uint64) uint32 {
	shard := &h.longs[hash>>58]
	if id, ok := shard.find(key, hash); ok {
		return id
	}
	id := h.next.Load()
	*h.kinds.At(id), *h.v4.At(id), *h.v6.At(h.v6Count) = ipv6, h.v6Count, *key
	h.v6Count++
	h.add(id, netset.Host{Addr: netip.AddrFrom16(*key)})
	shard.enter(h, key, hash, id)
	return id
}

// find returns the id of an address that is in the table.
func (s *shard6) find(key *[16]byte, hash uint64) (id uint32, ok bool) {
	t := s.table.Load()
	if t == nil {
		return 0, false
	}
	table := *t
	mask := uint64(len(table) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := &table[i]
		value := atomic.LoadUint32(&slot.value)
		if value == 0 || slot.addr == *key {
			return value - 1, value != 0
		}
	}
}

// enter puts a new address into the table, and makes the table larger where it gets full.
func (s *shard6) enter(h *Hosts, key *[16]byte, hash uint64, id uint32) {
	var table []slot6
	if t := s.table.Load(); t != nil {
		table = *t
	}
	if (s.used+1)*4 > len(table)*3 {
		larger := make([]slot6, max(64, 2*len(table)))
		for i := range table {
			if slot := &table[i]; slot.value != 0 {
				place6(larger, &slot.addr, h.hash16(&slot.addr), slot.value)
			}
		}
		s.table.Store(&larger)
		table = larger
	}
	place6(table, key, hash, id+1)
	s.used++
}

func place6(table []slot6, key *[16]byte, hash uint64, value uint32) {
	mask := uint64(len(table) - 1)
	i := hash & mask
	for table[i].value != 0 {
		i = (i + 1) & mask
	}
	table[i].addr = *key
	atomic.StoreUint32(&table[i].value, value)
}

// hash16 multiplies the halves of an IPv6 address, with a secret in each, and folds the
// product, as wyhash does.
func (h *Hosts) hash16(key *[16]byte) uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(key[:])^h.secret[0], binary.LittleEndian.Uint64(key[8:])^h.secret[1])
	hi, lo = bits.Mul64(hi^lo, h.secret[2])
	return hi ^ lo
}
