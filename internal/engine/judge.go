package engine

import (
	"cmp"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/engine/calls"
	"beacon/internal/rhythm"
	"beacon/internal/stats"
)

// partitionJudge is one worker's part of the judging: what it kept and counted, and its
// scratch memory.
type partitionJudge struct {
	*judging
	query  *beacon.Query
	totals *beacon.Totals

	judged       []beacon.Candidate       // of the partition at hand, that are kept
	own          map[pairKey]*combine.Own // since reset: pairs that keep their own rhythm
	turns        combine.Turns            // likewise
	pairs, tried int
	sources      [2]bitset // addresses and names, and devices

	spilled []byte   // the partition's calls that were read back
	table   []uint32 // open addressing: 1 + index in groups, 0 is free
	groups  []group
	of      []uint32            // by call of the partition, its group
	inOrder []int64             // by call of the partition, its time
	times   []int64             // of the groups, one after the other
	ends    map[uint64][]uint32 // groups by source and destination
	picked  []picked
	pair    beacon.Pair
}

// group is the calls of one pair.
type group struct {
	src, dst uint32 // src may be a device, see devices
	port     uint16
	n, end   int    // calls, and where they end among the times
	position uint64 // of the first in the log
	picked   int    // 1 + index in picked, 0 for none
	hop      int    // likewise, of the calls to all ports
	failed   int64  // attempts that were never answered
	lasted   bool   // some may be pieces of one connection: they have durations and source ports
}

// picked is a pair that is to be kept.
type picked struct {
	judged rhythm.Result
	calls  []call
	ports  *group // of calls to all ports: their ends and first position; nil of a pair
}

// reset forgets what the rotations of some sources are judged by.
func (j *partitionJudge) reset() {
	clear(j.own)
	clear(j.turns)
}

// partition judges the pairs of one partition of a store. It returns the partition's calls.
func (j *partitionJudge) partition(store *calls.Store, k int) (calls.Packed, error) {
	packed, spilled, err := store.Load(k, j.spilled)
	j.spilled = spilled
	if err != nil {
		return nil, err
	}
	j.group(packed, store.Len(k))
	if j.query.Rules.Has(beacon.EveryLong) {
		if err := j.longs(packed); err != nil {
			return nil, err
		}
	}
	if !j.query.Rules.Has(beacon.EveryRhythm) {
		return packed, nil
	}
	j.picked = j.picked[:0]
	for k := range j.groups {
		g := &j.groups[k]
		j.count(g)
		if g.n < j.query.Rhythm.LeastCalls() {
			j.turn(g, &rhythm.Result{Flows: g.n})
			continue
		}
		times := j.times[g.end-g.n : g.end]
		sortTimes(times)
		times = j.totals.Within(times)
		judged := rhythm.Judge(times, j.query.Rhythm)
		if j.query.Decision.Settled(&judged) {
			j.turn(g, &judged)
			continue
		}
		j.picked = append(j.picked, picked{judged: judged, calls: make([]call, 0, g.n)})
		g.picked = len(j.picked)
	}
	j.judgePorts()
	if len(j.picked) > 0 {
		j.judged = j.judged[:0]
		j.keep(packed)
		err = j.judging.keep(j.judged, nil)
		clear(j.judged)
	}
	return packed, err
}

// sortTimes sorts times, of which most come in order.
func sortTimes(times []int64) {
	if !slices.IsSorted(times) {
		stats.Sort(times)
	}
}

// turn counts a pair that may be part of a rotation.
func (j *partitionJudge) turn(g *group, judged *rhythm.Result) {
	if !j.apart[g.dst] {
		j.turns.Add(combine.Caller{Source: j.fold.sourceHost(g.src), Port: g.port}, judged, j.query.Rhythm.LeastCalls())
	}
}

// count counts one pair.
func (j *partitionJudge) count(g *group) {
	j.pairs++
	if g.n >= j.query.Rhythm.LeastCalls() {
		j.tried++
	}
	j.judging.callers.add(g.dst, g.port)
	j.sources[g.src/endBit].add(g.src &^ endBit)
}

