package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

// What of a log can't be a beacon stays on the server: pairs of fewer calls than
// are judged. They still count, in the census and as callers of the services that a
// judged pair calls. The calls of the rest come over by pair, in blocks of bounded
// size.

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

// population counts the pairs, those of them that are judged, and their sources.
func (x *question) population() *schema.Statement {
	from := x.pairs()
	from.Settings = nil
	return &schema.Statement{
		Columns: []string{schema.Call("toInt64", schema.Call("count")),
			schema.Call("toInt64", schema.Call("countIf", fmt.Sprintf("%s >= %d", callsName, x.query.Rhythm.LeastCalls()))),
			schema.Call("toInt64", schema.Call("uniqExact", x.Src.Name))},
		From: from.Within(), Settings: x.settings,
	}
}

// callers returns how many sources call each service that a pair of enough calls does.
func (x *question) callers() *schema.Statement {
	from := x.pairs()
	from.Settings = nil
	return &schema.Statement{
		Columns: []string{x.Dst.Name, portName, schema.Call("toInt64", schema.Call("count"))},
		From:    from.Within(), Settings: x.settings,
		Group: []string{x.Dst.Name, portName}, Having: fmt.Sprintf("max(%s) >= %d", callsName, x.query.Rhythm.LeastCalls()),
	}
}

// fewCalls returns the statement for the pairs of too few calls to be judged, counted by
// source and port: they may be part of a rotation all the same.
func (x *question) fewCalls() *schema.Statement {
	from := x.pairs()
	from.Settings = nil
	from.Having = fmt.Sprintf("%s >= %d AND %s < %d", callsName, beacon.LeastTurn, callsName, x.query.Rhythm.LeastCalls())
	return &schema.Statement{
		Columns: []string{x.Src.Name, portName, schema.Call("toInt64", schema.Call("count")), schema.Call("toInt64", schema.Call("sum", callsName))},
		From:    from.Within(), Settings: x.settings,
		Group: []string{x.Src.Name, portName},
	}
}

// long returns the longest outbound flows.
func (x *question) long() *schema.Statement {
	s := x.pairs()
	s.Group = nil
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

// judgeBlocks fetches the times of the ends that can be judged, block by block, and judges
// them on all cores while the next ones come. Where that settles all of a source and a
// destination, no more is asked about them. The rest of the flows of the others is fetched
// then and judged in full. It returns what isn't settled, and counts who may have a
// rotation. together is how many ends were tried with all their ports.
func (f *gathering) judgeBlocks(ctx context.Context) (kept []beacon.Candidate, turns beacon.Turns, together int, err error) {
	turns = beacon.Turns{}
	var open openEnds
	least := f.query.Rhythm.LeastCalls()
	decided := func(pairs []judgedPair, all *beacon.Candidate) {
		for _, p := range pairs {
			if p.judged {
				turns.Add(beacon.Caller{Source: p.Source, Port: p.Port}, &p.Result, least)
				if !f.query.Decision.Settled(&p.Result) {
					kept = append(kept, p.Candidate)
				}
			}
		}
		if all != nil {
			together++
			if !f.query.Decision.Settled(&all.Result) {
				kept = append(kept, *all)
			}
		}
	}
	blocks, err := f.blocks(ctx)
	if err != nil {
		return nil, nil, 0, err
	}
	var mu sync.Mutex
	err = f.eachEnds(ctx, blocks, f.question.callTimes, func(e *fetchedEnds) {
		pairs, all, unsettled := e.judge(f.query.Decision, f.rhythm, &f.found.Totals, false)
		mu.Lock()
		defer mu.Unlock()
		if unsettled {
			open.add(e)
			return
		}
		decided(pairs, all)
	})
	if err != nil {
		return nil, nil, 0, err
	}
	err = f.eachEnds(ctx, f.openBlocks(&open), f.question.calls, func(e *fetchedEnds) {
		pairs, all, _ := e.judge(f.query.Decision, f.rhythm, &f.found.Totals, true)
		mu.Lock()
		defer mu.Unlock()
		decided(pairs, all)
	})
	return kept, turns, together, err
}

// countFew adds the pairs of few calls to those that may have a rotation.
func (f *gathering) countFew(ctx context.Context, turns beacon.Turns) error {
	src := schema.Cell{Encoding: f.Src.Encoding}
	var port uint16
	var pairs, calls int64
	return f.rows(ctx, "counting pairs of few calls", f.question.fewCalls(), []any{src.Dest(), &port, &pairs, &calls}, func() error {
		turns.AddFew(beacon.Caller{Source: src.Host(), Port: port}, int(pairs), int(calls))
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
	connection.Record
	bytes, srcBytes int64
	proto           uint8
}

// judgedPair is a pair with its judgement, if it has calls enough for one.
type judgedPair struct {
	beacon.Candidate
	judged bool
}

// judge judges each port, and all ports together where that is tried; all is nil where it
// isn't. Unless the flows are whole it only looks at their times, and unsettled reports
// that these don't settle everything.
func (e *fetchedEnds) judge(d beacon.Decision, o rhythm.Options, totals *beacon.Totals, whole bool) (pairs []judgedPair, all *beacon.Candidate, unsettled bool) {
	var flows []flowCall
	var ports []beacon.PortCalls // with the judgements of their records, pieces not joined
	for _, port := range slices.Sorted(maps.Keys(e.ports)) {
		calls := e.ports[port]
		p := judgedPair{judged: len(calls) >= o.LeastCalls()}
		records := beacon.PortCalls{Times: startsOf(calls, totals)}
		if p.judged {
			var first rhythm.Result
			if whole {
				p.Candidate, first = e.judgeCalls(calls, d, o, totals)
			} else {
				first = judgeTimes(records.Times, o)
				p.Candidate = beacon.Candidate{Source: e.src, Destination: e.dst, Result: first}
				if unsettled = !d.Settled(&first); unsettled {
					return nil, nil, true
				}
			}
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
		return pairs, nil, false
	}
	if d.Settled(&judged) {
		return pairs, &beacon.Candidate{Result: judged}, false
	}
	if !whole {
		return nil, nil, true
	}
	together, _ := e.judgeCalls(flows, d, o, totals)
	together.PortVaries = true
	return pairs, &together, false
}

// judgeTimes judges the starts of calls in the log's main part.
func judgeTimes(times []int64, o rhythm.Options) rhythm.Result {
	if len(times) == 0 {
		return rhythm.Result{P: 1}
	}
	return rhythm.Judge(times, o)
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
	return connection.JoinPieces(flows, func(c *flowCall) connection.Record { return c.Record }, func(first, piece *flowCall) {
		first.bytes, first.srcBytes = min(first.bytes+piece.bytes, math.MaxUint32), min(first.srcBytes+piece.srcBytes, math.MaxUint32)
	})
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
	dst := schema.Cell{Encoding: f.Dst.Encoding}
	var port uint16
	var sources int64
	err := f.rows(ctx, "counting callers", f.question.callers(), []any{dst.Dest(), &port, &sources}, func() error {
		s := service{dst.Host(), port}
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
	if f.Duration == "" {
		return nil
	}
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var l beacon.Long
	var first, duration int64
	err := f.rows(ctx, "listing long flows", f.question.long(), []any{src.Dest(), dst.Dest(), &l.Port, &first, &duration, &l.Bytes}, func() error {
		l.Source, l.Destination, l.First, l.Duration = src.Host(), dst.Host(), first*f.Time.Tick(), time.Duration(duration)
		f.found.Long = append(f.found.Long, l)
		return nil
	})
	return err
}
