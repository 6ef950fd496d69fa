package engine

import (
	"beacon/internal/beacon"
	"beacon/internal/flow"
	"beacon/internal/shape"
	"beacon/internal/stats"
)

// gather is one worker's evidence about flagged destinations: their sources and
// series. Its size follows these, not the rows.
type gather struct {
	table    []uint32 // open addressing: 1 + index in contacts, 0 is free
	contacts []contact
	series   []series          // by flagged index
	ports    map[portKey]int64 // flows, where ports are wanted
	names    map[nameKey]int64 // flows, where names are wanted
}

// contact adds up the flows of one source to one destination.
type contact struct {
	dest        int // flagged index
	src         uint32
	position    uint64 // of the first in the log
	first, last int64
	flows       int64
	bytes       int64
}

type portKey struct {
	dest int
	port uint16
}

type nameKey struct {
	dest int
	name uint32
}

// series counts the calls of a destination by bucket, by its start. The bucket
// at hand is counted aside: logs are mostly in order.
type series struct {
	at     int64
	n      int64
	counts map[int64]int64
}

func (s *series) add(bucket int64) {
	if bucket != s.at {
		s.flush()
		s.at = bucket
	}
	s.n++
}

func (s *series) flush() {
	if s.n == 0 {
		return
	}
	if s.counts == nil {
		s.counts = map[int64]int64{}
	}
	s.counts[s.at] += s.n
	s.n = 0
}

// add takes row i of a batch: a call of src to the flagged destination.
func (g *gather) add(dest int, src uint32, t, bucket int64, position uint64, b *flow.Batch, i int) {
	c := g.find(dest, src)
	c.flows++
	c.position = min(c.position, position)
	c.first, c.last = min(c.first, t), max(c.last, t)
	if b.Bytes != nil {
		c.bytes = stats.AddCounts(c.bytes, b.Bytes[i])
	}
	for dest >= len(g.series) {
		g.series = append(g.series, series{})
	}
	g.series[dest].add(bucket)
	if b.Port != nil {
		if g.ports == nil {
			g.ports = map[portKey]int64{}
		}
		g.ports[portKey{dest, b.Port[i]}]++
	}
	if b.Name != nil && b.Name[i] != 0 {
		if g.names == nil {
			g.names = map[nameKey]int64{}
		}
		g.names[nameKey{dest, b.Name[i]}]++
	}
}

// find returns the contact of a source with a destination.
func (g *gather) find(dest int, src uint32) *contact {
	if 2*(len(g.contacts)+1) > len(g.table) {
		g.grow()
	}
	mask := uint32(len(g.table) - 1)
	for i := hashContact(dest, src) & mask; ; i = (i + 1) & mask {
		k := g.table[i]
		if k == 0 {
			const never = 1<<63 - 1
			g.contacts = append(g.contacts, contact{dest: dest, src: src, position: never, first: never, last: -never})
			g.table[i] = uint32(len(g.contacts))
			return &g.contacts[len(g.contacts)-1]
		}
		if c := &g.contacts[k-1]; c.src == src && c.dest == dest {
			return c
		}
	}
}

func (g *gather) grow() {
	g.table = make([]uint32, max(1024, 2*len(g.table)))
	mask := uint32(len(g.table) - 1)
	for k := range g.contacts {
		i := hashContact(g.contacts[k].dest, g.contacts[k].src) & mask
		for g.table[i] != 0 {
			i = (i + 1) & mask
		}
		g.table[i] = uint32(k + 1)
	}
}

func hashContact(dest int, src uint32) uint32 {
	x := (uint64(dest)<<32 | uint64(src)) * 0x9E3779B97F4A7C15
	return uint32(x >> 32)
}

// merge adds another worker's evidence.
func (g *gather) merge(other *gather) {
	for _, c := range other.contacts {
		sum := g.find(c.dest, c.src)
		sum.flows += c.flows
		sum.bytes = stats.AddCounts(sum.bytes, c.bytes)
		sum.position = min(sum.position, c.position)
		sum.first, sum.last = min(sum.first, c.first), max(sum.last, c.last)
	}
	for dest := range other.series {
		for dest >= len(g.series) {
			g.series = append(g.series, series{})
		}
		other.series[dest].flush()
		g.series[dest].flush()
		for bucket, n := range other.series[dest].counts {
			g.series[dest].at, g.series[dest].n = bucket, n
			g.series[dest].flush()
		}
	}
	for key, n := range other.ports {
		if g.ports == nil {
			g.ports = map[portKey]int64{}
		}
		g.ports[key] += n
	}
	for key, n := range other.names {
		if g.names == nil {
			g.names = map[nameKey]int64{}
		}
		g.names[key] += n
	}
}

// destinations returns the evidence about each flagged destination.
func (g *gather) destinations(f *fold) []beacon.DestinationEvidence {
	list := make([]beacon.DestinationEvidence, len(f.flagged))
	for k, dst := range f.flagged {
		list[k] = beacon.DestinationEvidence{Address: f.hosts.Host(dst), Slots: f.count(dst)}
	}
	for i := range g.contacts {
		c := &g.contacts[i]
		d := &list[c.dest]
		d.Sources = append(d.Sources, beacon.Source{Addr: f.hosts.Host(c.src),
			First: c.first, Last: c.last, Flows: c.flows, Bytes: c.bytes, Position: c.position})
	}
	for key, n := range g.ports {
		list[key.dest].Ports = append(list[key.dest].Ports, beacon.PortCount{Port: key.port, Flows: n})
	}
	for key, n := range g.names {
		list[key.dest].Names = append(list[key.dest].Names, beacon.NameCount{Name: f.hosts.Aliased(key.name), Flows: n})
	}
	for k := range g.series {
		g.series[k].flush()
		s := shape.Series{Bucket: f.query.Bucket, Counts: make([]shape.Count, 0, len(g.series[k].counts))}
		for start, n := range g.series[k].counts {
			s.Counts = append(s.Counts, shape.Count{Index: stats.FloorDiv(start, int64(f.query.Bucket)), Calls: n})
		}
		list[k].Series = s
	}
	return list
}
