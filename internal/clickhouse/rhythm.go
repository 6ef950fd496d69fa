package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"beacon/internal/beacon"
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

// pairs is every pair with its number of calls.
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

// callers is how many sources call each service that a pair of enough calls does.
func (x *question) callers() *statement {
	from := x.pairs()
	from.settings = nil
	return &statement{
		columns: []string{x.dst.name, portName, call("toInt64", call("count"))},
		from:    from.within(), settings: x.settings,
		group: []string{x.dst.name, portName}, having: fmt.Sprintf("max(%s) >= %d", callsName, x.query.Rhythm.LeastCalls()),
	}
}

// calls is the pairs of one block with their calls, as arrays in one order.
func (x *question) calls(block, blocks int) *statement {
	s := x.pairs()
	if blocks > 1 {
		s.where = all(s.where, fmt.Sprintf("%s %% %d = %d", call("cityHash64", x.src.name, x.dst.name, portName), blocks, block))
	}
	value := func(expression string) string {
		if expression == "" {
			expression = "0"
		}
		return call("groupArray", call("toInt64", expression))
	}
	s.columns = []string{x.src.name, x.dst.name, portName, value(x.time.name()), value(x.bytes), value(x.srcBytes), value(x.proto)}
	s.having = fmt.Sprintf("count() >= %d", x.query.Rhythm.LeastCalls())
	return s
}

// long is the longest outbound flows.
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
	kept, turns, err := f.judgeBlocks(ctx)
	if err != nil {
		return err
	}
	if err := f.countCallers(ctx, kept); err != nil {
		return err
	}
	f.found.Candidates, f.found.PairTotals = kept, beacon.PairTotals{Pairs: int(pairs), Tried: int(tried), Sources: int(sources)}
	if f.found.Rotations, err = f.rotations(ctx, kept, turns); err != nil {
		return err
	}
	return f.longest(ctx)
}

// judgeBlocks fetches the calls of the pairs that can be judged, block by block,
// judges them on all cores while the next ones come, keeps what isn't settled, and
// counts who may have a rotation.
func (f *gathering) judgeBlocks(ctx context.Context) (kept []beacon.Candidate, turns beacon.Turns, err error) {
	fetched := make(chan fetchedPair)
	turns = beacon.Turns{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for p := range fetched {
				pair, keep := p.judge(f.query, &f.found.Totals)
				mu.Lock()
				turns.Add(beacon.Caller{Source: pair.Source, Port: pair.Port}, &pair.Result)
				if keep {
					kept = append(kept, pair)
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
	return kept, turns, err
}

// fetchedPair is a pair with its flows.
type fetchedPair struct {
	src, dst netip.Addr
	port     uint16
	flows    []flowCall
}

// flowCall is one flow of a pair.
type flowCall struct {
	time, bytes, srcBytes int64
	proto                 uint8
}

// fetch hands the pairs of a block on.
func (f *gathering) fetch(ctx context.Context, s *statement, to chan<- fetchedPair) error {
	src, dst := cell{encoding: f.src.encoding}, cell{encoding: f.dst.encoding}
	var port uint16
	var times, bytes, srcBytes, protos []int64
	return f.rows(ctx, "fetching calls", s, []any{src.dest(), dst.dest(), &port, &times, &bytes, &srcBytes, &protos}, func() error {
		p := fetchedPair{src.addr(), dst.addr(), port, make([]flowCall, len(times))}
		clamp := func(v int64) int64 { return min(max(v, 0), math.MaxUint32) } // as the other engine keeps them
		for i := range p.flows {
			p.flows[i] = flowCall{times[i] * f.time.tick(), clamp(bytes[i]), clamp(srcBytes[i]), uint8(protos[i])}
		}
		select {
		case to <- p:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// judge judges the pair, and tells whether to keep it. The order of flows at one
// time is that of their other values, as the other engine has it.
func (f *fetchedPair) judge(q *beacon.Query, totals *beacon.Totals) (judged beacon.Candidate, keep bool) {
	slices.SortFunc(f.flows, func(a, b flowCall) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.proto, b.proto))
	})
	column := func(of func(*flowCall) int64) (values []int64) { // nil where the log has none
		known := false
		for i := range f.flows {
			values = append(values, of(&f.flows[i]))
			known = known || values[i] != 0
		}
		if !known {
			return nil
		}
		return values
	}
	times := make([]int64, len(f.flows))
	for i := range f.flows {
		times[i] = f.flows[i].time
	}
	judged = beacon.Candidate{Source: f.src, Destination: f.dst, Port: f.port, Proto: f.flows[0].proto,
		First: times[0], Last: times[len(times)-1], Result: rhythm.Judge(times, q.Rhythm)}
	if q.Decision.Settled(&judged.Result) {
		return judged, false
	}
	judged.Measure(beacon.Pair{Source: f.src, Destination: f.dst, Port: f.port, Proto: judged.Proto, Times: times,
		Bytes:    column(func(c *flowCall) int64 { return c.bytes }),
		SrcBytes: column(func(c *flowCall) int64 { return c.srcBytes }),
	}, totals.First, totals.Last)
	return judged, true
}

// countCallers sets the callers of the pairs that are kept.
func (f *gathering) countCallers(ctx context.Context, kept []beacon.Candidate) error {
	type service struct {
		dst  netip.Addr
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
		s := service{dst.addr(), port}
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
		l.Source, l.Destination, l.First, l.Duration = src.addr(), dst.addr(), first*f.time.tick(), time.Duration(duration)
		f.found.Long = append(f.found.Long, l)
		return nil
	})
	return err
}