// group puts the times of each pair of a partition together, in no order. n is the number of its
// calls.
func (j *partitionJudge) group(packed calls.Packed, n int) {
	j.groups = j.groups[:0]
	j.of, j.inOrder = slices.Grow(j.of[:0], n)[:n], slices.Grow(j.inOrder[:0], n)[:n]
	j.table = j.table[:cap(j.table)]
	clear(j.table)
	of, inOrder := j.of, j.inOrder
	for block := range packed.Blocks() {
		for i := range block {
			c := &block[i]
			k := j.find(c)
			g := &j.groups[k]
			g.n++
			g.position = min(g.position, c.Position())
			g.failed += c.Failed()
			g.lasted = g.lasted || c.SourcePort() != 0 && c.Lasted()
			of[i], inOrder[i] = k, c.Time()
		}
		of, inOrder = of[len(block):], inOrder[len(block):]
	}
	end := 0
	for k := range j.groups {
		j.groups[k].end = end
		end += j.groups[k].n
	}
	j.times = slices.Grow(j.times[:0], end)[:end]
	for i, k := range j.of {
		g := &j.groups[k]
		j.times[g.end] = j.inOrder[i]
		g.end++
	}
}

// find returns the group of a call.
func (j *partitionJudge) find(c *call) uint32 {
	if 2*(len(j.groups)+1) > len(j.table) {
		j.grow()
	}
	mask, port, src := uint64(len(j.table)-1), c.Port(), j.fold.devices.source(c.Source())
	for at := hashPair(src, c.Destination(), port) & mask; ; at = (at + 1) & mask {
		k := j.table[at]
		if k == 0 {
			j.groups = append(j.groups, group{src: src, dst: c.Destination(), port: port, position: c.Position()})
			j.table[at] = uint32(len(j.groups))
			return uint32(len(j.groups)) - 1
		}
		if g := &j.groups[k-1]; g.src == src && g.dst == c.Destination() && g.port == port {
			return k - 1
		}
	}
}

func (j *partitionJudge) grow() {
	j.table = make([]uint32, max(1024, 2*len(j.table)))
	mask := uint64(len(j.table) - 1)
	for k := range j.groups {
		g := &j.groups[k]
		at := hashPair(g.src, g.dst, g.port) & mask
		for j.table[at] != 0 {
			at = (at + 1) & mask
		}
		j.table[at] = uint32(k + 1)
	}
}

// keep adds the pairs that are picked to those that are kept.
func (j *partitionJudge) keep(packed calls.Packed) {
	of := j.of
	for block := range packed.Blocks() {
		for i := range block {
			g := &j.groups[of[i]]
			for _, k := range [...]int{g.picked, g.hop} {
				if k > 0 {
					p := &j.picked[k-1]
					p.calls = append(p.calls, block[i])
				}
			}
		}
		of = of[len(block):]
	}
	for k := range j.groups {
		if g := &j.groups[k]; g.picked > 0 {
			p := &j.picked[g.picked-1]
			j.keepPair(g, p)
		}
	}
	for k := range j.picked {
		if p := &j.picked[k]; p.ports != nil {
			j.keepPair(p.ports, p)
		}
	}
}

// sortCalls sorts calls by time. The order of calls at one time is that of their other
// values, so that it depends on the flows alone.
func sortCalls(calls []call) {
	slices.SortFunc(calls, func(a, b call) int {
		return cmp.Or(cmp.Compare(a.Time(), b.Time()), cmp.Compare(a.Bytes(), b.Bytes()), cmp.Compare(a.SourceBytes(), b.SourceBytes()), cmp.Compare(a.Proto(), b.Proto()),
			cmp.Compare(a.SourcePort(), b.SourcePort()), cmp.Compare(a.Record().Duration, b.Record().Duration))
	})
}

