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
)

// What of a log can't be a beacon stays on the server: pairs of fewer calls than
// are judged. They still count as company of the others (beacon.Decide), by
// numbers and, where a judged pair calls the same service, by their ends. The
// calls of the rest come over by pair, in blocks of bounded size.

// pairFlows is about how many flows one block of pairs has: a pair lies in one
// block as a whole, by a hash of its ends. The server keeps some 40 bytes for each.
var pairFlows int64 = 4 << 20 // tests make it smaller

// leastCalls is the fewest flows of a pair that is fetched: of fewer nothing can
// be said, and RITA scores none of fewer than 4.
func (x *question) leastCalls() int {
	least := cmp.Or(max(0, x.query.Rhythm.MinCalls), defaultMinCalls)
	if x.query.ScoreBy == beacon.ScoreRITA {
		least = min(least, ritaMinCalls)
	}
	return least
}

const (
	defaultMinCalls = 5 // of beacon.RhythmOptions
	ritaMinCalls    = 4 // distinct times that RITA scores
)

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
			call("toInt64", call("countIf", fmt.Sprintf("%s >= %d", callsName, cmp.Or(max(0, x.query.Rhythm.MinCalls), defaultMinCalls)))),
			call("toInt64", call("uniqExact", x.src.name))},
		from: from.within(), settings: x.settings,
	}
}

// others is the sources with fewer calls than are fetched, by the services that
// another source makes as many to.
func (x *question) others() *statement {
	from := x.pairs()
	from.settings = nil
	least := x.leastCalls()
	return &statement{
		columns: []string{x.dst.name, portName, call("groupArrayIf", x.src.name, fmt.Sprintf("%s < %d", callsName, least))},
		from:    from.within(), settings: x.settings,
		group: []string{x.dst.name, portName}, having: fmt.Sprintf("max(%s) >= %d", callsName, least),
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
	s.columns = []string{x.src.name, x.dst.name, portName, value(x.time.name()), value(x.bytes), value(x.srcBytes), value(x.duration), value(x.proto)}
	s.having = fmt.Sprintf("count() >= %d", x.leastCalls())
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
func (f *finding) judge(ctx context.Context) error {
	fs := f.found
	options := f.query.Rhythm
	options.LogFirst, options.LogLast = fs.Totals.First, fs.Totals.Last
	f.query.Rhythm = options
	var pairs, tried, sources int64
	if err := f.row(ctx, "counting pairs", f.question.population(), &pairs, &tried, &sources); err != nil {
		return err
	}
	all, err := f.judgeBlocks(ctx, options)
	if err != nil {
		return err
	}
	if all, err = f.company(ctx, all); err != nil {
		return err
	}
	fs.Query = *f.query
	fs.Query.Rhythm.Tried, fs.Query.Rhythm.Sources = int(tried), int(sources)
	fs.DecideRhythms(all)
	fs.PairsTried = int(pairs)
	return f.longest(ctx)
}

// judgeBlocks fetches the calls of the pairs that can be judged, block by block,
// and judges them on all cores while the next ones come.
func (f *finding) judgeBlocks(ctx context.Context, options beacon.RhythmOptions) ([]beacon.PairRhythm, error) {
	fetched := make(chan []flowCall)
	var mu sync.Mutex
	var judged []beacon.PairRhythm
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for calls := range fetched {
				rhythm := judgeCalls(calls, options)
				mu.Lock()
				judged = append(judged, rhythm)
				mu.Unlock()
			}
		})
	}
	blocks := int((f.found.Totals.Outbound + pairFlows - 1) / pairFlows)
	var err error
	for block := 0; block < blocks && err == nil; block++ {
		err = f.fetch(ctx, f.question.calls(block, blocks), fetched)
	}
	close(fetched)
	wg.Wait()
	return judged, err
}

// flowCall is one flow of a pair.
type flowCall struct {
	src, dst                        netip.Addr
	port                            uint16
	proto                           uint8
	time, bytes, srcBytes, duration int64
}

// fetch hands the pairs of a block on.
func (f *finding) fetch(ctx context.Context, s *statement, to chan<- []flowCall) error {
	src, dst := cell{encoding: f.src.encoding}, cell{encoding: f.dst.encoding}
	var port uint16
	var times, bytes, srcBytes, durations, protos []int64
	return f.rows(ctx, "fetching calls", s, []any{src.dest(), dst.dest(), &port, &times, &bytes, &srcBytes, &durations, &protos}, func() error {
		calls := make([]flowCall, len(times))
		for i := range calls {
			calls[i] = flowCall{src.addr(), dst.addr(), port, uint8(protos[i]), times[i] * f.time.tick(), bytes[i], srcBytes[i], durations[i]}
		}
		select {
		case to <- calls:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// judgeCalls judges one pair. The order of calls at one time is that of their
// other values, as the other engine has it, and so are the limits of these.
func judgeCalls(calls []flowCall, options beacon.RhythmOptions) beacon.PairRhythm {
	clamp := func(v int64) int64 { return min(max(v, 0), math.MaxUint32) }
	for i := range calls {
		c := &calls[i]
		c.bytes, c.srcBytes, c.duration = clamp(c.bytes), clamp(c.srcBytes), clamp(c.duration/int64(time.Millisecond))*int64(time.Millisecond)
	}
	slices.SortFunc(calls, func(a, b flowCall) int {
		return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.srcBytes, b.srcBytes), cmp.Compare(a.duration, b.duration), cmp.Compare(a.proto, b.proto))
	})
	first := calls[0]
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
	p := beacon.Pair{Source: first.src, Destination: first.dst, Port: first.port, Proto: first.proto,
		Bytes:     column(func(c *flowCall) int64 { return c.bytes }),
		SrcBytes:  column(func(c *flowCall) int64 { return c.srcBytes }),
		Durations: column(func(c *flowCall) int64 { return c.duration }),
	}
	for i := range calls {
		p.Times = append(p.Times, calls[i].time)
	}
	return beacon.PairRhythm{Source: p.Source, Destination: p.Destination, Port: p.Port, Proto: p.Proto,
		First: first.time, Last: calls[len(calls)-1].time, Rhythm: beacon.JudgePair(p, options)}
}

// company adds the pairs that weren't fetched and that a decision about the
// fetched depends on.
func (f *finding) company(ctx context.Context, judged []beacon.PairRhythm) ([]beacon.PairRhythm, error) {
	dst := cell{encoding: f.dst.encoding}
	var port uint16
	sources := f.src.list()
	err := f.rows(ctx, "counting callers", f.question.others(), []any{dst.dest(), &port, sources.dest()}, func() error {
		for _, src := range sources.addrs() {
			judged = append(judged, beacon.PairRhythm{Source: src, Destination: dst.addr(), Port: port,
				Rhythm: beacon.Rhythm{Verdict: beacon.VerdictNone, P: 1, Q: 1}})
		}
		return nil
	})
	return judged, err
}

// longest lists the longest flows.
func (f *finding) longest(ctx context.Context) error {
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
	f.found.Long = beacon.SortLong(f.found.Long)
	return err
}
