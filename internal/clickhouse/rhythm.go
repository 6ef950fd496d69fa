package clickhouse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"net/netip"
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

// census returns the statement that counts the pairs: all, those that are judged, and those
// of too few calls for that, which may be part of a rotation all the same, with their
// calls. There is a row for each source, one for each port of it that has pairs of few
// calls, and one for each service that several sources call, one of them often enough.
func (x *question) census() *schema.Statement {
	from := x.pairs()
	from.Settings = nil
	least := x.query.Rhythm.LeastCalls()
	few := fmt.Sprintf("%[1]s >= %[2]d AND %[1]s < %[3]d", callsName, beacon.LeastTurn, least)
	return x.spilling(&schema.Statement{
		Columns: []string{
			schema.As(schema.Call("arrayJoin", fmt.Sprint("[", joinInts([]int{bySource, bySourcePort, byService}), "]")), "beacon_part"),
			schema.As(schema.Call("if", fmt.Sprintf("beacon_part = %d", byService), x.Dst.Name, x.Src.Name), addressName),
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
	f.found.Memory = keptMemory
	f.found.Kept = beacon.NewCandidates(f.query.Decision, keptMemory)
	defer func() {
		if err != nil {
			f.found.Kept.Close()
		}
	}()
	j := &judging{gathering: f, turns: beacon.Turns{}, own: map[pairKey]*beacon.Own{}}
	if err := j.countPairs(ctx); err != nil {
		return err
	}
	if err := j.judgePairs(ctx); err != nil {
		return err
	}
	f.found.PairTotals.Tried += j.together
	if err := j.rotations(ctx); err != nil {
		return err
	}
	return f.longest(ctx)
}

// keptMemory is how many bytes the candidates take before they go to a temporary file, and
// the findings: some hundred thousand of them, and a part of what a process may take that
// only asks a server.
const keptMemory = 32 << 20

// judging is the judging of all pairs.
type judging struct {
	*gathering
	mu       sync.Mutex
	open     openEnds
	turns    beacon.Turns            // who may have a rotation
	own      map[pairKey]*beacon.Own // pairs that keep their own rhythm
	together int                     // ends that were tried with all their ports
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
	err = eachEnds(ctx, blocks, j.fetchTimes, func(e *fetchedEnds) error {
		pairs, all, unsettled := e.judge(j.query.Decision, j.rhythm, &j.found.Totals, false)
		j.mu.Lock()
		defer j.mu.Unlock()
		if unsettled {
			j.open.add(e)
			return nil
		}
		return j.decided(pairs, all)
	})
	if err != nil {
		return err
	}
	for ends := range slices.Chunk(j.open.ends, openAtOnce) {
		blocks, drop := j.openBlocks(ends, j.open.flows)
		err := eachEnds(ctx, blocks, j.fetchCalls, func(e *fetchedEnds) error {
			pairs, all, _ := e.judge(j.query.Decision, j.rhythm, &j.found.Totals, true)
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.decided(pairs, all)
		})
		drop()
		if err != nil {
			return err
		}
	}
	j.open = openEnds{}
	return nil
}

// decided keeps the judgements of the pairs of two ends, and of all together if that was
// tried.
func (j *judging) decided(pairs []judgedPair, all *beacon.Candidate) error {
	for i := range pairs {
		p := &pairs[i]
		if !p.judged {
			continue
		}
		j.turns.Add(beacon.Caller{Source: p.Source, Port: p.Port}, &p.Result, j.query.Rhythm.LeastCalls())
		if j.query.Decision.Settled(&p.Result) {
			continue
		}
		if p.OwnRhythm() {
			j.own[pairKey{p.Source, p.Destination, p.Port, false}] = p.Own()
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
	type service struct {
		dst  netip.Addr
		port uint16
	}
	callers := map[service]uint32{}
	j.found.Callers = func(r *beacon.Candidate) int {
		n, several := callers[service{r.Destination.Addr, r.Port}]
		if !several && !r.PortVaries {
			n = 1
		}
		return int(n)
	}
	at := schema.Cell{Encoding: j.Src.Encoding}
	var part uint8
	var port uint16
	var pairs, judged, few, fewCalls int64
	return j.Rows(ctx, "counting pairs", j.question.census(), []any{&part, at.Dest(), &port, &pairs, &judged, &few, &fewCalls}, func() error {
		switch part {
		case bySource:
			t := &j.found.PairTotals
			t.Pairs, t.Tried, t.Sources = t.Pairs+int(pairs), t.Tried+int(judged), t.Sources+1
		case bySourcePort:
			j.turns.AddFew(beacon.Caller{Source: at.Host(), Port: port}, int(few), int(fewCalls))
		case byService:
			callers[service{at.Host().Addr, port}] = uint32(pairs)
		}
		return nil
	})
}

// fetchedEnds is a source and a destination with their calls, by port.
type fetchedEnds struct {
	src, dst netset.Host
	ports    map[uint16]*portCalls
}

// portCalls is the calls to one port: their times, ascending, and all about them where that
// was asked for.
type portCalls struct {
	times []int64
	flows []flowCall
}

// port returns the calls to a port, to be added to.
func (e *fetchedEnds) port(port uint16) *portCalls {
	p := e.ports[port]
	if p == nil {
		p = &portCalls{}
		e.ports[port] = p
	}
	return p
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
		p := judgedPair{judged: len(calls.times) >= o.LeastCalls()}
		records := beacon.PortCalls{Times: totals.Within(calls.times)}
		if p.judged {
			var first rhythm.Result
			if whole {
				p.Candidate, first = e.judgeCalls(calls.flows, d, o, totals)
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
		flows = append(flows, calls.flows...)
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
	times := totals.Within(startsOf(calls))
	first = rhythm.Judge(times, o)
	judged.Result = first
	if d.Settled(&first) {
		return judged, first
	}
	if joined := joinCalls(calls); len(joined) < len(calls) {
		flowsBefore := len(calls)
		calls = joined
		times = totals.Within(startsOf(calls))
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

// startsOf returns the starts of calls, ascending.
func startsOf(flows []flowCall) []int64 {
	times := make([]int64, len(flows))
	for i := range flows {
		times[i] = flows[i].Start
	}
	slices.Sort(times)
	return times
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
