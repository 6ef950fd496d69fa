// Package outline adds up the flows to a destination in little memory: when they came, and who
// sent any.
package outline

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"beacon/internal/shape"
	"beacon/internal/stats"
)

// Shard adds up the flows to some destinations, by their index in it.
//
// Note: 10 million flows to 10,000 destinations took 1.2 times the CPU of the whole run when each
// destination had a text of its own that flows were appended to: its end is in no cache.
type Shard struct {
	List []Destination

	spans  []span   // of List
	chunks [][]byte // blocks of flows that aren't folded yet, see Folder.pack
	bytes  int64    // of the blocks
	size   int64    // bytes of all these
}

// Destination adds up the flows to one destination, as far as they are folded.
type Destination struct {
	First, Last int64 // of the earliest and the latest flow
	Flows       int64
	Source      uint32        // the first, or NoSource
	Position    uint64        // of its first flow, where Meet was told
	Counts      []shape.Count // in order
	Sources     []uint32      // each once, in no order
}

// NoSource is the Source of a destination without flows, and of one that nobody told Meet of.
const NoSource = math.MaxUint32

// span is the times of the flows to a destination. Most flows need no more of it than this, so
// that many of them lie in the cache.
type span struct{ first, last int64 }

// Flow is a flow to a destination, by its index in the shard.
type Flow struct {
	Time      int64
	Dest, Src uint32
}

// leastFolded is how many bytes of blocks there are for each destination where flows are
// folded, at the least, so that this is done seldom.
const leastFolded = 4 << 10

// chunkSize is how many bytes are made room for at a time.
const chunkSize = 16 << 10

// What the values of a shard take, in bytes.
const (
	destinationSize = int64(unsafe.Sizeof(Destination{}) + unsafe.Sizeof(span{}))
	countSize       = int64(unsafe.Sizeof(shape.Count{}))
	sourceSize      = 4
)

func (d *Destination) size() int64 {
	return countSize*int64(cap(d.Counts)) + sourceSize*int64(cap(d.Sources))
}

// Size returns the bytes that the shard takes.
func (s *Shard) Size() int64 { return s.size }

// grow makes room for a destination.
func (s *Shard) grow(dest uint32) {
	for int(dest) >= len(s.List) {
		s.List = append(s.List, Destination{Source: NoSource, Position: math.MaxUint64})
		s.spans = append(s.spans, span{math.MaxInt64, math.MinInt64})
		s.size += destinationSize
	}
}

// Meet makes a source the first of a destination if its position is lower than that of the
// one that is.
func (s *Shard) Meet(dest, src uint32, position uint64) {
	s.grow(dest)
	if d := &s.List[dest]; position < d.Position {
		d.Position, d.Source = position, src
	}
}

// Add adds flows; bucket is the length of one. If less isn't nil, the source of the earliest
// flow is the first of a destination: the lower one of those at one time.
func (s *Shard) Add(flows []Flow, bucket int64, less func(a, b uint32) bool, folder *Folder) {
	for i := range flows {
		f := &flows[i]
		if int(f.Dest) >= len(s.spans) {
			s.grow(f.Dest)
		}
		p := &s.spans[f.Dest]
		if f.Time <= p.first && less != nil {
			if d := &s.List[f.Dest]; f.Time < p.first || d.Source == NoSource || less(f.Src, d.Source) {
				d.Source = f.Src
			}
		}
		p.first, p.last = min(p.first, f.Time), max(p.last, f.Time)
	}
	if len(flows) > 0 {
		folder.pack(s, flows, bucket)
	}
}

// room returns a chunk with room for so many bytes. Where there are many blocks,
// they are folded.
func (s *Shard) room(block int, folder *Folder) *[]byte {
	if n := len(s.chunks); n > 0 && cap(s.chunks[n-1])-len(s.chunks[n-1]) >= block {
		return &s.chunks[n-1]
	}
	if s.bytes > leastFolded*int64(len(s.List)) && s.bytes > s.size/2 {
		folder.Fold(s)
	}
	s.chunks = append(s.chunks, make([]byte, 0, max(chunkSize, block)))
	chunk := &s.chunks[len(s.chunks)-1]
	s.size += int64(cap(*chunk))
	return chunk
}

