package engine

import (
	"cmp"
	"iter"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/flowlog/ahead"
	"beacon/internal/shape"
	"beacon/internal/spill"
	"beacon/internal/stats"
)

// part is some of the evidence about one flagged destination.
type part struct {
	dest     uint32 // index in fold.flagged
	contacts []contact
	series   []shape.Count
	ports    []count[uint16]
	names    []count[uint32] // by id
	failed   int64
	sources  []uint32 // of an outline: all of them, while contacts holds the first with what all did
}

// count is the flows that have a key. All lists of a part are in order of their keys, each
// of which comes once.
type count[K uint16 | uint32] struct {
	key   K
	flows int64
}

// partKind is how parts are sorted, kept and added up.
var partKind = spill.Kind[part]{
	Compare: comparePlaces,
	Code:    codePart,
	Size: func(p *part) int64 {
		return partSize + int64(len(p.contacts))*contactSize + countSize*int64(len(p.series)+len(p.ports)+len(p.names)) + 4*int64(len(p.sources))
	},
	Merge: func(into, p *part) {
		into.contacts = union(into.contacts, p.contacts, bySource, addContact)
		into.series = union(into.series, p.series, byBucket, addCalls)
		into.ports = union(into.ports, p.ports, byKey, addCount)
		into.names = union(into.names, p.names, byKey, addCount)
		into.failed += p.failed
		into.sources = union(into.sources, p.sources, cmp.Compare[uint32], func(into, v *uint32) {})
	},
}

// comparePlaces orders parts by shard, then by destination.
func comparePlaces(a, b *part) int {
	return cmp.Or(cmp.Compare(a.dest%gatherShards, b.dest%gatherShards), cmp.Compare(a.dest, b.dest))
}

func bySource(a, b contact) int     { return cmp.Compare(a.src, b.src) }
func byPlace(a, b contact) int      { return cmp.Compare(a.position, b.position) }
func byBucket(a, b shape.Count) int { return cmp.Compare(a.Index, b.Index) }

func byKey[K uint16 | uint32](a, b count[K]) int { return cmp.Compare(a.key, b.key) }

func addCalls(into, c *shape.Count) { into.Calls += c.Calls }

func addCount[K uint16 | uint32](into, c *count[K]) { into.flows += c.flows }

func addContact(into, c *contact) {
	into.position = min(into.position, c.position)
	into.first, into.last = min(into.first, c.first), max(into.last, c.last)
	into.flows += c.flows
	into.bytes = stats.AddCounts(into.bytes, c.bytes)
}

// union merges two sorted lists, and adds up what stands in both.
func union[T any](a, b []T, compare func(a, b T) int, add func(into, v *T)) []T {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	list := make([]T, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		c := compare(a[0], b[0])
		if c > 0 {
			list, b = append(list, b[0]), b[1:]
			continue
		}
		if list, a = append(list, a[0]), a[1:]; c == 0 {
			add(&list[len(list)-1], &b[0])
			b = b[1:]
		}
	}
	return append(append(list, a...), b...)
}

// codePart codes a part. Numbers that ascend are kept as differences.
func codePart(c *spill.Coder, p *part) {
	spill.Number(c, &p.dest)
	spill.Number(c, &p.failed)
	var before contact
	spill.List(c, &p.contacts, func(c *spill.Coder, v *contact) {
		v.dest = p.dest
		difference(c, &v.src, before.src)
		difference(c, &v.position, before.position)
		difference(c, &v.first, before.first)
		difference(c, &v.last, v.first)
		spill.Number(c, &v.flows)
		spill.Number(c, &v.bytes)
		before = *v
	})
	index := int64(0)
	spill.List(c, &p.series, func(c *spill.Coder, v *shape.Count) {
		difference(c, &v.Index, index)
		spill.Number(c, &v.Calls)
		index = v.Index
	})
	spill.List(c, &p.ports, func(c *spill.Coder, v *count[uint16]) { spill.Number(c, &v.key); spill.Number(c, &v.flows) })
	spill.List(c, &p.names, func(c *spill.Coder, v *count[uint32]) { spill.Number(c, &v.key); spill.Number(c, &v.flows) })
	source := uint32(0)
	spill.List(c, &p.sources, func(c *spill.Coder, v *uint32) { difference(c, v, source); source = *v })
}

// difference codes a number as its difference from another.
func difference[T int64 | uint64 | uint32](c *spill.Coder, v *T, from T) {
	d := int64(*v - from)
	spill.Number(c, &d)
	*v = from + T(d)
}

