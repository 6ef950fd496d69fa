package calls

import (
	"maps"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/combine"
	"beacon/internal/connection"
	"beacon/internal/rhythm"
)

// Bytes in use for each call of a long series while it is judged.
const (
	TimeBytes  = 128 // by its times: 112 to 121 for a million random calls, and the time itself
	WholeBytes = 176 // by all about them: the flow and two more times besides
)

// Judged is a pair with its judgement, if it has calls enough for one.
type Judged struct {
	beacon.Candidate
	Enough bool
}

// Judge judges each port, and all ports together where that is tried; all is nil where it
// isn't. Unless the flows are whole it only looks at their times, and open reports that
// these don't settle everything.
func (e *Ends) Judge(d beacon.Decision, o rhythm.Options, totals *beacon.Totals, whole bool) (pairs []Judged, all *beacon.Candidate, open bool) {
	var ports []combine.PortCalls // with the judgements of their records, pieces not joined
	order := slices.Sorted(maps.Keys(e.ports))
	for _, port := range order {
		calls := e.ports[port]
		if whole {
			sortFlows(calls.flows)
			calls.times = startsOf(calls.flows)
		}
		p := Judged{Enough: len(calls.times) >= o.LeastCalls()}
		records := combine.PortCalls{Times: totals.Within(calls.times)}
		if p.Enough {
			var first rhythm.Result
			if whole {
				p.Candidate, first = e.judgeFlows(calls.flows, e.Long[port], d, o, totals)
			} else {
				first = judgeTimes(records.Times, o)
				if first.Flows >= LongSeries {
					e.setLong(port, first)
				}
				p.Candidate = beacon.Candidate{Source: e.Source, Destination: e.Destination, Result: first}
				if open = !d.Settled(&first); open {
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
	flows := make([]Flow, 0, e.Number)
	for _, port := range order {
		flows = append(flows, e.ports[port].flows...)
	}
	sortFlows(flows)
	together, _ := e.judgeFlows(flows, rhythm.Result{}, d, o, totals)
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

// setLong keeps what the times of a port said.
func (e *Ends) setLong(port uint16, r rhythm.Result) {
	if e.Long == nil {
		e.Long = map[uint16]rhythm.Result{}
	}
	e.Long[port] = r
}

// judgeFlows judges sorted flows. first is the judgement before pieces of connections were
// joined: that of their times, if it is known.
func (e *Ends) judgeFlows(flows []Flow, known rhythm.Result, d beacon.Decision, o rhythm.Options, totals *beacon.Totals) (judged beacon.Candidate, first rhythm.Result) {
	judged = beacon.Candidate{Source: e.Source, Destination: e.Destination, Proto: flows[0].proto}
	calls := within(flows, totals)
	if len(calls) == 0 {
		judged.Result = rhythm.Result{P: 1}
		return judged, judged.Result
	}
	judged.First, judged.Last = calls[0].start, calls[len(calls)-1].start
	times := startsOf(calls)
	if first = known; first.Flows != len(times) {
		first = rhythm.Judge(times, o)
	}
	judged.Result = first
	if d.Settled(&first) {
		return judged, first
	}
	if joined := join(calls); len(joined) < len(calls) {
		flowsBefore := len(calls)
		calls = joined
		times = startsOf(calls)
		judged.Result = rhythm.Judge(times, o)
		judged.Flows = flowsBefore
	}
	judged.Measure(beacon.Pair{Source: e.Source, Destination: e.Destination, Proto: judged.Proto, Times: times,
		Bytes:    column(calls, func(f *Flow) uint32 { return f.bytes }),
		SrcBytes: column(calls, func(f *Flow) uint32 { return f.srcBytes }),
	}, totals.First, totals.Last)
	return judged, first
}

// column returns a value of each flow, nil where the log has none.
func column(flows []Flow, of func(*Flow) uint32) []int64 {
	if !slices.ContainsFunc(flows, func(f Flow) bool { return of(&f) != 0 }) {
		return nil
	}
	values := make([]int64, len(flows))
	for i := range flows {
		values[i] = int64(of(&flows[i]))
	}
	return values
}

// Lasting returns the ports whose connections last.
func (e *Ends) Lasting(q *beacon.Query, totals *beacon.Totals) (found []beacon.LongEvidence) {
	for _, port := range slices.Sorted(maps.Keys(e.ports)) {
		flows := e.ports[port].flows
		sortFlows(flows)
		flows = within(flows, totals)
		records := make([]connection.Record, len(flows))
		for i := range flows {
			records[i] = flows[i].record()
		}
		l, ok := connection.Last(records, q.MinDuration)
		if !ok {
			continue
		}
		long := beacon.LongEvidence{Destination: e.Destination, Port: port, Proto: flows[0].proto, Lasting: l,
			Source: beacon.Source{Addr: e.Source, First: flows[0].start, Last: flows[len(flows)-1].start, Flows: int64(len(flows))}}
		for i := range flows {
			long.Source.Bytes += int64(flows[i].bytes)
		}
		found = append(found, long)
	}
	return found
}
