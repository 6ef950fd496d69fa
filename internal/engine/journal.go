package engine

import (
	"cmp"
	"fmt"
	"slices"
	"unsafe"

	"beacon/internal/engine/outline"
	"beacon/internal/scratch"
	"beacon/internal/sorting"
)

// If thousands of destinations are called by hundreds of sources each, once or twice, there are
// nearly as many contacts as flows, and finding a flow's contact waits for memory. The flows of a
// shard are then kept as they come, and added up one destination after another, with only that
// destination's contacts in the cache.
//
// Note: 10 million flows to 10,000 destinations from 630 sources each took 2.1 times the CPU
// when contacts were only kept in tables and parts, and 1.4 times when the tables were written
// to parts before flows were kept, and the flows were added up in no order.

// keptBelow is how many flows for each contact are too few to look for it at every flow.
const keptBelow = 4

// keptBlock is how many flows a shard holds before it writes them.
const keptBlock = 1 << 9

// journal is a temporary file of flows, in blocks.
type journal struct {
	file *scratch.File
	size int64
	free []int64 // blocks that are free again
}

// keptFlows is the flows that a shard keeps.
type keptFlows struct {
	last   []gathered
	blocks []int64 // in the journal
}

// keep keeps flows. Where there are many, they are added up.
func (g *gather) keep(shard int, list []gathered) error {
	k := g.shards[shard].kept
	if k.last == nil {
		k.last = make([]gathered, 0, keptBlock+gatherBatch)
	}
	if k.last = append(k.last, list...); len(k.last) < keptBlock {
		return nil
	}
	g.mu.Lock()
	at, err := g.journal.put(k.last[:keptBlock])
	g.mu.Unlock()
	if err != nil {
		return err
	}
	k.blocks = append(k.blocks, at)
	k.last = k.last[:copy(k.last, k.last[keptBlock:])]
	if int64(len(k.blocks))*keptBlock*gatheredSize < g.room/keptShare {
		return nil
	}
	parts, err := g.sum(shard)
	if err != nil {
		return err
	}
	for i := range parts {
		slices.SortFunc(parts[i].contacts, bySource)
	}
	return g.addParts(parts)
}

// keptShare is the part of the room that the flows of one shard may take when they are
// added up: 1 in so many.
const keptShare = 4

// put writes a block and returns where it lies.
func (j *journal) put(block []gathered) (at int64, err error) {
	if j.file == nil {
		if j.file, err = scratch.Create("beacon-flows"); err != nil {
			return 0, fmt.Errorf("keeping flows past the memory allowed: %w", err)
		}
	}
	if n := len(j.free); n > 0 {
		at, j.free = j.free[n-1], j.free[:n-1]
	} else {
		at = j.size
		j.size += keptBlock * gatheredSize
	}
	if _, err = j.file.WriteAt(bytesOf(block), at); err != nil {
		err = fmt.Errorf("keeping flows past the memory allowed: %w", err)
	}
	return at, err
}

// sum adds up the contacts and the kept flows of a shard by destination, and empties the shard.
// The contacts are nearly in the order of the log.
func (g *gather) sum(shard int) ([]part, error) {
	k := g.shards[shard].kept
	flows := make([]gathered, len(k.blocks)*keptBlock+len(k.last))
	for i, at := range k.blocks {
		if _, err := g.journal.file.ReadAt(bytesOf(flows[i*keptBlock:][:keptBlock]), at); err != nil {
			return nil, fmt.Errorf("reading flows back: %w", err)
		}
	}
	copy(flows[len(k.blocks)*keptBlock:], k.last)
	g.mu.Lock()
	g.journal.free = append(g.journal.free, k.blocks...)
	g.mu.Unlock()
	*k = keptFlows{}
	held := g.take(shard, byPlace)
	most := uint32(0)
	for i := range flows {
		most = max(most, flows[i].dest)
	}
	for i := range held {
		most = max(most, held[i].dest/gatherShards)
	}
	from := make([]int, most+2) // by destination, where its flows begin in order
	for i := range flows {
		from[flows[i].dest+1]++
	}
	for dest := range most + 1 {
		from[dest+1] += from[dest]
	}
	order := make([]uint32, len(flows))
	at := slices.Clone(from)
	for _, r := range ascending(flows) {
		for i := r.from; i < r.to; i++ {
			dest := flows[i].dest
			order[at[dest]] = uint32(i)
			at[dest]++
		}
	}
	var list []part
	var a adder
	for dest := range most + 1 {
		var before part
		if len(held) > 0 && held[0].dest/gatherShards == dest {
			before, held = held[0], held[1:]
		}
		if of := order[from[dest]:from[dest+1]]; len(of) > 0 {
			before = a.add(before, flows, of, g.ports)
		}
		if before.dest = dest*gatherShards + uint32(shard); len(before.contacts) > 0 {
			list = append(list, before)
		}
	}
	return list, nil
}

