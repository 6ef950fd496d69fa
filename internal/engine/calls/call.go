// Package calls keeps the calls of all pairs of a log, packed: in memory up to a budget, and
// past it in a temporary file.
package calls

import (
	"math"
	"unsafe"

	"beacon/internal/connection"
)

// Call is one outbound flow, as the rhythm rule needs it, in words that are packed alike.
type Call struct{ words [words]uint64 }

// The words of a call. What differs most between calls that follow each other lies in the lower
// bits, which are all that is kept of most calls (see pack).
const (
	timeWord  = iota // ns since the epoch
	placeWord        // from the lowest bit on: 1 for an attempt that was never answered, 15 bits of the row in its part, 8 of the part, the rest of the row, of the part
	endsWord         // from the lowest bit on: 20 bits of the destination, 12 of the source, the rest of the destination, of the source
	kindWord         // from the lowest bit on: port, the source's port, protocol, duration in units of connection.Unit
	sizesWord        // bytes in the lower half, those from the source in the upper
	words
)

// Size is the size of a Call in bytes.
const Size = int64(unsafe.Sizeof(Call{}))

// Begin sets the time, in ns since the epoch, and the ends.
func (c *Call) Begin(time int64, source, destination uint32) {
	c.words[timeWord] = uint64(time)
	src, dst := uint64(source), uint64(destination)
	c.words[endsWord] = dst&lowDestination | src&lowSource<<20 | dst&^lowDestination<<12 | src&^lowSource<<32
}

// Time returns the start in ns since the epoch.
func (c *Call) Time() int64 { return int64(c.words[timeWord]) }

// The bits of ends that are lowest in their word.
const (
	lowDestination = 1<<20 - 1
	lowSource      = 1<<12 - 1
)

// Source returns what the call is from.
func (c *Call) Source() uint32 {
	ends := c.words[endsWord]
	return uint32(ends>>20&lowSource | ends>>32&^lowSource)
}

// Destination returns what the call goes to.
func (c *Call) Destination() uint32 {
	ends := c.words[endsWord]
	return uint32(ends&lowDestination | ends>>12&^lowDestination)
}

// Place sets the position in the log, and whether the call is an attempt that was never
// answered.
func (c *Call) Place(position uint64, failed bool) {
	c.words[placeWord] = position&lowRow<<1 | position>>32&lowPart<<16 | position&(1<<32-1)&^lowRow<<9 | position>>32&^lowPart<<33
	if failed {
		c.words[placeWord] |= 1
	}
}

// The bits of a position's row and part that are lowest in their word. A block of a text log is a
// part of some 10,000 rows, so that calls of several parts lie in a chunk.
const (
	lowRow  = 1<<15 - 1
	lowPart = 1<<8 - 1
)

// Position returns the flow's position in the log.
func (c *Call) Position() uint64 {
	place := c.words[placeWord]
	return place>>1&lowRow | place>>16&lowPart<<32 | place>>9&(1<<32-1)&^lowRow | place>>33&^lowPart<<32
}

// Failed returns 1 for an attempt that was never answered, otherwise 0.
func (c *Call) Failed() int64 { return int64(c.words[placeWord] & 1) }

// SetBytes sets the bytes of both directions together and of those from the source; 4 GiB and
// more count as that.
func (c *Call) SetBytes(all, fromSource int64) {
	c.words[sizesWord] = clamp(all) | clamp(fromSource)<<32
}

func clamp(v int64) uint64 { return uint64(min(max(v, 0), math.MaxUint32)) }

// AddBytes adds the bytes of another call.
func (c *Call) AddBytes(o *Call) {
	c.SetBytes(c.Bytes()+o.Bytes(), c.SourceBytes()+o.SourceBytes())
}

// Bytes returns the bytes of both directions.
func (c *Call) Bytes() int64 { return int64(c.words[sizesWord] & math.MaxUint32) }

// SourceBytes returns the bytes from the source.
func (c *Call) SourceBytes() int64 { return int64(c.words[sizesWord] >> 32) }

// SetKind sets the ports, the protocol and the duration in ns; the longest duration stands for
// more.
func (c *Call) SetKind(port, sourcePort uint16, proto uint8, duration int64) {
	lasted := min(max(duration, 0)/connection.Unit, connection.MostUnits)
	c.words[kindWord] = uint64(port) | uint64(sourcePort)<<16 | uint64(proto)<<32 | uint64(lasted)<<40
}

// Port returns the destination's port.
func (c *Call) Port() uint16 { return uint16(c.words[kindWord]) }

// SourcePort returns the source's port.
func (c *Call) SourcePort() uint16 { return uint16(c.words[kindWord] >> 16) }

// Proto returns the protocol's number.
func (c *Call) Proto() uint8 { return uint8(c.words[kindWord] >> 32) }

// Lasted tells whether the call has a duration.
func (c *Call) Lasted() bool { return c.words[kindWord]>>40 != 0 }

// Record returns the call as the record of a connection.
func (c *Call) Record() connection.Record {
	return connection.Record{Start: c.Time(), Duration: int64(c.words[kindWord]>>40) * connection.Unit, SourcePort: c.SourcePort()}
}
