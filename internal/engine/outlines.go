package engine

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/engine/outline"
	"beacon/internal/flow"
)

// outlines gathers flagged destinations where no more is wanted of the sources of each than
// the first and how many there are (see beacon.Query.Outline). What it holds of a
// destination is shared by the workers, as in a gather, whose parts it makes.
//
// Note: 10 million flows to 10,000 destinations from 630 sources each took 5.2 s of CPU
// when each source of each destination was gathered, and 0.6 without any destination.
type outlines struct {
	byTime bool        // the first source is that of the earliest flow, otherwise of the first in the log
	hosts  *flow.Hosts // orders sources that call at one time
	shards [gatherShards]outlineShard
}

// outlineShard holds the destinations of one part, by their index in it.
type outlineShard struct {
	mu   sync.Mutex
	list []outlined
	size int64 // bytes of all these
}

// outlinedFlow is one flow to a flagged destination.
type outlinedFlow struct {
	time, bucket int64
	position     uint64
	dest, src    uint32 // dest is the index in its shard
}

// outlineBatch is how many flows a worker holds back for each shard: a dozen for each of
// 10,000 destinations, which are added up while what is known of it is in the cache.
//
// Note: of 10,000 flagged destinations in 10 million flows, 256 took 1.13 times the CPU of
// 4,096, which hold twice the memory of these.
const outlineBatch = 2048

// outlined is what an outline holds of a destination.
type outlined struct {
	outline.Destination
	first, last int64
	position    uint64 // of the first flow of source
	source      uint32 // the first
}

const outlinedSize = int64(unsafe.Sizeof(outlined{}))

// outliner is one worker's part of an outline: flows on their way into the shards.
type outliner struct {
	flows [gatherShards][]outlinedFlow
	sum   outline.Folder
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
func (g *gather) outlined(shard int, list []outlinedFlow, sum *outline.Folder) error {
	s := &g.outline.shards[shard]
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.size
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
func (o *outlines) add(s *outlineShard, f *outlinedFlow, sum *outline.Folder) {
	for int(f.dest) >= len(s.list) {
		s.list = append(s.list, outlined{})
		s.size += outlinedSize
	}
	d := &s.list[f.dest]
	if d.Flows == 0 || o.before(f.time, f.position, f.src, d) {
		d.source, d.position = f.src, f.position
	}
	if d.Flows == 0 {
		d.first, d.last = f.time, f.time
	}
	d.first, d.last = min(d.first, f.time), max(d.last, f.time)
	s.size += d.Add(f.bucket, f.src, sum)
}

// before tells whether a flow's source comes before the first one so far. Of flows at one
// time the lower source is the first.
func (o *outlines) before(t int64, position uint64, src uint32, d *outlined) bool {
	if !o.byTime {
		return position < d.position
	}
	return t < d.first || t == d.first && src != d.source && o.hosts.Host(src).Compare(o.hosts.Host(d.source)) < 0
}

// outlineParts returns what a shard holds, and lets go of it.
func (g *gather) outlineParts(shard int, sum *outline.Folder) []part {
	s := &g.outline.shards[shard]
	list := make([]part, 0, len(s.list))
	for dest := range s.list {
		d := &s.list[dest]
		if d.Flows == 0 {
			continue
		}
		sum.Fold(&d.Destination)
		list = append(list, part{dest: uint32(dest*gatherShards + shard), series: d.Counts, sources: d.Sources,
			contacts: []contact{{src: d.source, position: d.position, first: d.first, last: d.last, flows: d.Flows}}})
		*d = outlined{}
	}
	g.held.Add(-s.size)
	s.list, s.size = nil, 0
	return list
}

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
