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

// keep takes rows of a batch: outbound flows of the sources in src. position is the first row's
// position in the log.
func (p *pairer) keep(b *flow.Batch, src []uint32, rows []uint16, position uint64) error {
	n := b.Len()
	src, dst, times, bytes, srcBytes, lasted := src[:n], b.Dst[:n], b.Time[:n], b.Bytes[:n], b.SrcBytes[:n], b.Duration[:n]
	port, srcPort, proto, failed := b.Port[:n], b.SrcPort[:n], b.Proto[:n], b.Failed[:n]
	for _, row := range rows {
		i := int(row)
		c, err := p.Next(partitionOf(p.owners.source(src[i])))
		if err != nil {
			return err
		}
		c.Begin(times[i], src[i], dst[i]) // src may be an end, see devices
		c.Place(position+uint64(i), failed[i] != 0)
		c.SetBytes(bytes[i], srcBytes[i])
		c.SetKind(port[i], srcPort[i], proto[i], lasted[i])
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

// partitionOf returns the partition of a source: all its calls lie in one.
func partitionOf(src uint32) int { return int(hashPair(src, 0, 0) >> 56) }

func hashPair(src, dst uint32, port uint16) uint64 {
	x := (uint64(src)<<32 | uint64(dst)) * 0x9E3779B97F4A7C15
	x = (x ^ x>>32 ^ uint64(port)) * 0xD6E8FEB86659FD93
	return x ^ x>>32
}
