package engine

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"beacon/internal/flow"
	"beacon/internal/shape"
	"beacon/internal/spill"
	"beacon/internal/stats"
)

// gather is the evidence about flagged destinations, their sources and series, shared by
// the workers. Its size follows these, not the rows: each source and each bucket of a
// destination is held once. Past the memory allowed the shards put what they hold into
// parts, which may lie on disk. A shard whose sources have called once or twice each by then
// holds on to it, and keeps the flows themselves from there on (see journal).
//
// Note: a gather for each worker, merged at the end, with a map of buckets for each
// destination, took 3.9 GB for 10,000 destinations of 1,000 flows from 630 sources each.
type gather struct {
	ports  bool         // flows are counted by port too
	room   int64        // bytes that the shards may hold
	held   atomic.Int64 // bytes that they hold
	shards [gatherShards]gatherShard

	outline *outlines // takes the place of the shards where not all sources are wanted, otherwise nil

	mu      sync.Mutex // of all that follows
	parts   *spill.Sorter[part]
	journal journal
}

func newGather(ports bool, room int64) *gather {
	return &gather{ports: ports, room: room, parts: spill.New(partKind, room)}
}

// close lets go of the evidence.
func (g *gather) close() {
	if g != nil {
		g.parts.Close()
		g.journal.file.Close()
	}
}

// gatherShards is how many parts the flagged destinations lie in, in turn.
const gatherShards = 64

// gatherShard is the evidence about the destinations of one part, by their index in it.
type gatherShard struct {
	mu       sync.Mutex
	table    []uint32 // open addressing: 1 + index of the contact, 0 is free
	contacts []*[contactPage]contact
	n        int // contacts
	series   []series
	ports    map[portKey]int64 // flows, where ports are wanted
	names    map[nameKey]int64 // flows, where names are wanted
	failed   map[uint32]int64  // flows that were never answered, by destination
	counts   int               // room for counts in series
	taken    int               // flows in all these
	kept     *keptFlows        // where the shard keeps flows, otherwise nil
	size     int64             // bytes of all these, as gather.held counts them
	touched  int64             // what touch loaded, so that the compiler leaves its loads in
}

// contactPage is how many contacts are made room for at a time, so that none is moved.
const contactPage = 1 << 10

// contact adds up the flows of one source to one destination.
type contact struct {
	dest, src   uint32
	position    uint64 // of the first in the log
	first, last int64
	flows       int64
	bytes       int64
}

// What the values of a shard take, in bytes.
const (
	contactSize = int64(unsafe.Sizeof(contact{}))
	countSize   = int64(unsafe.Sizeof(shape.Count{}))
	seriesSize  = int64(unsafe.Sizeof(series{}))
	partSize    = int64(unsafe.Sizeof(part{}))

	gatheredSize = int64(unsafe.Sizeof(gathered{}))
)

type portKey struct {
	dest uint32
	port uint16
}

type nameKey struct {
	dest, name uint32
}

// gathered is one flow to a flagged destination.
type gathered struct {
	time, bucket, bytes int64
	position            uint64
	dest, src, name     uint32 // dest is the index in its shard
	port                uint16
	failed              bool // it was never answered
}

// gatherer is one worker's part of the gathering: flows on their way into the shards.
type gatherer struct {
	to    *gather
	flows [gatherShards][]gathered
	err   error // the first of the temporary file

	outliner *outliner // of an outline, nil until it is needed
}

// gatherBatch is how many flows a worker holds back for each shard.
const gatherBatch = 128

// add takes row i of a batch: a flow of src to the flagged destination.
func (g *gatherer) add(dest int, src uint32, t, bucket int64, position uint64, b *flow.Batch, i int) {
	f := gathered{time: t, bucket: bucket, position: position, dest: uint32(dest / gatherShards), src: src}
	if b.Bytes != nil {
		f.bytes = b.Bytes[i]
	}
	if b.Port != nil {
		f.port = b.Port[i]
	}
	if b.Name != nil {
		f.name = b.Name[i]
	}
	f.failed = b.Failed != nil && b.Failed[i] != 0
	shard := dest % gatherShards
	list := append(g.flows[shard], f)
	if len(list) == gatherBatch {
		g.hand(shard, list)
		list = list[:0]
	} else if cap(list) < gatherBatch {
		list = slices.Grow(list, gatherBatch)
	}
	g.flows[shard] = list
}

// finish hands over the flows that were held back.
func (g *gatherer) finish() error {
	g.finishOutlined()
	for shard, list := range g.flows {
		if len(list) > 0 {
			g.hand(shard, list)
		}
		g.flows[shard] = nil
	}
	return g.err
}

// hand hands flows over to a shard. Where the shards hold more than they may, those that
// hold their share of it put it into parts.
func (g *gatherer) hand(shard int, list []gathered) {
	s := &g.to.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept != nil {
		g.err = cmp.Or(g.err, g.to.keep(shard, list))
		return
	}
	s.take(list, g.to.ports)
	before := s.size
	s.measure()
	if g.to.held.Add(s.size-before) > g.to.room && s.size > g.to.room/gatherShards {
		if s.taken < keptBelow*s.n {
			s.kept = new(keptFlows)
			return
		}
		g.err = cmp.Or(g.err, g.to.flush(shard))
	}
}

// flush puts what a shard holds into parts.
func (g *gather) flush(shard int) error {
	return g.addParts(g.take(shard, bySource))
}