// Folder adds up the flows of one shard after the other.
type Folder struct {
	runs    []byte   // of a block
	buckets []int64  // of the runs of a shard
	flows   []folded // of a shard, by destination
	at      []int    // by destination, where its flows end in flows
	table   []uint32 // of sources, open addressing: 1 + source, 0 is free
	sources []uint32
	calls   []int64 // by bucket
}

// folded is a flow to a destination that is being folded.
type folded struct {
	run, src uint32 // run is the index of its bucket
}

// pack appends a block of flows to a shard: how many there are, the buckets, each with the
// number of flows in a row that it has, and the ends of each flow in as few bytes as those of
// all of them need.
func (a *Folder) pack(s *Shard, flows []Flow, bucket int64) {
	a.runs = a.runs[:0]
	dests, srcs, last := uint32(0), uint32(0), int64(0)
	for i := 0; i < len(flows); {
		from, index := i, stats.FloorDiv(flows[i].Time, bucket)
		start, end := index*bucket, (index+1)*bucket
		for first := true; i < len(flows) && (first || flows[i].Time >= start && flows[i].Time < end); i++ {
			dests, srcs, first = dests|flows[i].Dest, srcs|flows[i].Src, false
		}
		a.runs = binary.AppendVarint(a.runs, index-last)
		a.runs = binary.AppendUvarint(a.runs, uint64(i-from))
		last = index
	}
	shift := bits.Len32(dests)
	width := max(1, (shift+bits.Len32(srcs)+7)/8)
	chunk := s.room(headSize+len(a.runs)+width*len(flows)+word, a)
	begin := len(*chunk)
	text := binary.AppendUvarint(*chunk, uint64(len(flows)))
	text = binary.AppendUvarint(text, uint64(len(a.runs)))
	text = append(text, byte(shift), byte(width))
	text = append(text, a.runs...)
	at := len(text)
	text = text[:cap(text)]
	for i := range flows {
		binary.LittleEndian.PutUint64(text[at:], uint64(flows[i].Dest)|uint64(flows[i].Src)<<shift)
		at += width
	}
	*chunk = text[:at]
	s.bytes += int64(at - begin)
}

const (
	headSize = 2*binary.MaxVarintLen64 + 2
	word     = 8 // bytes that the ends of a flow are read and written by
)

// block is a block of flows, as pack makes it.
type block struct {
	flows        int
	runs         []byte
	shift, width int
	ends         []byte // of the flows, with a word behind them
}

// blocks yields the blocks of a shard.
func (s *Shard) blocks(yield func(b *block) bool) {
	for _, chunk := range s.chunks {
		for at := 0; at < len(chunk); {
			flows, n := binary.Uvarint(chunk[at:])
			at += n
			runs, n := binary.Uvarint(chunk[at:])
			at += n
			b := block{flows: int(flows), shift: int(chunk[at]), width: int(chunk[at+1])}
			at += 2
			b.runs = chunk[at : at+int(runs)]
			at += int(runs)
			b.ends = chunk[at : at+b.flows*b.width+word]
			if at += b.flows * b.width; !yield(&b) {
				return
			}
		}
	}
}

// Fold adds up the flows of a shard.
func (a *Folder) Fold(s *Shard) {
	a.sort(s)
	if len(s.chunks) > 0 { // one is used again
		for _, chunk := range s.chunks[1:] {
			s.size -= int64(cap(chunk))
		}
		clear(s.chunks[1:])
		s.chunks[0], s.chunks, s.bytes = s.chunks[0][:0], s.chunks[:1], 0
	}
	from := 0
	for i := range s.List {
		d := &s.List[i]
		d.First, d.Last = s.spans[i].first, s.spans[i].last
		if flows := a.flows[from:a.at[i]]; len(flows) > 0 {
			before := d.size()
			a.fold(d, flows)
			s.size += d.size() - before
		}
		from = a.at[i]
	}
}

