package engine

import (
	"time"

	"beacon/internal/beacon"
	"beacon/internal/engine/calls"
	"beacon/internal/flow"
)

type call = calls.Call

// partitions is how many partitions the calls lie in, apart by source: so all that is judged
// together fits into memory. One that is too large is split by pair (see judgeLarge).
const partitions = 256

// pairer is one worker's part of the collecting.
type pairer struct {
	calls.Filler
	long  []beacon.Long
	table *flow.Hosts

	owners *devices // of what calls
}

// keep takes row i of a batch: an outbound flow of a source, at a position in the log.
func (p *pairer) keep(b *flow.Batch, i int, src uint32, position uint64) error {
	c, err := p.Next(partitionOf(p.owners.source(src)))
	if err != nil {
		return err
	}
	c.Begin(b.Time[i], src, b.Dst[i]) // src may be an end, see devices
	c.Place(position, b.Failed != nil && b.Failed[i] != 0)
	c.SetBytes(b.Bytes[i], b.SrcBytes[i])
	c.SetKind(b.Port[i], b.SrcPort[i], b.Proto[i], b.Duration[i])
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

// partitionOf returns the partition of a source: all its calls lie in one.
func partitionOf(src uint32) int { return int(hashPair(src, 0, 0) >> 56) }

func hashPair(src, dst uint32, port uint16) uint64 {
	x := (uint64(src)<<32 | uint64(dst)) * 0x9E3779B97F4A7C15
	x = (x ^ x>>32 ^ uint64(port)) * 0xD6E8FEB86659FD93
	return x ^ x>>32
}
