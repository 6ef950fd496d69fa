package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
	"unsafe"

	"beacon/internal/beacon"
	"beacon/internal/connection"
	"beacon/internal/flow"
	"beacon/internal/scratch"
	"beacon/internal/sysmem"
)

// call is one outbound flow, as the rhythm rule keeps it: 40 bytes.
type call struct {
	time     int64
	marked   uint64 // position in the log, and failedCall
	src, dst uint32 // src may be an end, see devices
	bytes    uint32 // 4 GiB and more count as that
	srcBytes uint32
	port     uint16
	srcPort  uint16
	proto    uint8
	lasted   [3]uint8 // duration in sixteenths of a second, little endian; the largest value stands for more
}

// lastedUnit is the unit of call.lasted, that of connection.NewRecord: 24 bits of it are 12
// days.
const lastedUnit = int64(time.Second / 16)

func (c *call) setDuration(d int64) {
	v := min(max(d, 0)/lastedUnit, 1<<24-1)
	c.lasted = [3]uint8{uint8(v), uint8(v >> 8), uint8(v >> 16)}
}

func (c *call) record() connection.Record {
	units := int64(c.lasted[0]) | int64(c.lasted[1])<<8 | int64(c.lasted[2])<<16
	return connection.Record{Start: c.time, Duration: units * lastedUnit, SourcePort: c.srcPort}
}

// failedCall marks an attempt that was never answered: positions are lower.
const failedCall = 1 << 63

// position returns the flow's position in the log.
func (c *call) position() uint64 { return c.marked &^ failedCall }

const callSize = int64(unsafe.Sizeof(call{}))

// The calls lie apart by source in partitions, so that all that is judged together fits
// into memory, in blocks that workers fill on their own. A partition that is too large is
// split by pair (see judgeLarge).
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
	parts []storePart
	file  *scratch.File
	size  int64

	fillers int // so far
}

// storePart is the calls of one partition.
type storePart struct {
	calls   int
	blocks  []heldBlock
	spilled []extent
}

// heldBlock is a block in memory.
type heldBlock struct {
	filler int // that filled it
	calls  []call
}

// extent is a block in the file.
type extent struct {
	at    int64
	calls int
}

func newPairStore(parts int, budget int64) *pairStore {
	return &pairStore{budget: budget, parts: make([]storePart, parts)}
}

// add takes a block of a partition from a filler, and returns an empty one.
func (s *pairStore) add(filler, partition int, block []call) ([]call, error) {
	if len(block) == 0 {
		return block, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.parts[partition]
	p.calls += len(block)
	size := int64(len(block)) * callSize
	if s.held+size <= s.budget {
		s.held += size
		p.blocks = append(p.blocks, heldBlock{filler, block})
		return make([]call, 0, blockCalls), nil
	}
	if err := s.spill(p, block); err != nil {
		return nil, err
	}
	return block[:0], nil
}

// spill writes a block of a partition to the file.
func (s *pairStore) spill(p *storePart, block []call) error {
	if s.file == nil {
		f, err := scratch.Create("beacon-pairs")
		if err != nil {
			return fmt.Errorf("keeping calls past the memory allowed: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(bytesOf(block), s.size); err != nil {
		return fmt.Errorf("keeping calls past the memory allowed: %w", err)
	}
	p.spilled = append(p.spilled, extent{s.size, len(block)})
	s.size += int64(len(block)) * callSize
	return nil
}

// settle makes room for what follows, once all calls are in: if they didn't fit into
// memory, none stays there.
func (s *pairStore) settle() error {
	if s.file == nil {
		return nil
	}
	for k := range s.parts {
		p := &s.parts[k]
		for _, block := range p.blocks {
			if err := s.spill(p, block.calls); err != nil {
				return err
			}
		}
		p.blocks = nil
	}
	s.held = 0
	return nil
}

// forget lets go of a partition's calls in memory.
func (s *pairStore) forget(partition int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[partition] = storePart{}
}

func bytesOf[T call | gathered](block []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(block))), uintptr(len(block))*unsafe.Sizeof(block[0]))
}

// each calls do for the blocks of a partition, which it doesn't keep.
func (s *pairStore) each(partition int, do func(block []call) error) error {
	p := &s.parts[partition]
	for _, block := range p.blocks {
		if err := do(block.calls); err != nil {
			return err
		}
	}
	var buf []call
	for _, e := range p.spilled {
		buf = slices.Grow(buf[:0], e.calls)[:e.calls]
		if _, err := s.file.ReadAt(bytesOf(buf), e.at); err != nil {
			return fmt.Errorf("reading calls back: %w", err)
		}
		if err := do(buf); err != nil {
			return err
		}
	}
	return nil
}