// stretch is a range of flows whose positions ascend within one part of the log.
type stretch struct {
	from, to int
	position uint64 // of the first
}

// ascending cuts flows into stretches and returns these in the order of the log. As one worker
// reads a whole part of the log, all flows are then in the order of the log, and contacts and
// buckets needn't be sorted.
func ascending(flows []gathered) (list []stretch) {
	for i := range flows {
		if i == 0 || flows[i].position < flows[i-1].position || flows[i].position>>32 != flows[i-1].position>>32 {
			list = append(list, stretch{from: i, position: flows[i].position})
		}
		list[len(list)-1].to = i + 1
	}
	sorting.Func(list, func(a, b stretch) int { return cmp.Compare(a.position, b.position) })
	return list
}

// adder adds up the flows of one destination after the other.
type adder struct {
	table    []uint32 // open addressing: 1 + index of the contact of a source, 0 is free
	contacts []contact
	ports    map[uint16]int64
	names    map[uint32]int64
}

// add adds the flows of the given indices, all to one destination, to its part.
func (a *adder) add(p part, flows []gathered, of []uint32, ports bool) part {
	size := 256
	for size < 2*(len(p.contacts)+len(of)) {
		size *= 2
	}
	if cap(a.table) < size {
		a.table = make([]uint32, size)
	}
	a.table = a.table[:size]
	clear(a.table)
	a.contacts = a.contacts[:0]
	for i := range p.contacts {
		*a.contact(p.contacts[i].src) = p.contacts[i]
	}
	var calls series
	port, samePort := uint16(0), int64(0)
	for _, i := range of {
		f := &flows[i]
		addContact(a.contact(f.src), &contact{position: f.position, first: f.time, last: f.time, flows: 1, bytes: f.bytes})
		calls.add(f.bucket)
		if ports && f.port != port {
			a.addPort(port, samePort)
			port, samePort = f.port, 0
		}
		samePort++
		if f.failed {
			p.failed++
		}
		if f.name != 0 {
			if a.names == nil {
				a.names = map[uint32]int64{}
			}
			a.names[f.name]++
		}
	}
	if ports {
		a.addPort(port, samePort)
	}
	p.contacts, p.series = slices.Clone(a.contacts), union(p.series, slices.Clone(calls.compact()), byBucket, addCalls)
	p.ports, p.names = union(p.ports, counts(a.ports), byKey, addCount), union(p.names, counts(a.names), byKey, addCount)
	clear(a.ports)
	clear(a.names)
	return p
}

func (a *adder) addPort(port uint16, flows int64) {
	if a.ports == nil {
		a.ports = map[uint16]int64{}
	}
	if flows > 0 {
		a.ports[port] += flows
	}
}

// contact returns the contact of a source.
func (a *adder) contact(src uint32) *contact {
	mask := uint32(len(a.table) - 1)
	for i := hashContact(0, src) & mask; ; i = (i + 1) & mask {
		k := a.table[i]
		if k == 0 {
			a.contacts = append(a.contacts, newContact(0, src))
			a.table[i] = uint32(len(a.contacts))
			return &a.contacts[len(a.contacts)-1]
		}
		if c := &a.contacts[k-1]; c.src == src {
			return c
		}
	}
}

// counts returns flows by key, in the order of the keys.
func counts[K uint16 | uint32](of map[K]int64) (list []count[K]) {
	for key, n := range of {
		list = append(list, count[K]{key, n})
	}
	slices.SortFunc(list, byKey)
	return list
}

// last returns the contacts of a shard by destination, and empties the shard. The contacts are
// nearly in the order of the log.
func (g *gather) last(shard int) (list shardParts) {
	switch {
	case g.outline != nil:
		sum := folders.Get().(*outline.Folder)
		list.parts = g.outlineParts(shard, sum)
		folders.Put(sum)
	case g.shards[shard].kept != nil:
		list.parts, list.err = g.sum(shard)
	default:
		list.parts = g.take(shard, byPlace)
	}
	return list
}

func bytesOf(block []gathered) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(block))), int64(len(block))*gatheredSize)
}
