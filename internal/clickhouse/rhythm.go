package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// What of a log can't be a beacon stays on the server: pairs of fewer calls than
// are judged. They still count, in the census and as callers of the services that a
// judged pair calls. The calls of the rest come over by pair, in blocks of bounded
// size.

// pairFlows is about how many flows one block of pairs has: a pair lies in one
// block as a whole, by a hash of its ends. The server keeps some 40 bytes for each.
var pairFlows int64 = 4 << 20 // tests make it smaller

// The names of a pair's parts in these statements.
const (
	portName  = "beacon_port"
	callsName = "beacon_calls"
)

// pairs returns every pair with its number of calls.
func (x *question) pairs() *statement {
	s := x.statement()
	port := "toUInt16(0)"
	if x.port != "" {
		port = call("toUInt16", x.port)
	}
	s.with = append(s.with, as(port, portName))
	s.where = all(s.where, x.outbound())
	s.columns = []string{x.src.name, x.dst.name, portName, as(call("toInt64", call("count")), callsName)}
	s.group = []string{x.src.name, x.dst.name, portName}
	return s
}

// population counts the pairs, those of them that are judged, and their sources.
func (x *question) population() *statement {
	from := x.pairs()
	from.settings = nil
	return &statement{
		columns: []string{call("toInt64", call("count")),
			call("toInt64", call("countIf", fmt.Sprintf("%s >= %d", callsName, x.query.Rhythm.LeastCalls()))),
			call("toInt64", call("uniqExact", x.src.name))},
		from: from.within(), settings: x.settings,
	}
}

// callers returns how many sources call each service that a pair of enough calls does.
func (x *question) callers() *statement {
	from := x.pairs()
	from.settings = nil
	return &statement{
		columns: []string{x.dst.name, portName, call("toInt64", call("count"))},
		from:    from.within(), settings: x.settings,
		group: []string{x.dst.name, portName}, having: fmt.Sprintf("max(%s) >= %d", callsName, x.query.Rhythm.LeastCalls()),
	}
}

// calls returns the statement for the calls of one block of ends (a source and a
// destination), as arrays in one order.
func (x *question) calls(block, blocks int) *statement {
	s := x.pairs()
	if blocks > 1 {
		s.where = all(s.where, fmt.Sprintf("%s %% %d = %d", call("cityHash64", x.src.name, x.dst.name), blocks, block))
	}
	s.columns = []string{x.src.name, x.dst.name}
	for _, value := range []string{portName, x.time.name(), x.bytes, x.srcBytes, x.proto, x.srcPort, x.duration} {
		if value == "" {
			value = "0"
		}
		s.columns = append(s.columns, call("groupArray", call("toInt64", value)))
	}
	s.group = []string{x.src.name, x.dst.name}
	s.having = fmt.Sprintf("count() >= %d", x.query.Rhythm.LeastCalls())
	return s
}

// fewCalls returns the statement for the pairs of too few calls to be judged, counted by
// source and port: they may be part of a rotation all the same.
func (x *question) fewCalls() *statement {
	from := x.pairs()
	from.settings = nil
	from.having = fmt.Sprintf("%s >= %d AND %s < %d", callsName, beacon.LeastTurn, callsName, x.query.Rhythm.LeastCalls())
	return &statement{
		columns: []string{x.src.name, portName, call("toInt64", call("count")), call("toInt64", call("sum", callsName))},
		from:    from.within(), settings: x.settings,
		group: []string{x.src.name, portName},
	}
}

// long returns the longest outbound flows.
func (x *question) long() *statement {
	s := x.pairs()
	s.group = nil
	s.where = all(s.where, fmt.Sprintf("%s >= %d", x.duration, int64(beacon.LongFlow)))
	bytes := "toInt64(0)"
	if x.bytes != "" {
		bytes = call("toInt64", x.bytes)
	}
	s.columns = []string{x.src.name, x.dst.name, portName, call("toInt64", x.time.name()), as(call("toInt64", x.duration), "beacon_duration"), bytes}
	s.order = []string{"beacon_duration DESC", x.time.name()}
	s.limit = 10 * beacon.MaxLong // room for those that are as long and begin together
	return s
}

// judge judges the pairs.
func (f *gathering) judge(ctx context.Context) error {
	var pairs, tried, sources int64
	if err := f.row(ctx, "counting pairs", f.question.population(), &pairs, &tried, &sources); err != nil {
		return err
	}
	kept, turns, together, err := f.judgeBlocks(ctx)
	if err != nil {
		return err
	}
	if err := f.countFew(ctx, turns); err != nil {
		return err
	}
	if err := f.countCallers(ctx, kept); err != nil {
		return err
	}
	f.found.Candidates = kept
	f.found.PairTotals = beacon.PairTotals{Pairs: int(pairs), Tried: int(tried) + together, Sources: int(sources)}
	if f.found.Rotations, err = f.rotations(ctx, kept, turns); err != nil {
		return err
	}
	return f.longest(ctx)
}

