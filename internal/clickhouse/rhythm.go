package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/calls"
	"beacon/internal/clickhouse/named"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/combine"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// What of a log can't be a beacon stays on the server: pairs of fewer calls than
// are judged. They still count, in the census and as callers of the services that a
// judged pair calls. The calls of the rest come over by pair.

// The names of a pair's parts in these statements.
const (
	portName  = "beacon_port"
	callsName = "beacon_calls"
)

// pairs returns every pair with its number of calls.
func (x *question) pairs() *schema.Statement {
	s := x.statement()
	port := "toUInt16(0)"
	if x.Port != "" {
		port = schema.Call("toUInt16", x.Port)
	}
	s.With = append(s.With, schema.As(port, portName))
	s.Where = schema.All(s.Where, x.outbound())
	s.Columns = []string{x.Src.Name, x.Dst.Name, portName, schema.As(schema.Call("toInt64", schema.Call("count")), callsName)}
	s.Group = []string{x.Src.Name, x.Dst.Name, portName}
	return s
}

// The parts of the census: each pair counts once in each of them.
const (
	bySource     = 1 + iota // of each source
	bySourcePort            // of each port that a source calls
	byService               // of each port of a destination
)

// source returns a flow's source in the form of its destination.
func (x *question) source() string {
	if x.base == nil {
		return x.Src.Name
	}
	return x.Src.Host()
}

// census returns the statement that counts the pairs: all, those that are judged, and those
// of too few calls for that, which may be part of a rotation all the same, with their
// calls. There is a row for each source, one for each port of it that has pairs of few
// calls, and one for each service that several sources call, one of them often enough.
func (x *question) census() *schema.Statement {
	from := x.pairs()
	from.Settings = nil
	least := x.query.Rhythm.LeastCalls()
	few := schema.All(fmt.Sprintf("%[1]s >= %[2]d AND %[1]s < %[3]d", callsName, combine.LeastTurn, least), schema.Not(x.apart))
	return x.spilling(&schema.Statement{
		Columns: []string{
			schema.As(schema.Call("arrayJoin", fmt.Sprint("[", joinInts([]int{bySource, bySourcePort, byService}), "]")), "beacon_part"),
			schema.As(schema.Call("if", fmt.Sprintf("beacon_part = %d", byService), x.Dst.Name, x.source()), addressName),
			schema.As(schema.Call("if", fmt.Sprintf("beacon_part = %d", bySource), "toUInt16(0)", portName), "beacon_of"),
			schema.As(schema.Call("toInt64", schema.Call("count")), "beacon_pairs"),
			schema.As(schema.Call("toInt64", schema.Call("countIf", fmt.Sprintf("%s >= %d", callsName, least))), "beacon_judged"),
			schema.As(schema.Call("toInt64", schema.Call("countIf", few)), "beacon_few"),
			schema.Call("toInt64", schema.Call("sumIf", callsName, few)),
		},
		From: from.Within(), Settings: x.settings,
		Group: []string{"beacon_part", addressName, "beacon_of"},
		Having: schema.AnyOf(fmt.Sprintf("beacon_part = %d", bySource), fmt.Sprintf("beacon_part = %d AND beacon_few > 0", bySourcePort),
			fmt.Sprintf("beacon_part = %d AND beacon_pairs > 1 AND beacon_judged > 0", byService)),
	})
}

// long returns the longest outbound flows.
func (x *question) long() *schema.Statement {
	s := x.pairs()
	s.Group = nil
	if x.names != nil {
		s.Where = schema.All(s.Where, named.Own+" = ''")
	}
	s.Where = schema.All(s.Where, fmt.Sprintf("%s >= %d", x.Duration, int64(beacon.LongFlow)))
	bytes := "toInt64(0)"
	if x.Bytes != "" {
		bytes = schema.Call("toInt64", x.Bytes)
	}
	s.Columns = []string{x.Src.Name, x.Dst.Name, portName, schema.Call("toInt64", x.Time.Name()), schema.As(schema.Call("toInt64", x.Duration), "beacon_duration"), bytes}
	s.Order = []string{"beacon_duration DESC", x.Time.Name()}
	s.Limit = 10 * beacon.MaxLong // room for those that are as long and begin together
	return s
}

// judge judges the pairs. What isn't settled goes to f.found.Kept.
func (f *gathering) judge(ctx context.Context) (err error) {
	f.found.Memory = f.kept()
	f.found.Kept = beacon.NewCandidates(f.query.Decision, f.found.Memory)
	defer func() {
		if err != nil {
			f.found.Kept.Close()
		}
	}()
	drop, err := f.findApart(ctx)
	defer drop()
	if err != nil {
		return err
	}
	j := &judging{gathering: f, turns: combine.Turns{}, own: map[pairKey]*combine.Own{}}
	if err := j.countPairs(ctx); err != nil {
		return err
	}
	if err := j.judgePairs(ctx); err != nil {
		return err
	}
	f.found.PairTotals.Tried += j.together
	return j.rotations(ctx)
}

