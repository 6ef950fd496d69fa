// Package outline adds up the flows to a destination in little memory: when they came, and who
// sent any.
package outline

import (
	"encoding/binary"
	"slices"

	"beacon/internal/shape"
)

// Destination adds up the flows to one destination.
type Destination struct {
	Flows   int64
	Counts  []shape.Count // of the flows that are folded, in order
	Sources []uint32      // likewise, each once, in no order

	bucket int64  // of the last flow in calls
	calls  []byte // of each flow that isn't folded yet, its bucket as the difference from the one before, and its source
}

// Flows are folded where their texts have leastFolded bytes, so that this is done seldom.
const (
	firstRoom   = 64 // bytes for the texts of flows at first
	leastFolded = 4 << 10
)

// Add adds a flow. It returns how many bytes more the destination takes now.
func (d *Destination) Add(bucket int64, src uint32, folder *Folder) (more int64) {
	if cap(d.calls)-len(d.calls) < binary.MaxVarintLen64+binary.MaxVarintLen32 {
		before := d.size()
		if len(d.calls) > leastFolded && len(d.calls) > int(before)/2 {
			folder.Fold(d)
		} else {
			d.calls = slices.Grow(d.calls, 2*cap(d.calls)+firstRoom)
		}
		more = d.size() - before
	}
	d.calls = binary.AppendVarint(d.calls, bucket-d.bucket)
	d.calls = binary.AppendUvarint(d.calls, uint64(src))
	d.bucket = bucket
	d.Flows++
	return more
}

const (
	countBytes  = 16
	sourceBytes = 4
)

func (d *Destination) size() int64 {
	return int64(cap(d.calls) + countBytes*cap(d.Counts) + sourceBytes*cap(d.Sources))
}

// Folder adds up the flows of one destination after the other.
type Folder struct {
	table   []uint32 // open addressing: 1 + index in sources, 0 is free
	sources []uint32
	buckets []int64
	calls   []int64 // by bucket
}

// Fold adds up the flows of a destination.
func (a *Folder) Fold(d *Destination) {
	size := 256
	for size < 2*(len(d.Sources)+len(d.calls)/2) { // a flow takes two bytes or more
		size *= 2
	}
	if size > cap(a.table) {
		a.table = make([]uint32, size)
	}
	a.table = a.table[:size]
	clear(a.table)
	a.sources, a.buckets = a.sources[:0], a.buckets[:0]
	for _, src := range d.Sources {
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
	if len(a.sources) > len(d.Sources) {
		d.Sources = slices.Clone(a.sources)
	}
	d.Counts = merged(d.Counts, a.counts())
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
func (a *Folder) add(src uint32) {
	mask := uint32(len(a.table) - 1)
	i := hash(src) & mask
	for ; a.table[i] != 0; i = (i + 1) & mask {
		if a.sources[a.table[i]-1] == src {
			return
		}
	}
	a.sources = append(a.sources, src)
	a.table[i] = uint32(len(a.sources))
}

// counts returns the buckets, each once with its calls, in order.
func (a *Folder) counts() []shape.Count {
	if len(a.buckets) == 0 {
		return nil
	}
	from, to := slices.Min(a.buckets), slices.Max(a.buckets)
	if to-from < 0 || to-from > int64(sparse*len(a.buckets)) {
		slices.Sort(a.buckets)
		var list []shape.Count
		for _, bucket := range a.buckets {
			list = counted(list, shape.Count{Index: bucket, Calls: 1})
		}
		return slices.Clip(list)
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

// sparse is how many times the flows the buckets from the first to the last are at
// the most that are looked through rather than sorted: each costs less than a comparison.
const sparse = 8

// merged returns two ordered lists as one.
func merged(a, b []shape.Count) []shape.Count {
	if len(a) == 0 || len(b) == 0 {
		return append(a, b...)
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