// take returns what a shard holds, its contacts in an order, and lets go of it.
func (g *gather) take(shard int, order func(a, b contact) int) []part {
	s := &g.shards[shard]
	parts := s.parts(shard, order)
	g.held.Add(-s.size)
	s.table, s.contacts, s.series, s.ports, s.names, s.failed = nil, nil, nil, nil, nil, nil
	s.n, s.counts, s.taken, s.size = 0, 0, 0, 0
	return parts
}

func (g *gather) addParts(parts []part) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range parts {
		if err := g.parts.Add(&parts[i]); err != nil {
			return err
		}
	}
	return nil
}

// mapEntryBytes is about what an entry of the maps of a shard takes.
const mapEntryBytes = 48

// measure sets the bytes that the shard holds.
func (s *gatherShard) measure() {
	s.size = int64(len(s.contacts))*contactPage*contactSize + 4*int64(len(s.table)) + int64(s.counts)*countSize +
		int64(cap(s.series))*seriesSize + mapEntryBytes*int64(len(s.ports)+len(s.names)+len(s.failed))
}

// take adds flows; ports says whether their ports are wanted.
func (s *gatherShard) take(list []gathered, ports bool) {
	s.touch(list)
	s.taken += len(list)
	for i := range list {
		f := &list[i]
		c := s.find(f.dest, f.src)
		c.flows++
		c.position = min(c.position, f.position)
		c.first, c.last = min(c.first, f.time), max(c.last, f.time)
		c.bytes = stats.AddCounts(c.bytes, f.bytes)
		for int(f.dest) >= len(s.series) {
			s.series = append(s.series, nil)
		}
		s.counts += s.series[f.dest].add(f.bucket)
		if ports {
			if s.ports == nil {
				s.ports = map[portKey]int64{}
			}
			s.ports[portKey{f.dest, f.port}]++
		}
		if f.failed {
			if s.failed == nil {
				s.failed = map[uint32]int64{}
			}
			s.failed[f.dest]++
		}
		if f.name != 0 {
			if s.names == nil {
				s.names = map[nameKey]int64{}
			}
			s.names[nameKey{f.dest, f.name}]++
		}
	}
}

// touch loads the contacts of flows, so that their cache misses are waited for together.
func (s *gatherShard) touch(list []gathered) {
	if len(s.table) == 0 {
		return
	}
	sum, mask := int64(0), uint32(len(s.table)-1)
	for i := range list {
		if k := s.table[hashContact(list[i].dest, list[i].src)&mask]; k > 0 {
			sum += s.contact(k).flows
		}
	}
	s.touched = sum
}

// contact returns contact number k, counted from 1.
func (s *gatherShard) contact(k uint32) *contact {
	return &s.contacts[(k-1)/contactPage][(k-1)%contactPage]
}

func newContact(dest, src uint32) contact {
	return contact{dest: dest, src: src, position: math.MaxUint64, first: math.MaxInt64, last: math.MinInt64}
}

// find returns the contact of a source with a destination.
func (s *gatherShard) find(dest, src uint32) *contact {
	if 4*(s.n+1) > 3*len(s.table) {
		s.grow()
	}
	mask := uint32(len(s.table) - 1)
	for i := hashContact(dest, src) & mask; ; i = (i + 1) & mask {
		k := s.table[i]
		if k == 0 {
			if s.n%contactPage == 0 {
				s.contacts = append(s.contacts, new([contactPage]contact))
			}
			s.n++
			s.table[i] = uint32(s.n)
			c := s.contact(uint32(s.n))
			*c = newContact(dest, src)
			return c
		}
		if c := s.contact(k); c.src == src && c.dest == dest {
			return c
		}
	}
}

func (s *gatherShard) grow() {
	s.table = make([]uint32, max(256, 2*len(s.table)))
	mask := uint32(len(s.table) - 1)
	for k := uint32(1); k <= uint32(s.n); k++ {
		c := s.contact(k)
		i := hashContact(c.dest, c.src) & mask
		for s.table[i] != 0 {
			i = (i + 1) & mask
		}
		s.table[i] = k
	}
}

func hashContact(dest, src uint32) uint32 {
	x := (uint64(dest)<<32 | uint64(src)) * 0x9E3779B97F4A7C15
	return uint32(x >> 32)
}

// series is the calls of a destination by bucket. Logs are mostly in order, so it is
// mostly sorted as it grows.
type series []shape.Count

// add counts a call. It returns by how many counts the room for them has grown.
func (s *series) add(bucket int64) int {
	list := *s
	if n := len(list); n > 0 && list[n-1].Index == bucket {
		list[n-1].Calls++
		return 0
	}
	if len(list) == cap(list) {
		list = list.compact()
		if free := cap(list) - len(list); free <= len(list)/4 {
			list = slices.Grow(list, free+len(list)/4+4)
		}
	}
	before := cap(*s)
	*s = append(list, shape.Count{Index: bucket, Calls: 1})
	return cap(*s) - before
}

// compact sorts the buckets and counts each once.
func (s series) compact() series {
	byIndex := func(a, b shape.Count) int { return cmp.Compare(a.Index, b.Index) }
	if !slices.IsSortedFunc(s, byIndex) {
		slices.SortFunc(s, byIndex)
	}
	kept := s[:0]
	for _, c := range s {
		if n := len(kept); n > 0 && kept[n-1].Index == c.Index {
			kept[n-1].Calls += c.Calls
		} else {
			kept = append(kept, c)
		}
	}
	return kept
}
