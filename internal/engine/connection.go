package engine

import (
	"cmp"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/connection"
)

// joinRecords joins the records of a pair that are pieces of one connection (see
// connection.JoinPieces): the first stands for all, with the sum of their bytes.
func joinRecords(calls []call) []call {
	return connection.JoinPieces(calls, (*call).Record, (*call).AddBytes)
}

// countFailed returns how many of the calls were never answered.
func countFailed(calls []call) (n int64) {
	for i := range calls {
		n += calls[i].Failed()
	}
	return n
}

// within returns the calls, in the order of time, that lie in the log's main part.
func within(calls []call, t *beacon.Totals) []call {
	from, _ := slices.BinarySearchFunc(calls, t.First, func(c call, at int64) int { return cmp.Compare(c.Time(), at) })
	to := len(calls)
	for to > from && calls[to-1].Time() > t.Last {
		to--
	}
	return calls[from:to]
}