// parts returns what a shard holds, by destination, with the contacts of each in an order.
func (s *gatherShard) parts(shard int, order func(a, b contact) int) []part {
	list := make([]part, len(s.series))
	of := func(dest uint32) *part { return &list[dest] }
	for dest := range list {
		list[dest] = part{dest: uint32(dest*gatherShards + shard), failed: s.failed[uint32(dest)], series: slices.Clone(s.series[dest].compact())}
	}
	contacts := s.byDestination()
	for len(contacts) > 0 {
		n := 1
		for n < len(contacts) && contacts[n].dest == contacts[0].dest {
			n++
		}
		p := of(contacts[0].dest)
		p.contacts, contacts = contacts[:n:n], contacts[n:]
		slices.SortFunc(p.contacts, order)
	}
	for key, n := range s.ports {
		p := of(key.dest)
		p.ports = append(p.ports, count[uint16]{key.port, n})
	}
	for key, n := range s.names {
		p := of(key.dest)
		p.names = append(p.names, count[uint32]{key.name, n})
	}
	for i := range list {
		slices.SortFunc(list[i].ports, byKey)
		slices.SortFunc(list[i].names, byKey)
	}
	return slices.DeleteFunc(list, func(p part) bool { return len(p.contacts) == 0 })
}

// byDestination returns the contacts of a shard, those of one destination together.
func (s *gatherShard) byDestination() []contact {
	at := make([]int, len(s.series)+1) // by destination, where its next contact goes
	for k := range s.n {
		at[s.contact(uint32(k+1)).dest+1]++
	}
	for dest := range s.series {
		at[dest+1] += at[dest]
	}
	list := make([]contact, s.n)
	for k := range s.n {
		c := s.contact(uint32(k + 1))
		list[at[c.dest]] = *c
		at[c.dest]++
	}
	return list
}

// destinations yields the evidence about each flagged destination, or the error
// beacon.ErrChanged where a destination was called in the first reading only.
func (r *reading) destinations() iter.Seq2[*beacon.DestinationEvidence, error] {
	return func(yield func(*beacon.DestinationEvidence, error) bool) {
		n := 0
		for p, err := range r.gather.all() {
			if err != nil {
				yield(nil, err)
				return
			}
			evidence := r.evidence
			if r.gather.outline != nil {
				evidence = r.outlined
			}
			if n++; !yield(evidence(p), nil) {
				return
			}
		}
		if n < len(r.fold.flagged) {
			yield(nil, beacon.ErrChanged)
		}
	}
}

// all yields what was gathered, each destination once, by shard: what the shards hold with
// the parts that they put away. It can be read once. The next shards of an outline, which take
// little memory, are added up while one is used.
func (g *gather) all() iter.Seq2[*part, error] {
	return func(yield func(*part, error) bool) {
		next, stop := iter.Pull2(g.parts.All())
		defer stop()
		away, err, more := next()
		lists := ahead.List[shardParts]{Len: len(g.shards), Do: g.last, Batch: func(int) (int, bool) { return 1, g.outline != nil }}
		defer lists.Rest()
		for shard := range g.shards {
			list := lists.Next()
			held := list.parts
			if list.err != nil {
				yield(nil, list.err)
				return
			}
			for err == nil {
				var p *part
				switch more := more && int(away.dest%gatherShards) == shard; {
				case more && (len(held) == 0 || away.dest <= held[0].dest):
					p = away
					if len(held) > 0 && p.dest == held[0].dest {
						slices.SortFunc(held[0].contacts, bySource)
						slices.Sort(held[0].sources)
						partKind.Merge(p, &held[0])
						held = held[1:]
					}
				case len(held) > 0:
					p, held = &held[0], held[1:]
				}
				if p == nil {
					break
				}
				if !yield(p, nil) {
					return
				}
				if p == away {
					away, err, more = next()
				}
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// shardParts is what a shard holds.
type shardParts struct {
	parts []part
	err   error
}

// evidence returns the evidence about a destination.
func (r *reading) evidence(p *part) *beacon.DestinationEvidence {
	dst, hosts := r.fold.flagged[p.dest], r.fold.hosts
	d := &beacon.DestinationEvidence{Address: hosts.Host(dst), Slots: r.fold.count(dst), Failed: p.failed, Series: shape.Series{Bucket: r.fold.query.Bucket, Counts: p.series},
		Sources: make([]beacon.Source, len(p.contacts))}
	for i := range p.contacts {
		c := &p.contacts[i]
		addr, device := r.fold.caller(c.src)
		d.Sources[i] = beacon.Source{Addr: addr, Device: device, First: c.first, Last: c.last, Flows: c.flows, Bytes: c.bytes, Position: c.position}
	}
	for _, n := range p.ports {
		d.Ports = append(d.Ports, beacon.PortCount{Port: n.key, Flows: n.flows})
	}
	for _, n := range p.names {
		d.Names = append(d.Names, beacon.NameCount{Name: hosts.Aliased(n.key), Flows: n.flows})
	}
	return d
}

// flagged returns the flagged destinations.
func (r *reading) flagged() (f *beacon.Flagged, err error) {
	f = &beacon.Flagged{}
	if r.fold.together != nil {
		f.Together = true
		f.Sources, err = r.fold.together.list(r.fold)
	}
	if r.fold.together == nil || r.gather.outline != nil {
		f.All = r.destinations()
	}
	for _, dst := range r.fold.flagged {
		f.Hosts = append(f.Hosts, r.fold.hosts.Host(dst))
	}
	return f, err
}