// calls returns the calls of a partition in blocks, those of one filler in the order in which
// it filled them: so the times of most pairs are a few ascending runs. Calls that were spilled
// are read into buf, which is returned; they are in no order.
func (s *pairStore) calls(partition int, buf []call) (blocks [][]call, _ []call, err error) {
	p := &s.parts[partition]
	buf = buf[:0]
	for _, e := range p.spilled {
		n := len(buf)
		buf = slices.Grow(buf, e.calls)[:n+e.calls]
		if _, err := s.file.ReadAt(bytesOf(buf[n:]), e.at); err != nil {
			return nil, buf, fmt.Errorf("reading calls back: %w", err)
		}
	}
	slices.SortStableFunc(p.blocks, func(a, b heldBlock) int { return cmp.Compare(a.filler, b.filler) })
	for _, block := range p.blocks {
		blocks = append(blocks, block.calls)
	}
	return append(blocks, buf), buf, nil
}

// close lets go of the file.
func (s *pairStore) close() {
	if s != nil {
		s.file.Close()
	}
}

// filler fills the blocks of a store: one worker's.
type filler struct {
	store  *pairStore
	number int
	blocks [][]call // by partition
}

func newFiller(store *pairStore) filler {
	store.mu.Lock()
	defer store.mu.Unlock()
	store.fillers++
	return filler{store: store, number: store.fillers, blocks: make([][]call, len(store.parts))}
}

// next returns the place of the next call of a partition. What it holds means nothing.
func (f *filler) next(partition int) (*call, error) {
	block := f.blocks[partition]
	if len(block) == blockCalls {
		var err error
		if block, err = f.store.add(f.number, partition, block); err != nil {
			return nil, err
		}
	}
	if cap(block) == 0 {
		block = make([]call, 0, blockCalls)
	}
	block = block[:len(block)+1]
	f.blocks[partition] = block
	return &block[len(block)-1], nil
}

// finish hands over the blocks that aren't full.
func (f *filler) finish() error {
	for k := range f.blocks {
		if _, err := f.store.add(f.number, k, f.blocks[k]); err != nil {
			return err
		}
		f.blocks[k] = nil
	}
	return nil
}

// pairer is one worker's part of the collecting.
type pairer struct {
	filler
	long  []beacon.Long
	table *flow.Hosts

	owners *devices // of what calls
}

// keep takes row i of a batch: an outbound flow of a source, at a position in the log.
func (p *pairer) keep(b *flow.Batch, i int, src uint32, position uint64) error {
	c, err := p.next(partitionOf(p.owners.source(src)))
	if err != nil {
		return err
	}
	c.time, c.marked, c.src, c.dst = b.Time[i], position, src, b.Dst[i]
	c.bytes, c.srcBytes, c.port, c.srcPort, c.proto = clamp(b.Bytes[i]), clamp(b.SrcBytes[i]), b.Port[i], b.SrcPort[i], b.Proto[i]
	c.setDuration(b.Duration[i])
	if b.Failed != nil && b.Failed[i] != 0 {
		c.marked |= failedCall
	}
	return nil
}

// keepLong takes row i of a batch if it is one of the longest flows so far.
func (p *pairer) keepLong(b *flow.Batch, i int) {
	if b.Duration[i] < int64(beacon.LongFlow) {
		return
	}
	p.long = append(p.long, beacon.Long{Source: p.table.Host(b.Src[i]), Destination: p.table.Host(b.Dst[i]), Port: b.Port[i],
		First: b.Time[i], Duration: time.Duration(b.Duration[i]), Bytes: b.Bytes[i]})
	if len(p.long) >= 64*beacon.MaxLong {
		p.long = beacon.SortLong(p.long)
	}
}

func clamp(v int64) uint32 { return uint32(min(max(v, 0), math.MaxUint32)) }

// partitionOf returns the partition of a source: all its calls lie in one.
func partitionOf(src uint32) int { return int(hashPair(src, 0, 0) >> 56) }

func hashPair(src, dst uint32, port uint16) uint64 {
	x := (uint64(src)<<32 | uint64(dst)) * 0x9E3779B97F4A7C15
	x = (x ^ x>>32 ^ uint64(port)) * 0xD6E8FEB86659FD93
	return x ^ x>>32
}

// defaultMemory is a quarter of the machine's memory, or 1 GiB where that isn't
// known.
func defaultMemory() int64 {
	if total := sysmem.Total(); total > 0 {
		return total / 4
	}
	return 1 << 30
}