// judgeBlocks fetches the calls of the ends that can be judged, block by block, judges
// them on all cores while the next ones come, keeps what isn't settled, and counts who may
// have a rotation. together is how many ends were tried with all their ports.
func (f *gathering) judgeBlocks(ctx context.Context) (kept []beacon.Candidate, turns beacon.Turns, together int, err error) {
	fetched := make(chan fetchedEnds)
	turns = beacon.Turns{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	least := f.query.Rhythm.LeastCalls()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for e := range fetched {
				pairs, all := e.judge(f.query.Decision, f.rhythm, &f.found.Totals)
				mu.Lock()
				for _, p := range pairs {
					if p.judged {
						turns.Add(beacon.Caller{Source: p.Source, Port: p.Port}, &p.Result, least)
					}
					if p.judged && !f.query.Decision.Settled(&p.Result) {
						kept = append(kept, p.Candidate)
					}
				}
				if all != nil {
					together++
					if !f.query.Decision.Settled(&all.Result) {
						kept = append(kept, *all)
					}
				}
				mu.Unlock()
			}
		})
	}
	blocks := int((f.found.Totals.Outbound + pairFlows - 1) / pairFlows)
	for block := 0; block < blocks && err == nil; block++ {
		err = f.fetch(ctx, f.question.calls(block, blocks), fetched)
	}
	close(fetched)
	wg.Wait()
	return kept, turns, together, err
}

// countFew adds the pairs of few calls to those that may have a rotation.
func (f *gathering) countFew(ctx context.Context, turns beacon.Turns) error {
	src := cell{encoding: f.src.encoding}
	var port uint16
	var pairs, calls int64
	return f.rows(ctx, "counting pairs of few calls", f.question.fewCalls(), []any{src.dest(), &port, &pairs, &calls}, func() error {
		turns.AddFew(beacon.Caller{Source: src.host(), Port: port}, int(pairs), int(calls))
		return nil
	})
}

// fetchedEnds is a source and a destination with their flows, by port.
type fetchedEnds struct {
	src, dst netset.Host
	ports    map[uint16][]flowCall
}

// flowCall is one flow of a pair.
type flowCall struct {
	beacon.Record
	bytes, srcBytes int64
	proto           uint8
}

