package engine

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/shape"
)

// outline gathers flagged destinations where no more is wanted of the sources of each than
// the first and how many there are (see beacon.Query.Outline). What it holds of a
// destination is shared by the workers, as in a gather, whose parts it makes.
//
// Note: 10 million flows to 10,000 destinations from 630 sources each took 5.2 s of CPU
// when each source of each destination was gathered, and 0.6 without any destination.
type outline struct {
	byTime bool        // the first source is that of the earliest flow, otherwise of the first in the log
	hosts  *flow.Hosts // orders sources that call at one time
	shards [gatherShards]outlineShard
}

// outlineShard holds the destinations of one part, by their index in it.
type outlineShard struct {
	mu   sync.Mutex
	list []outlined
	size int64 // bytes of all these

	touched int64 // what touch loaded, so that the compiler leaves its loads in
}

// outlined adds up the flows to one destination.
type outlined struct {
	flows       int64
	first, last int64
	position    uint64        // of the first flow of source
	bucket      int64         // of the last flow in calls
	calls       []byte        // of each flow that isn't added up yet, its bucket as the difference from the one before, and its source
	counts      []shape.Count // of those that are
	sources     []uint32      // likewise, in no order
	source      uint32        // the first
}

// outlinedFlow is one flow to a flagged destination.
type outlinedFlow struct {
	time, bucket int64
	position     uint64
	dest, src    uint32 // dest is the index in its shard
}

// outlineBatch is how many flows a worker holds back for each shard: several for each
// destination, which are added up while what is known of it is in the cache.
const outlineBatch = 256

// outlineLeast is how many bytes of flows are added up at the least, so that this is done
// seldom.
const outlineLeast = 4 << 10

const outlinedSize = int64(unsafe.Sizeof(outlined{}))

// outliner is one worker's part of an outline: flows on their way into the shards.
type outliner struct {
	flows [gatherShards][]outlinedFlow
	sum   outlineSum
}

// addOutlined takes a flow of src to the flagged destination.
func (g *gatherer) addOutlined(dest int, src uint32, t, bucket int64, position uint64) {
	if g.outliner == nil {
		g.outliner = new(outliner)
	}
	shard := dest % gatherShards
	list := g.outliner.flows[shard]
	if list == nil {
		list = make([]outlinedFlow, 0, outlineBatch)
	}
	list = append(list, outlinedFlow{time: t, bucket: bucket, position: position, dest: uint32(dest / gatherShards), src: src})
	if len(list) == outlineBatch {
		g.err = cmp.Or(g.err, g.to.outlined(shard, list, &g.outliner.sum))
		list = list[:0]
	}
	g.outliner.flows[shard] = list
}

// finishOutlined hands over the flows that were held back.
func (g *gatherer) finishOutlined() {
	if g.outliner == nil {
		return
	}
	for shard, list := range g.outliner.flows {
		g.err = cmp.Or(g.err, g.to.outlined(shard, list, &g.outliner.sum))
	}
	g.outliner = nil
}

// outlined hands flows over to a shard of the outline. Where the shards hold more than they
// may, those that hold their share of it put it into parts.
func (g *gather) outlined(shard int, list []outlinedFlow, sum *outlineSum) error {
	s := &g.outline.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.size
	s.touch(list)
	for i := range list {
		g.outline.add(s, &list[i], sum)
	}
	if g.held.Add(s.size-before) > g.room && s.size > g.room/gatherShards {
		parts := g.outlineParts(shard, sum)
		for i := range parts {
			slices.Sort(parts[i].sources)
		}
		return g.addParts(parts)
	}
	return nil
}

// add adds a flow to a shard.
func (o *outline) add(s *outlineShard, f *outlinedFlow, sum *outlineSum) {
	for int(f.dest) >= len(s.list) {
		s.list = append(s.list, outlined{})
		s.size += outlinedSize
	}
	d := &s.list[f.dest]
	if d.flows == 0 || o.before(f.time, f.position, f.src, d) {
		d.source, d.position = f.src, f.position
	}
	if d.flows == 0 {
		d.first, d.last = f.time, f.time
	}
	d.flows++
	d.first, d.last = min(d.first, f.time), max(d.last, f.time)
	if free := cap(d.calls) - len(d.calls); free < binary.MaxVarintLen64+binary.MaxVarintLen32 {
		before := d.size()
		if len(d.calls) > outlineLeast && len(d.calls) > int(before)/2 {
			sum.fold(d)
		}
		d.calls = slices.Grow(d.calls, 2*cap(d.calls)+outlinedFirst)
		s.size += d.size() - before
	}
	d.calls = binary.AppendVarint(d.calls, f.bucket-d.bucket)
	d.calls = binary.AppendUvarint(d.calls, uint64(f.src))
	d.bucket = f.bucket
}

// touch loads what is known of destinations, so that their cache misses are waited for together.
func (s *outlineShard) touch(list []outlinedFlow) {
	sum := int64(0)
	for i := range list {
		if dest := int(list[i].dest); dest < len(s.list) {
			if d := &s.list[dest]; len(d.calls) > 0 {
				sum += d.flows + int64(d.calls[len(d.calls)-1])
			}
		}
	}
	s.touched = sum
}

// outlinedFirst is the room in bytes that the calls of a destination get at first.
const outlinedFirst = 64

