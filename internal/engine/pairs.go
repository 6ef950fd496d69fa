package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/flow"
)

// call is one outbound flow, as the rhythm rule keeps it: 40 bytes.
type call struct {
	time     int64
	position uint64 // in the log
	src, dst uint32
	bytes    uint32 // 4 GiB and more count as that
	srcBytes uint32
	duration uint32 // ms, 49 days and more count as that
	port     uint16
	proto    uint8
}

const callSize = int64(unsafe.Sizeof(call{}))

// The calls lie apart by pair in partitions, so that each fits into memory to be
// judged, in blocks that workers fill on their own.
const (
	partitions = 256
	blockCalls = 512 // 20 KiB: the blocks that a worker fills are 5 MiB
)

// pairStore keeps the calls of all pairs: in memory up to a budget, past it in a
// temporary file. What is kept where changes no answer.
type pairStore struct {
	budget int64 // bytes in memory

	mu    sync.Mutex
	held  int64 // bytes in memory
	parts [partitions]struct {
		blocks  [][]call
		spilled []extent
	}
	file *os.File // removed from its folder as soon as it is open, where the system can
	size int64
}

// extent is a block in the file.
type extent struct {
	at    int64
	calls int
}

// add takes a full block of a partition, and gives room for the next.
func (s *pairStore) add(partition int, block []call) ([]call, error) {
	if len(block) == 0 {
		return block, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.parts[partition]
	size := int64(len(block)) * callSize
	if s.held+size <= s.budget {
		s.held += size
		p.blocks = append(p.blocks, block)
		return make([]call, 0, blockCalls), nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "beacon-pairs-*")
		if err != nil {
			return nil, fmt.Errorf("keeping calls past the memory allowed: %w", err)
		}
		os.Remove(f.Name())
		s.file = f
	}
	if _, err := s.file.WriteAt(bytesOf(block), s.size); err != nil {
		return nil, fmt.Errorf("keeping calls past the memory allowed: %w", err)
	}
	p.spilled = append(p.spilled, extent{s.size, len(block)})
	s.size += size
	return block[:0], nil
}

func bytesOf(block []call) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(block))), int64(len(block))*callSize)
}

// load is the calls of a partition, in no order.
func (s *pairStore) load(partition int, room []call) ([]call, error) {
	p := &s.parts[partition]
	room = room[:0]
	for _, block := range p.blocks {
		room = append(room, block...)
	}
	for _, e := range p.spilled {
		n := len(room)
		room = slices.Grow(room, e.calls)[:n+e.calls]
		if _, err := s.file.ReadAt(bytesOf(room[n:]), e.at); err != nil {
			return nil, fmt.Errorf("reading calls back: %w", err)
		}
	}
	return room, nil
}

// close lets go of the file.
func (s *pairStore) close() {
	if s != nil && s.file != nil {
		name := s.file.Name()
		s.file.Close()
		os.Remove(name)
	}
}

// pairer is one worker's part of the collecting.
type pairer struct {
	store  *pairStore
	blocks [partitions][]call
	long   []beacon.Long
	table  *flow.Hosts
}

// keep takes row i of a batch: an outbound flow at a position in the log.
func (p *pairer) keep(b *flow.Batch, i int, position uint64) error {
	c := call{time: b.Time[i], position: position, src: b.Src[i], dst: b.Dst[i], port: b.Port[i], proto: b.Proto[i],
		bytes: clamp(b.Bytes[i]), srcBytes: clamp(b.SrcBytes[i]), duration: clamp(b.Duration[i] / 1e6)}
	k := partitionOf(c.src, c.dst, c.port)
	block := p.blocks[k]
	if cap(block) == 0 {
		block = make([]call, 0, blockCalls)
	}
	block = append(block, c)
	if len(block) == blockCalls {
		var err error
		if block, err = p.store.add(k, block); err != nil {
			return err
		}
	}
	p.blocks[k] = block
	if b.Duration[i] >= int64(beacon.LongFlow) {
		p.keepLong(b, i)
	}
	return nil
}

func (p *pairer) keepLong(b *flow.Batch, i int) {
	p.long = append(p.long, beacon.Long{Source: p.table.Addr(b.Src[i]), Destination: p.table.Addr(b.Dst[i]), Port: b.Port[i],
		First: b.Time[i], Duration: time.Duration(b.Duration[i]), Bytes: b.Bytes[i]})
	if len(p.long) >= 64*beacon.MaxLong {
		p.long = beacon.SortLong(p.long)
	}
}

// finish hands over the blocks that aren't full.
func (p *pairer) finish() error {
	for k := range p.blocks {
		if _, err := p.store.add(k, p.blocks[k]); err != nil {
			return err
		}
		p.blocks[k] = nil
	}
	return nil
}

func clamp(v int64) uint32 { return uint32(min(max(v, 0), math.MaxUint32)) }

func partitionOf(src, dst uint32, port uint16) int {
	return int(hashPair(src, dst, port) >> 56)
}

func hashPair(src, dst uint32, port uint16) uint64 {
	x := (uint64(src)<<32 | uint64(dst)) * 0x9E3779B97F4A7C15
	x = (x ^ x>>32 ^ uint64(port)) * 0xD6E8FEB86659FD93
	return x ^ x>>32
}

