package flow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"sync/atomic"

	"beacon/internal/netset"
)

// host6 is an IPv6 address and its id, side by side, so that looking one up waits for
// two places of memory: the table's and this.
type host6 struct {
	addr [16]byte
	id   uint32
}

func (h *Hosts) intern16(key [16]byte) uint32 {
	hash := h.hash16(&key)
	if id, ok := h.find16(&key, hash); ok {
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
// Note: as in Intern4s, what is looked up is touched first: the words of the tables, then
// the addresses that these lead to.
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
		hashes[i], ids[i] = hash, 0
		if table := h.longs[hash>>58].Load(); table != nil {
			ids[i] = uint32(atomic.LoadUint64(&(*table)[mix(uint32(hash))&uint64(len(*table)-1)]))
		}
	}
	for i := range keys {
		if value := ids[i]; value != 0 {
			ids[i] = h.v6.At(value - 1).id // so that the load is not left out
		}
	}
	missing := 0
	for i := range keys {
		id, ok := h.find16(&keys[i], hashes[i])
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

// find16 returns the id of an address that is known.
func (h *Hosts) find16(key *[16]byte, hash uint64) (uint32, bool) {
	value, ok := find(&h.longs[hash>>58], uint32(hash), func(value uint32) bool { return h.v6.At(value).addr == *key })
	if !ok {
		return 0, false
	}
	return h.v6.At(value).id, true
}

// insert16 returns the id of an address that may be new; the caller has the lock.
func (h *Hosts) insert16(key *[16]byte, hash uint64) uint32 {
	if id, ok := h.find16(key, hash); ok {
		return id
	}
	id, value := h.next.Load(), h.v6Count
	h.v6Count++
	*h.v6.At(value) = host6{*key, id}
	*h.kinds.At(id), *h.v4.At(id) = ipv6, value
	h.add(id, netset.Host{Addr: netip.AddrFrom16(*key)})
	enter(&h.longs[hash>>58], &h.usedLongs[hash>>58], uint32(hash), value)
	return id
}

// hash16 multiplies the halves of an IPv6 address, with a secret in each, and folds the
// product, as wyhash does.
func (h *Hosts) hash16(key *[16]byte) uint64 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(key[:])^h.secret[0], binary.LittleEndian.Uint64(key[8:])^h.secret[1])
	hi, lo = bits.Mul64(hi^lo, h.secret[2])
	return hi ^ lo
}
