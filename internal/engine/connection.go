package engine

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/beacon"
)

// joinRecords joins the records of a pair, in the order of time, that are pieces of one
// connection (see beacon.Join): the first stands for all, with the sum of their bytes. It
// returns calls itself where there are none.
//
// Only pairs whose records keep time are looked at, for pieces of one length do.
func joinRecords(calls []call) []call {
	records := make([]beacon.Record, len(calls))
	for i := range calls {
		records[i] = calls[i].record()
	}
	begins := beacon.Join(records)
	if begins == nil {
		return calls
	}
	joined := make([]call, 0, len(calls))
	at := make([]int, len(calls)) // in joined, of the calls that begin
	for i, begin := range begins {
		c := &calls[i]
		if begin == i {
			at[i] = len(joined)
			joined = append(joined, *c)
			continue
		}
		first := &joined[at[begin]]
		first.bytes, first.srcBytes = addBytes(first.bytes, c.bytes), addBytes(first.srcBytes, c.srcBytes)
	}
	return joined
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