// The parts of Options.Memory.
const (
	keptMemory = 32 << 20 // most bytes of candidates before they go to a temporary file, and of findings: some hundred thousand of them
	keptShare  = 8        // the memory over this is the most that each of them takes
	judgeShare = 4        // the memory over this is what the judges of all cores take, except for one long series
)

// memory returns Options.Memory.
func (e *Engine) memory() int64 { return cmp.Or(e.opt.Memory, keptMemory*keptShare) }

// judgeMemory returns the bytes that the judges of all cores take.
func (e *Engine) judgeMemory() int64 { return e.memory() / judgeShare }

func (e *Engine) kept() int64 { return max(1, min(keptMemory, e.memory()/keptShare)) }

// judging is the judging of all pairs.
type judging struct {
	*gathering
	mu       sync.Mutex
	open     openEnds
	turns    combine.Turns            // who may have a rotation
	own      map[pairKey]*combine.Own // pairs that keep their own rhythm
	together int                      // ends that were tried with all their ports
}

// judgePairs fetches the times of the ends that can be judged, block by block, and judges
// them on all cores while the next ones come. Where that settles all of a source and a
// destination, no more is asked about them. The rest of the flows of the others is fetched
// then and judged in full.
func (j *judging) judgePairs(ctx context.Context) error {
	blocks, err := j.blocks(ctx)
	if err != nil {
		return err
	}
	j.longSeries = map[[2]netset.Host]map[uint16]rhythm.Result{}
	err = j.eachEnds(ctx, blocks, j.fetchTimes, func(e *calls.Ends) error {
		pairs, all, open := e.Judge(j.query.Decision, j.rhythm, &j.found.Totals, false)
		j.mu.Lock()
		defer j.mu.Unlock()
		if open {
			j.open.add(e.Source, e.Destination, int64(e.Number))
			if e.Long != nil {
				j.longSeries[[2]netset.Host{e.Source, e.Destination}] = e.Long
			}
			return nil
		}
		return j.decided(pairs, all)
	})
	if err != nil {
		return err
	}
	for ends := range slices.Chunk(j.open.ends, openAtOnce) {
		blocks, drop := j.openBlocks(ends, j.open.flows)
		err := j.eachEnds(ctx, blocks, j.fetchCalls, func(e *calls.Ends) error {
			pairs, all, _ := e.Judge(j.query.Decision, j.rhythm, &j.found.Totals, true)
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.decided(pairs, all)
		})
		drop()
		if err != nil {
			return err
		}
	}
	j.open, j.longSeries = openEnds{}, nil
	return nil
}

// decided keeps the judgements of the pairs of two ends, and of all together if that was
// tried.
func (j *judging) decided(pairs []calls.Judged, all *beacon.Candidate) error {
	for i := range pairs {
		p := &pairs[i]
		if !p.Enough {
			continue
		}
		if !j.isApart(p.Destination) {
			j.turns.Add(combine.Caller{Source: p.Source, Port: p.Port}, &p.Result, j.query.Rhythm.LeastCalls())
		}
		if j.query.Decision.Settled(&p.Result) {
			continue
		}
		if own := combine.OwnOf(&p.Candidate); own != nil {
			j.own[pairKey{p.Source, p.Destination, p.Port, false}] = own
		}
		if err := j.found.Kept.AddPair(&p.Candidate); err != nil {
			return err
		}
	}
	if all == nil {
		return nil
	}
	j.together++
	return j.found.Kept.AddPair(all)
}

// countPairs counts the pairs: their totals, the callers of each service that has several,
// and the pairs of few calls that may be part of a rotation.
func (j *judging) countPairs(ctx context.Context) error {
	callers := callers{addrs: map[addrService]uint32{}, names: map[nameService]uint32{}}
	j.found.Callers = func(r *beacon.Candidate) int {
		n, several := callers.of(r.Destination, r.Port)
		if !several && !r.PortVaries {
			n = 1
		}
		return int(n)
	}
	at := schema.Cell{Encoding: j.Dst.Encoding}
	var part uint8
	var port uint16
	var pairs, judged, few, fewCalls int64
	return j.Rows(ctx, "counting pairs", j.question.census(), []any{&part, at.Dest(), &port, &pairs, &judged, &few, &fewCalls}, func() error {
		switch part {
		case bySource:
			t := &j.found.PairTotals
			t.Pairs, t.Tried, t.Sources = t.Pairs+int(pairs), t.Tried+int(judged), t.Sources+1
		case bySourcePort:
			j.turns.AddFew(combine.Caller{Source: at.Host(), Port: port}, int(few), int(fewCalls))
		case byService:
			callers.set(at.Host(), port, uint32(pairs))
		}
		return nil
	})
}

// longest lists the longest flows.
func (f *gathering) longest(ctx context.Context) error {
	if f.Duration == "" {
		return nil
	}
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var l beacon.Long
	var first, duration int64
	err := f.Rows(ctx, "listing long flows", f.question.long(), []any{src.Dest(), dst.Dest(), &l.Port, &first, &duration, &l.Bytes}, func() error {
		l.Source, l.Destination, l.First, l.Duration = src.Host(), dst.Host(), first*f.Time.Tick(), time.Duration(duration)
		f.found.Long = append(f.found.Long, l)
		return nil
	})
	return err
}
