// Package connection joins the records that an exporter cut a long connection into: NetFlow
// and IPFIX after their active timeout, and some sensors report a connection that is still
// open at intervals. Such records follow each other at a fixed pace that no program keeps,
// so they are joined into the call that they describe.
package connection

import (
	"cmp"
	"slices"
	"time"
)

// Within is the longest pause between two records of one connection: an exporter ends
// a record after that much silence, so that a longer one would have ended the connection
// too. 15 s is the default inactive timeout of NetFlow and IPFIX exporters (Cisco's
// "timeout inactive", softflowd's and nProbe's idle timeouts are of the same order).
const Within = 15 * time.Second

// Record is a flow record of one source, destination, port and protocol, as far as it
// tells which connection it belongs to.
type Record struct {
	Start, Duration int64 // ns
	SourcePort      uint16
}

// Unit is what durations of records are kept in, in ns, and MostUnits the longest one, 12
// days.
const (
	Unit      = int64(time.Second / 16)
	MostUnits = 1<<24 - 1
)

// NewRecord returns a record. Its duration is kept in sixteenths of a second, rounded
// down, and up to 12 days.
func NewRecord(start, duration int64, sourcePort uint16) Record {
	return Record{start, min(max(duration, 0)/Unit, MostUnits) * Unit, sourcePort}
}

// CallTimes returns the starts of the calls that the records of a pair describe, ascending.
// It sorts the records.
func CallTimes(records []Record) []int64 {
	times := make([]int64, 0, len(records))
	if !slices.ContainsFunc(records, func(r Record) bool { return r.SourcePort != 0 && r.Duration > 0 }) {
		for i := range records { // nothing to join by, as in most logs of plain flows
			times = append(times, records[i].Start)
		}
		if !slices.IsSorted(times) {
			slices.Sort(times)
		}
		return times
	}
	slices.SortFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.SourcePort, b.SourcePort), cmp.Compare(a.Duration, b.Duration))
	})
	begins := Join(records)
	for i := range records {
		if begins == nil || begins[i] == i {
			times = append(times, records[i].Start)
		}
	}
	return times
}

// Join finds the pieces of connections among the records of one pair, in the order of
// start. It returns for each record the index of the one that its call begins with, which
// is its own unless it goes on with an earlier one; nil where each record is a call.
//
// A record goes on with the latest one of the same source port if it begins before, at, or
// shortly after the end of that connection, and the pause is no longer than that record
// lasted. Records without a source port or without durations tell nothing.
func Join(records []Record) []int {
	if !repeatsPort(records) {
		return nil
	}
	type connection struct {
		begin, last int   // indices
		end         int64 // ns, of all its records
	}
	open := map[uint16]connection{}
	begins := make([]int, len(records))
	joined := false
	for i, r := range records {
		begins[i] = i
		c, ok := open[r.SourcePort]
		if ok && r.SourcePort != 0 && r.continues(records[c.last], c.end) {
			begins[i], joined = c.begin, true
			open[r.SourcePort] = connection{c.begin, i, max(c.end, r.Start+r.Duration)}
		} else {
			open[r.SourcePort] = connection{i, i, r.Start + r.Duration}
		}
	}
	if !joined {
		return nil
	}
	return begins
}

// JoinPieces joins the pieces of connections among the calls of one pair, in the order of
// start (see Join): add adds each piece to the call that its connection begins with. It
// returns calls itself where none is a piece.
func JoinPieces[C any](calls []C, record func(*C) Record, add func(first, piece *C)) []C {
	records := make([]Record, len(calls))
	for i := range calls {
		records[i] = record(&calls[i])
	}
	begins := Join(records)
	if begins == nil {
		return calls
	}
	joined := make([]C, 0, len(calls))
	at := make([]int, len(calls)) // in joined, of the calls that begin
	for i, begin := range begins {
		if begin == i {
			at[i] = len(joined)
			joined = append(joined, calls[i])
			continue
		}
		add(&joined[at[begin]], &calls[i])
	}
	return joined
}

func (r Record) continues(before Record, end int64) bool {
	pause := r.Start - end
	return before.Duration > 0 && pause <= int64(Within) && pause <= before.Duration
}

// repeatsPort tells whether a record has the source port of an earlier one that lasted.
func repeatsPort(records []Record) bool {
	seen := map[uint16]bool{}
	for _, r := range records {
		if r.SourcePort == 0 {
			continue
		}
		if seen[r.SourcePort] {
			return true
		}
		if r.Duration > 0 {
			seen[r.SourcePort] = true
		}
	}
	return false
}
