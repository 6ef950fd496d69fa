package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/connection"
	"beacon/internal/netset"
)

// What could not be known before all pairs were judged is fetched afterwards: the
// calls of those that may have a rotation, and of the pairs that are to be drawn.

// pairTimes is the times of the pairs of enough calls that meet a condition.
func (x *question) pairTimes(condition string, least int) *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(s.Where, condition)
	s.Columns = []string{x.Src.Name, x.Dst.Name, portName}
	for _, value := range []string{x.Time.Name(), x.SrcPort, x.Duration} {
		if value == "" {
			value = "0"
		}
		s.Columns = append(s.Columns, schema.Call("groupArray", schema.Call("toInt64", value)))
	}
	s.Having = fmt.Sprintf("count() >= %d", least)
	return s
}

func portIs(port uint16) string { return fmt.Sprintf("%s = %d", portName, port) }

// ofCallers returns the condition of a flow of one of these.
func (x *question) ofCallers(callers []beacon.Caller) string {
	sources := map[uint16][]netset.Host{}
	var ports []uint16
	for _, c := range callers {
		if sources[c.Port] == nil {
			ports = append(ports, c.Port)
		}
		sources[c.Port] = append(sources[c.Port], c.Source)
	}
	slices.Sort(ports)
	var conditions []string
	for _, port := range ports {
		conditions = append(conditions, schema.All(portIs(port), x.Src.OneOf(x.Src.Name, sources[port])))
	}
	return schema.AnyOf(conditions...)
}

// ofPairs returns the condition of a flow of one of these.
func (x *question) ofPairs(pairs []*beacon.SchedulePair) string {
	conditions := make([]string, len(pairs))
	for i, p := range pairs {
		port := ""
		if !p.AnyPort {
			port = portIs(p.Port)
		}
		conditions[i] = schema.All(port, x.Src.OneOf(x.Src.Name, []netset.Host{p.Source}), x.Dst.OneOf(x.Dst.Name, []netset.Host{p.Destination}))
	}
	return schema.AnyOf(conditions...)
}

// pairKey is a pair by its ends.
type pairKey struct {
	src, dst netset.Host
	port     uint16
	anyPort  bool // the calls to all ports; port is 0 then
}

// times calls do for the pairs that meet a condition, with their times in order.
func (f *gathering) times(ctx context.Context, condition string, least int, do func(k pairKey, times []int64)) error {
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var port uint16
	var ticks, srcPorts, durations []int64
	return f.rows(ctx, "fetching times", f.question.pairTimes(condition, least), []any{src.Dest(), dst.Dest(), &port, &ticks, &srcPorts, &durations}, func() error {
		records := make([]connection.Record, len(ticks))
		for i, t := range ticks {
			records[i] = connection.NewRecord(t*f.Time.Tick(), durations[i], uint16(srcPorts[i]))
		}
		do(pairKey{src.Host(), dst.Host(), port, false}, f.found.Totals.Within(connection.CallTimes(records)))
		return nil
	})
}

// rotations judges the callers that may have a rotation, some at a time.
func (f *gathering) rotations(ctx context.Context, judged []beacon.Candidate, turns beacon.Turns) (tried []beacon.Candidate, err error) {
	own := map[pairKey]*beacon.Own{} // pairs that keep their own rhythm
	for i := range judged {
		if p := &judged[i]; p.OwnRhythm() && !p.PortVaries {
			own[pairKey{p.Source, p.Destination, p.Port, false}] = p.Own()
		}
	}
	for callers := range turns.Batches(int(pairFlows)) {
		lists := map[beacon.Caller][]beacon.Turn{}
		for some := range slices.Chunk(callers, askedAtOnce) {
			err := f.times(ctx, f.ofCallers(some), beacon.LeastTurn, func(k pairKey, times []int64) {
				c := beacon.Caller{Source: k.src, Port: k.port}
				lists[c] = append(lists[c], beacon.Turn{Destination: k.dst, Times: times, Own: own[k]})
			})
			if err != nil {
				return nil, err
			}
		}
		for _, c := range callers {
			tried = append(tried, beacon.JudgeRotations(c, lists[c], f.rhythm)...)
		}
	}
	return tried, nil
}

// fetchTimes sets the times of the pairs given.
func (f *gathering) fetchTimes(ctx context.Context, pairs []*beacon.SchedulePair) error {
	if len(pairs) == 0 {
		return nil
	}
	at := map[pairKey][]*beacon.SchedulePair{}
	for _, p := range pairs {
		k := pairKey{p.Source, p.Destination, p.Port, p.AnyPort}
		at[k] = append(at[k], p)
	}
	return f.times(ctx, f.ofPairs(pairs), 1, func(k pairKey, times []int64) {
		for _, p := range at[k] {
			p.Times = times
		}
		k.port, k.anyPort = 0, true
		for _, p := range at[k] {
			p.Times = append(p.Times, times...)
			slices.Sort(p.Times)
		}
	})
}