// size returns the bytes that a destination holds beside itself.
func (d *outlined) size() int64 {
	return int64(cap(d.calls)) + int64(cap(d.counts))*countSize + 4*int64(cap(d.sources))
}

// before tells whether a flow's source comes before the first one so far. Of flows at one
// time the lower source is the first.
func (o *outline) before(t int64, position uint64, src uint32, d *outlined) bool {
	if !o.byTime {
		return position < d.position
	}
	return t < d.first || t == d.first && src != d.source && o.hosts.Host(src).Compare(o.hosts.Host(d.source)) < 0
}

// outlineParts returns what a shard holds, and lets go of it.
func (g *gather) outlineParts(shard int, sum *outlineSum) []part {
	s := &g.outline.shards[shard]
	list := make([]part, 0, len(s.list))
	for dest := range s.list {
		d := &s.list[dest]
		if d.flows == 0 {
			continue
		}
		sum.fold(d)
		list = append(list, part{dest: uint32(dest*gatherShards + shard), series: d.counts, sources: d.sources,
			contacts: []contact{{src: d.source, position: d.position, first: d.first, last: d.last, flows: d.flows}}})
		*d = outlined{}
	}
	g.held.Add(-s.size)
	s.list, s.size = nil, 0
	return list
}

// outlineSum adds up the flows of one destination after the other.
type outlineSum struct {
	table   []uint32 // open addressing: 1 + index in sources, 0 is free
	sources []uint32
	buckets []int64
	calls   []int64 // by bucket
}

// fold adds up the flows of a destination.
func (a *outlineSum) fold(d *outlined) {
	size := 256
	for size < 2*(len(d.sources)+len(d.calls)/2) { // a flow takes two bytes or more
		size *= 2
	}
	if size > cap(a.table) {
		a.table = make([]uint32, size)
	}
	a.table = a.table[:size]
	clear(a.table)
	a.sources, a.buckets = a.sources[:0], a.buckets[:0]
	for _, src := range d.sources {
		a.add(src)
	}
	for bucket, at := int64(0), d.calls; len(at) > 0; {
		var difference, src uint64
		difference, at = uvarint(at)
		src, at = uvarint(at)
		bucket += int64(difference>>1) ^ -int64(difference&1)
		a.buckets = append(a.buckets, bucket)
		a.add(uint32(src))
	}
	if len(a.sources) > len(d.sources) {
		d.sources = slices.Clone(a.sources)
	}
	d.counts = union(d.counts, a.counts(), byBucket, addCalls)
	d.calls, d.bucket = d.calls[:0], 0
}

// uvarint returns the number that a text begins with, and the rest.
func uvarint(at []byte) (v uint64, rest []byte) {
	if at[0] < 0x80 {
		return uint64(at[0]), at[1:]
	}
	if len(at) > 1 && at[1] < 0x80 {
		return uint64(at[0]&0x7f) | uint64(at[1])<<7, at[2:]
	}
	v, n := binary.Uvarint(at)
	return v, at[n:]
}

// add adds a source.
func (a *outlineSum) add(src uint32) {
	mask := uint32(len(a.table) - 1)
	i := hashContact(0, src) & mask
	for ; a.table[i] != 0; i = (i + 1) & mask {
		if a.sources[a.table[i]-1] == src {
			return
		}
	}
	a.sources = append(a.sources, src)
	a.table[i] = uint32(len(a.sources))
}

// counts returns the buckets, each once with its calls, in order.
func (a *outlineSum) counts() []shape.Count {
	if len(a.buckets) == 0 {
		return nil
	}
	from, to := slices.Min(a.buckets), slices.Max(a.buckets)
	if to-from < 0 || to-from > int64(outlineSparse*len(a.buckets)) {
		list := make(series, len(a.buckets))
		for i, bucket := range a.buckets {
			list[i] = shape.Count{Index: bucket, Calls: 1}
		}
		return slices.Clone(list.compact())
	}
	a.calls = slices.Grow(a.calls[:0], int(to-from)+1)[:to-from+1]
	clear(a.calls)
	distinct := 0
	for _, bucket := range a.buckets {
		if a.calls[bucket-from]++; a.calls[bucket-from] == 1 {
			distinct++
		}
	}
	list := make([]shape.Count, 0, distinct)
	for i, n := range a.calls {
		if n > 0 {
			list = append(list, shape.Count{Index: from + int64(i), Calls: n})
		}
	}
	return list
}

// outlineSparse is how many times the flows the buckets from the first to the last are at
// the most that are looked through rather than sorted: each costs less than a comparison.
const outlineSparse = 8

// outlined returns the evidence about a destination.
func (r *reading) outlined(p *part) *beacon.DestinationEvidence {
	d := r.evidence(&part{dest: p.dest, series: p.series})
	d.Callers = len(p.sources)
	all, first := newContact(0, 0), &p.contacts[0]
	for i := range p.contacts {
		c := &p.contacts[i]
		addContact(&all, c)
		if r.gather.outline.before(c.first, c.position, c.src, &outlined{first: first.first, position: first.position, source: first.src}) {
			first = c
		}
	}
	d.Sources = []beacon.Source{{Addr: r.fold.hosts.Host(first.src), First: all.first, Last: all.last, Flows: all.flows, Position: first.position}}
	return d
}
