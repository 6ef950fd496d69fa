package engine

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/connection"
)

// joinRecords joins the records of a pair that are pieces of one connection (see
// connection.JoinPieces): the first stands for all, with the sum of their bytes.
func joinRecords(calls []call) []call {
	return connection.JoinPieces(calls, (*call).record, func(first, piece *call) {
		first.bytes, first.srcBytes = addBytes(first.bytes, piece.bytes), addBytes(first.srcBytes, piece.srcBytes)
	})
}

// addBytes adds sizes; 4 GiB and more count as that.
func addBytes(a, b uint32) uint32 { return uint32(min(uint64(a)+uint64(b), math.MaxUint32)) }

// countFailed returns how many of the calls were never answered.
func countFailed(calls []call) (n int64) {
	for i := range calls {
		n += int64(calls[i].marked >> 63)
	}
	return n
}

// within returns the calls, in the order of time, that lie in the log's main part.
func within(calls []call, t *beacon.Totals) []call {
	from, _ := slices.BinarySearchFunc(calls, t.First, func(c call, at int64) int { return cmp.Compare(c.time, at) })
	to := len(calls)
	for to > from && calls[to-1].time > t.Last {
		to--
	}
	return calls[from:to]
}