// sort sets the flows of a shard and where those of each destination end.
func (a *Folder) sort(s *Shard) {
	a.at = slices.Grow(a.at[:0], len(s.List))[:len(s.List)]
	clear(a.at)
	for b := range s.blocks {
		mask := uint64(1)<<b.shift - 1
		for at := 0; at < b.flows*b.width; at += b.width {
			a.at[binary.LittleEndian.Uint64(b.ends[at:])&mask]++
		}
	}
	sum := 0
	for i, n := range a.at {
		a.at[i] = sum
		sum += n
	}
	a.flows, a.buckets = slices.Grow(a.flows[:0], sum)[:sum], a.buckets[:0]
	for b := range s.blocks {
		mask, bucket, at := uint64(1)<<b.shift-1, int64(0), 0
		srcs := uint64(1)<<(8*b.width-b.shift) - 1
		for runs := b.runs; len(runs) > 0; {
			difference, n := binary.Varint(runs)
			runs = runs[n:]
			flows, n := binary.Uvarint(runs)
			runs = runs[n:]
			bucket += difference
			for range flows {
				ends := binary.LittleEndian.Uint64(b.ends[at:])
				to := &a.at[ends&mask]
				a.flows[*to] = folded{uint32(len(a.buckets)), uint32(ends >> b.shift & srcs)}
				*to++
				at += b.width
			}
			a.buckets = append(a.buckets, bucket)
		}
	}
}

// fold adds up flows of a destination.
func (a *Folder) fold(d *Destination, flows []folded) {
	size := 256
	for size < 2*(len(d.Sources)+len(flows)) {
		size *= 2
	}
	if size > cap(a.table) {
		a.table = make([]uint32, size)
	}
	a.table = a.table[:size]
	clear(a.table)
	a.sources = a.sources[:0]
	for _, src := range d.Sources {
		a.add(src)
	}
	for i := range flows {
		a.add(flows[i].src)
	}
	if len(a.sources) > len(d.Sources) {
		d.Sources = slices.Clone(a.sources)
	}
	d.Flows += int64(len(flows))
	d.Counts = merged(d.Counts, a.counts(flows))
}

// add adds a source.
func (a *Folder) add(src uint32) {
	mask := uint32(len(a.table) - 1)
	i := hash(src) & mask
	for ; a.table[i] != 0; i = (i + 1) & mask {
		if a.table[i] == src+1 {
			return
		}
	}
	a.sources = append(a.sources, src)
	a.table[i] = src + 1
}

// counts returns the buckets of flows, each once with its calls, in order.
func (a *Folder) counts(flows []folded) []shape.Count {
	from, to := a.buckets[flows[0].run], a.buckets[flows[0].run]
	for i := range flows {
		bucket := a.buckets[flows[i].run]
		from, to = min(from, bucket), max(to, bucket)
	}
	if to-from < 0 || to-from > int64(sparse*len(flows)) {
		slices.SortFunc(flows, func(x, y folded) int { return cmp.Compare(a.buckets[x.run], a.buckets[y.run]) })
		var list []shape.Count
		for i := range flows {
			list = counted(list, shape.Count{Index: a.buckets[flows[i].run], Calls: 1})
		}
		return slices.Clip(list)
	}
	a.calls = slices.Grow(a.calls[:0], int(to-from)+1)[:to-from+1]
	clear(a.calls)
	distinct := 0
	for i := range flows {
		n := &a.calls[a.buckets[flows[i].run]-from]
		if *n++; *n == 1 {
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

// sparse is how many times the flows the buckets from the first to the last are at
// the most that are looked through rather than sorted: each costs less than a comparison.
const sparse = 8

// merged returns two ordered lists as one.
func merged(a, b []shape.Count) []shape.Count {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	list := make([]shape.Count, 0, len(a)+len(b))
	for len(a)+len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].Index < a[0].Index {
			from = &b
		}
		list = counted(list, (*from)[0])
		*from = (*from)[1:]
	}
	return list
}

// counted adds a count to an ordered list whose last it may be.
func counted(list []shape.Count, c shape.Count) []shape.Count {
	if n := len(list); n > 0 && list[n-1].Index == c.Index {
		list[n-1].Calls += c.Calls
		return list
	}
	return append(list, c)
}

func hash(src uint32) uint32 { return uint32(uint64(src) * 0x9E3779B97F4A7C15 >> 32) }