// keepPair keeps one pair, with what takes more than its times.
func (j *partitionJudge) keepPair(g *group, picked *picked) {
	calls, judged := picked.calls, picked.judged
	picked.calls = nil
	p := &j.pair
	*p = beacon.Pair{Source: j.fold.sourceHost(g.src), Destination: j.fold.hosts.Host(g.dst), Port: g.port,
		Times: p.Times[:0], Bytes: p.Bytes[:0], SrcBytes: p.SrcBytes[:0]}
	sortCalls(calls)
	calls = within(calls, j.totals)
	failed, device := countFailed(calls), j.fold.deviceOf(calls)
	first, last, flows := calls[0].Time(), calls[len(calls)-1].Time(), len(calls)
	if joined := joinRecords(calls); len(joined) < len(calls) {
		calls = joined
		judged = j.judgeJoined(calls)
		judged.Flows = flows
	}
	if picked.ports == nil {
		j.turn(g, &judged)
	}
	if j.query.Decision.Settled(&judged) {
		return
	}
	var bytes, srcBytes uint64
	for i := range calls {
		c := &calls[i]
		p.Times = append(p.Times, c.Time())
		p.Bytes = append(p.Bytes, c.Bytes())
		p.SrcBytes = append(p.SrcBytes, c.SourceBytes())
		bytes, srcBytes = bytes+uint64(c.Bytes()), srcBytes+uint64(c.SourceBytes())
	}
	known := *p // what the log doesn't have is nil
	if bytes == 0 {
		known.Bytes = nil
	}
	if srcBytes == 0 {
		known.SrcBytes = nil
	}
	known.Proto = calls[0].Proto()
	kept := beacon.Candidate{Source: p.Source, Device: device, Destination: p.Destination, Port: p.Port, Proto: known.Proto,
		PortVaries: picked.ports != nil,
		First:      first, Last: last, Position: g.position, Failed: failed, Result: judged}
	kept.Measure(known, j.totals.First, j.totals.Last)
	if own := combine.OwnOf(&kept); own != nil && !kept.PortVaries {
		j.own[pairKey{src: g.src, dst: g.dst, port: g.port}] = own
	}
	j.judged = append(j.judged, kept)
}

// judgePorts judges the calls of two ends to all ports together, where several were called.
func (j *partitionJudge) judgePorts() {
	clear(j.ends)
	for k := range j.groups {
		g := &j.groups[k]
		key := uint64(g.src)<<32 | uint64(g.dst)
		j.ends[key] = append(j.ends[key], uint32(k))
	}
	for _, list := range j.ends {
		if len(list) < 2 {
			continue
		}
		slices.SortFunc(list, func(a, b uint32) int { return cmp.Compare(j.groups[a].port, j.groups[b].port) })
		ports := make([]combine.PortCalls, len(list))
		all := group{src: j.groups[list[0]].src, dst: j.groups[list[0]].dst, position: math.MaxUint64}
		for i, k := range list {
			g := &j.groups[k]
			all.n += g.n
			all.position = min(all.position, g.position)
			times := j.times[g.end-g.n : g.end]
			sortTimes(times)
			ports[i].Times = j.totals.Within(times)
			if g.n >= j.query.Rhythm.LeastCalls() {
				ports[i].Judged = &rhythm.Result{P: 1}
				if g.picked > 0 {
					ports[i].Judged = &j.picked[g.picked-1].judged
				}
			}
		}
		judged, tried := combine.Ports(ports, j.query.Rhythm)
		if tried {
			j.tried++
		}
		if !tried || j.query.Decision.Settled(&judged) {
			continue
		}
		j.picked = append(j.picked, picked{judged: judged, calls: make([]call, 0, all.n), ports: &all})
		for _, k := range list {
			j.groups[k].hop = len(j.picked)
		}
	}
}

// judgeJoined judges calls, ascending, that several records were joined to.
func (j *partitionJudge) judgeJoined(calls []call) rhythm.Result {
	times := make([]int64, len(calls))
	for i := range calls {
		times[i] = calls[i].Time()
	}
	return rhythm.Judge(times, j.query.Rhythm)
}