// judge judges every pair, in parallel by partition, and decides over all.
func (r *reading) judge(ctx context.Context, fs *beacon.Findings) error {
	var long []beacon.Long
	for _, w := range r.workers {
		if w.pairer == nil {
			continue
		}
		if err := w.finish(); err != nil {
			return err
		}
		long = append(long, w.long...)
	}
	fs.Long = beacon.SortLong(long)
	options := fs.Query.Rhythm
	options.LogFirst, options.LogLast = fs.Totals.First, fs.Totals.Last
	judged := make([][]beacon.PairRhythm, partitions)
	var next atomic.Int32
	var wg sync.WaitGroup
	errs := make([]error, r.Engine.workers())
	for k := range errs {
		wg.Go(func() {
			j := judge{reading: r, options: options}
			for {
				partition := int(next.Add(1)) - 1
				if partition >= partitions || errs[k] != nil || ctx.Err() != nil {
					return
				}
				judged[partition], errs[k] = j.partition(partition)
			}
		})
	}
	wg.Wait()
	if err := cmp.Or(ctx.Err(), firstError(errs)); err != nil {
		return err
	}
	fs.Query.Rhythm = options
	fs.DecideRhythms(slices.Concat(judged...))
	return nil
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// judge is one worker's room for judging.
type judge struct {
	*reading
	options beacon.RhythmOptions
	calls   []call
	table   []uint32 // open addressing: 1 + index in groups
	groups  []group
	sorted  []call
	pair    beacon.Pair
}

// group is the calls of one pair.
type group struct {
	first int // index of one of its calls
	n     int
	end   int // where its calls end among the sorted
}

// partition judges the pairs of one partition.
func (j *judge) partition(k int) ([]beacon.PairRhythm, error) {
	var err error
	if j.calls, err = j.store.load(k, j.calls); err != nil {
		return nil, err
	}
	j.group()
	list := make([]beacon.PairRhythm, 0, len(j.groups))
	for _, g := range j.groups {
		list = append(list, j.one(j.sorted[g.end-g.n:g.end]))
	}
	return list, nil
}

// group puts the calls of each pair together.
func (j *judge) group() {
	j.groups = j.groups[:0]
	size := 1024
	for size < 2*len(j.calls) {
		size *= 2
	}
	j.table = slices.Grow(j.table[:0], size)[:size]
	clear(j.table)
	of := make([]uint32, len(j.calls))
	for i := range j.calls {
		of[i] = j.find(uint32(i), uint64(size-1))
		j.groups[of[i]].n++
	}
	end := 0
	for k := range j.groups {
		j.groups[k].end = end
		end += j.groups[k].n
	}
	j.sorted = slices.Grow(j.sorted[:0], len(j.calls))[:len(j.calls)]
	for i, k := range of {
		j.sorted[j.groups[k].end] = j.calls[i]
		j.groups[k].end++
	}
}

// find is the group of a call.
func (j *judge) find(i uint32, mask uint64) uint32 {
	c := &j.calls[i]
	for at := hashPair(c.src, c.dst, c.port) & mask; ; at = (at + 1) & mask {
		k := j.table[at]
		if k == 0 {
			j.groups = append(j.groups, group{first: int(i)})
			j.table[at] = uint32(len(j.groups))
			return uint32(len(j.groups)) - 1
		}
		if o := &j.calls[j.groups[k-1].first]; o.src == c.src && o.dst == c.dst && o.port == c.port {
			return k - 1
		}
	}
}

// one judges one pair. The order of calls at one time is that of their other
// values, so that it depends on the flows alone.
func (j *judge) one(calls []call) beacon.PairRhythm {
	slices.SortFunc(calls, func(a, b call) int {
		if a.time != b.time {
			return cmp.Compare(a.time, b.time)
		}
		return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.duration, b.duration), cmp.Compare(a.proto, b.proto))
	})
	first := calls[0]
	p := &j.pair
	*p = beacon.Pair{Source: j.fold.hosts.Addr(first.src), Destination: j.fold.hosts.Addr(first.dst), Port: first.port, Proto: first.proto,
		Times: p.Times[:0], Bytes: p.Bytes[:0], SrcBytes: p.SrcBytes[:0], Durations: p.Durations[:0]}
	position := first.position
	var bytes, srcBytes, durations uint64
	for _, c := range calls {
		p.Times = append(p.Times, c.time)
		p.Bytes = append(p.Bytes, int64(c.bytes))
		p.SrcBytes = append(p.SrcBytes, int64(c.srcBytes))
		p.Durations = append(p.Durations, int64(c.duration)*1e6)
		bytes, srcBytes, durations = bytes+uint64(c.bytes), srcBytes+uint64(c.srcBytes), durations+uint64(c.duration)
		position = min(position, c.position)
	}
	known := *p // what the log doesn't have is nil
	if bytes == 0 {
		known.Bytes = nil
	}
	if srcBytes == 0 {
		known.SrcBytes = nil
	}
	if durations == 0 {
		known.Durations = nil
	}
	return beacon.PairRhythm{Source: p.Source, Destination: p.Destination, Port: p.Port, Proto: p.Proto,
		First: first.time, Last: calls[len(calls)-1].time, Position: position, Rhythm: beacon.JudgePair(known, j.options)}
}

// defaultMemory is a quarter of the machine's memory, or 1 GiB where that isn't
// known.
func defaultMemory() int64 {
	if total := machineMemory(); total > 0 {
		return total / 4
	}
	return 1 << 30
}
