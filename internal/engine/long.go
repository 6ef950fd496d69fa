package engine

import (
	"slices"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/connection"
	"beacon/internal/engine/calls"
)

// longs finds the pairs of the partition at hand whose connections last. A name's connections
// are those of its addresses.
func (j *partitionJudge) longs(packed calls.Packed) error {
	totals := make([]int64, len(j.groups))
	of := j.of
	for block := range packed.Blocks() {
		for i := range block {
			totals[of[i]] += block[i].Record().Duration
		}
		of = of[len(block):]
	}
	if slices.ContainsFunc(totals, func(d int64) bool { return d > 0 }) {
		j.timed.Store(true)
	}
	calls := map[uint32][]call{}
	of = j.of
	for block := range packed.Blocks() {
		for i := range block {
			if k := of[i]; connection.MayLast(time.Duration(totals[k]), j.query.MinDuration) && j.judgedByAddress(j.groups[k].dst) {
				calls[k] = append(calls[k], block[i])
			}
		}
		of = of[len(block):]
	}
	var found []beacon.LongEvidence
	for k, list := range calls {
		if e, ok := j.long(&j.groups[k], list); ok {
			found = append(found, e)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.evidence.AddLong(found)
}

// judgedByAddress tells whether a destination is an address, or where no address is judged, a
// name.
func (j *partitionJudge) judgedByAddress(dst uint32) bool {
	return !j.fold.hosts.IsName(dst) || !j.query.By.Has(beacon.ByAddress)
}

// long judges the calls of a group. It returns false where they don't last.
func (j *partitionJudge) long(g *group, calls []call) (e beacon.LongEvidence, ok bool) {
	sortCalls(calls)
	calls = within(calls, j.totals)
	records := make([]connection.Record, len(calls))
	for i := range calls {
		records[i] = calls[i].Record()
	}
	l, ok := connection.Last(records, j.query.MinDuration)
	if !ok {
		return e, false
	}
	e = beacon.LongEvidence{Destination: j.fold.hosts.Host(g.dst), Port: g.port, Proto: calls[0].Proto(), Failed: countFailed(calls), Lasting: l,
		Source: beacon.Source{Device: j.fold.deviceOf(calls), First: calls[0].Time(), Last: calls[len(calls)-1].Time(), Flows: int64(len(calls)), Position: g.position}}
	e.Source.Addr, _ = j.fold.caller(calls[0].Source())
	for i := range calls {
		e.Source.Bytes += calls[i].Bytes()
	}
	return e, true
}
