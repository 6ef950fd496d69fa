package clickhouse

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/connection"
	"beacon/internal/netset"
	"beacon/internal/rhythm"
)

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
	var ports []combine.PortCalls // with the judgements of their records, pieces not joined
	order := slices.Sorted(maps.Keys(e.ports))
	for _, port := range order {
		calls := e.ports[port]
		p := judgedPair{judged: len(calls.times) >= o.LeastCalls()}
		records := combine.PortCalls{Times: totals.Within(calls.times)}
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
	}
	judged, tried := combine.Ports(ports, o)
	if !tried {
		return pairs, nil, false
	}
	if d.Settled(&judged) {
		return pairs, &beacon.Candidate{Result: judged}, false
	}
	if !whole {
		return nil, nil, true
	}
	var flows []flowCall
	for _, port := range order {
		flows = append(flows, e.ports[port].flows...)
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