// fetch hands the ends of a block on.
func (f *gathering) fetch(ctx context.Context, s *statement, to chan<- fetchedEnds) error {
	src, dst := cell{encoding: f.src.encoding}, cell{encoding: f.dst.encoding}
	var ports, times, bytes, srcBytes, protos, srcPorts, durations []int64
	columns := []any{src.dest(), dst.dest(), &ports, &times, &bytes, &srcBytes, &protos, &srcPorts, &durations}
	return f.rows(ctx, "fetching calls", s, columns, func() error {
		e := fetchedEnds{src.host(), dst.host(), map[uint16][]flowCall{}}
		clamp := func(v int64) int64 { return min(max(v, 0), math.MaxUint32) } // as the other engine keeps them
		for i, port := range ports {
			e.ports[uint16(port)] = append(e.ports[uint16(port)], flowCall{
				beacon.NewRecord(times[i]*f.time.tick(), durations[i], uint16(srcPorts[i])), clamp(bytes[i]), clamp(srcBytes[i]), uint8(protos[i])})
		}
		select {
		case to <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// judgedPair is a pair with its judgement, if it has calls enough for one.
type judgedPair struct {
	beacon.Candidate
	judged bool
}

// judge judges each port, and all ports together where that is tried; all is nil where it
// isn't.
func (e *fetchedEnds) judge(d beacon.Decision, o rhythm.Options, totals *beacon.Totals) (pairs []judgedPair, all *beacon.Candidate) {
	var flows []flowCall
	var ports []beacon.PortCalls // with the judgements of their records, pieces not joined
	for _, port := range slices.Sorted(maps.Keys(e.ports)) {
		calls := e.ports[port]
		p := judgedPair{judged: len(calls) >= o.LeastCalls()}
		records := beacon.PortCalls{Times: startsOf(calls, totals)}
		if p.judged {
			var first rhythm.Result
			p.Candidate, first = e.judgeCalls(calls, d, o, totals)
			p.Port, records.Judged = port, &first
			if d.Settled(&first) {
				records.Judged = &rhythm.Result{P: 1}
			}
		}
		pairs = append(pairs, p)
		ports = append(ports, records)
		flows = append(flows, calls...)
	}
	judged, tried := beacon.JudgePorts(ports, o)
	if !tried {
		return pairs, nil
	}
	if d.Settled(&judged) {
		return pairs, &beacon.Candidate{Result: judged}
	}
	together, _ := e.judgeCalls(flows, d, o, totals)
	together.PortVaries = true
	return pairs, &together
}

// judgeCalls judges calls. first is the judgement
// before pieces of connections were joined.
func (e *fetchedEnds) judgeCalls(flows []flowCall, d beacon.Decision, o rhythm.Options, totals *beacon.Totals) (judged beacon.Candidate, first rhythm.Result) {
	sortCalls(flows)
	judged = beacon.Candidate{Source: e.src, Destination: e.dst, Proto: flows[0].proto}
	calls := within(flows, totals)
	if len(calls) == 0 {
		judged.Result = rhythm.Result{P: 1}
		return judged, judged.Result
	}
	judged.First, judged.Last = calls[0].Start, calls[len(calls)-1].Start
	times := startsOf(calls, totals)
	first = rhythm.Judge(times, o)
	judged.Result = first
	if d.Settled(&first) {
		return judged, first
	}
	if joined := joinCalls(calls); len(joined) < len(calls) {
		flowsBefore := len(calls)
		calls = joined
		times = startsOf(calls, totals)
		judged.Result = rhythm.Judge(times, o)
		judged.Flows = flowsBefore
	}
	column := func(of func(*flowCall) int64) (values []int64) { // nil where the log has none
		known := false
		for i := range calls {
			values = append(values, of(&calls[i]))
			known = known || values[i] != 0
		}
		if !known {
			return nil
		}
		return values
	}
	judged.Measure(beacon.Pair{Source: e.src, Destination: e.dst, Proto: judged.Proto, Times: times,
		Bytes:    column(func(c *flowCall) int64 { return c.bytes }),
		SrcBytes: column(func(c *flowCall) int64 { return c.srcBytes }),
	}, totals.First, totals.Last)
	return judged, first
}

// sortCalls sorts calls by time. The order of flows at one time is that of their other
// values, as the other engine has it.
func sortCalls(flows []flowCall) {
	slices.SortFunc(flows, func(a, b flowCall) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.proto, b.proto),
			cmp.Compare(a.SourcePort, b.SourcePort), cmp.Compare(a.Duration, b.Duration))
	})
}

// startsOf returns the starts of calls, ascending, that lie in the log's main part.
func startsOf(flows []flowCall, totals *beacon.Totals) []int64 {
	times := make([]int64, len(flows))
	for i := range flows {
		times[i] = flows[i].Start
	}
	slices.Sort(times)
	return totals.Within(times)
}

// within returns the calls, in the order of time, that lie in the log's main part.
func within(flows []flowCall, t *beacon.Totals) []flowCall {
	from, to := 0, len(flows)
	for from < to && flows[from].Start < t.First {
		from++
	}
	for to > from && flows[to-1].Start > t.Last {
		to--
	}
	return flows[from:to]
}

// joinCalls joins the pieces of connections among calls in the order of time.
func joinCalls(flows []flowCall) []flowCall {
	records := make([]beacon.Record, len(flows))
	for i := range flows {
		records[i] = flows[i].Record
	}
	begins := beacon.Join(records)
	if begins == nil {
		return flows
	}
	var joined []flowCall
	at := make([]int, len(flows))
	for i, begin := range begins {
		if begin == i {
			at[i] = len(joined)
			joined = append(joined, flows[i])
			continue
		}
		first := &joined[at[begin]]
		first.bytes, first.srcBytes = min(first.bytes+flows[i].bytes, math.MaxUint32), min(first.srcBytes+flows[i].srcBytes, math.MaxUint32)
	}
	return joined
}

// countCallers sets the callers of the pairs that are kept.
func (f *gathering) countCallers(ctx context.Context, kept []beacon.Candidate) error {
	type service struct {
		dst  netset.Host
		port uint16
	}
	callers := map[service]int{}
	for i := range kept {
		callers[service{kept[i].Destination, kept[i].Port}] = 0
	}
	dst := cell{encoding: f.dst.encoding}
	var port uint16
	var sources int64
	err := f.rows(ctx, "counting callers", f.question.callers(), []any{dst.dest(), &port, &sources}, func() error {
		s := service{dst.host(), port}
		if _, ok := callers[s]; ok {
			callers[s] = int(sources)
		}
		return nil
	})
	for i := range kept {
		kept[i].Callers = callers[service{kept[i].Destination, kept[i].Port}]
	}
	return err
}

// longest lists the longest flows.
func (f *gathering) longest(ctx context.Context) error {
	if f.duration == "" {
		return nil
	}
	src, dst := cell{encoding: f.src.encoding}, cell{encoding: f.dst.encoding}
	var l beacon.Long
	var first, duration int64
	err := f.rows(ctx, "listing long flows", f.question.long(), []any{src.dest(), dst.dest(), &l.Port, &first, &duration, &l.Bytes}, func() error {
		l.Source, l.Destination, l.First, l.Duration = src.host(), dst.host(), first*f.time.tick(), time.Duration(duration)
		f.found.Long = append(f.found.Long, l)
		return nil
	})
	return err
}
