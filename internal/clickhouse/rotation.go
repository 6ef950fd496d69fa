package clickhouse

import (
	"context"
	"fmt"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/calls"
	"beacon/internal/clickhouse/parallel"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/combine"
	"beacon/internal/connection"
	"beacon/internal/netset"
)

// What could not be known before all pairs were judged is fetched afterwards: the
// calls of those that may have a rotation, and of the pairs that are to be drawn.

// pairTimes returns the statement for the calls of the pairs of enough calls that meet a
// condition: their times as waits gives them, or, where a source port comes again, so that
// pieces of a connection may be among them, all that tells such pieces, in one order.
func (x *question) pairTimes(condition string, least int) *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(s.Where, condition)
	s.Having = fmt.Sprintf("count() >= %d", least)
	waits := x.waits()
	if x.SrcPort == "" || x.Duration == "" { // nothing to join by
		s.Columns = append([]string{x.Src.Name, x.Dst.Name, portName}, append(waits, "emptyArrayInt64()", "emptyArrayUInt16()", "emptyArrayUInt32()")...)
		return x.spilling(s)
	}
	port := schema.Call("groupArray", schema.Call("toUInt16", x.SrcPort))
	duration := schema.Call("toUInt32", schema.Call("least", schema.Call("intDiv", schema.Call("greatest", schema.Call("toInt64", x.Duration), "0"), fmt.Sprint(connection.Unit)), fmt.Sprint(connection.MostUnits)))
	pieces := schema.As(fmt.Sprintf("%s < count() AND max(%s) >= %d", schema.Call("arrayUniq", port), x.Duration, connection.Unit), "beacon_pieces")
	unless := func(column, empty string) string { return schema.Call("if", "beacon_pieces", empty, column) }
	s.Columns = []string{x.Src.Name, x.Dst.Name, portName, waits[0],
		schema.Call("if", pieces, "''", waits[1]), unless(waits[2], "emptyArrayUInt32()"), unless(waits[3], "emptyArrayInt64()"),
		schema.Call("if", "beacon_pieces", schema.Call("groupArray", schema.Call("toInt64", x.Time.Name())), "emptyArrayInt64()"),
		schema.Call("if", "beacon_pieces", port, "emptyArrayUInt16()"),
		schema.Call("if", "beacon_pieces", schema.Call("groupArray", duration), "emptyArrayUInt32()"),
	}
	return x.spilling(s)
}

func portIs(port uint16) string { return fmt.Sprintf("%s = %d", portName, port) }

// ofCallers returns the condition of a flow of one of these.
func (x *question) ofCallers(callers []combine.Caller) string {
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

// times calls do for the pairs of a statement of pairTimes, with their times in order.
func (f *gathering) times(ctx context.Context, doing string, s *schema.Statement, do func(k pairKey, times []int64) error) error {
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var port uint16
	var cells timeCells
	var ticks []int64
	var srcPorts []uint16
	var durations []uint32
	columns := append([]any{src.Dest(), dst.Dest(), &port}, append(cells.dest(), &ticks, &srcPorts, &durations)...)
	return f.Rows(ctx, doing, s, columns, func() error {
		k := pairKey{src.Host(), dst.Host(), port, false}
		if len(ticks) == 0 {
			return do(k, f.found.Totals.Within(cells.times(f.Time.Tick())))
		}
		records := make([]connection.Record, len(ticks))
		for i, t := range ticks {
			records[i] = connection.NewRecord(t*f.Time.Tick(), int64(durations[i])*connection.Unit, srcPorts[i])
		}
		return do(k, f.found.Totals.Within(connection.CallTimes(records)))
	})
}

// callersAtOnce is how many callers one statement asks about: the client sends a table of
// them, and keeps it in its memory.
var callersAtOnce = 1 << 18 // tests make it smaller

// turnsBlock is how many pairs come over at once by caller: the client holds three such
// blocks, with all times in them.
//
// Note: with the server's 65,536, the client took 419 MB for 98 million flows.
const turnsBlock = 4096

// callerTurns is the pairs of a caller that may be a rotation.
type callerTurns struct {
	combine.Caller
	list  []combine.Turn
	calls int64 // of all of them
	large parallel.Permit
}

// rotations judges the callers that may have a rotation. Their calls come over by caller.
func (j *judging) rotations(ctx context.Context) error {
	for callers := range slices.Chunk(j.turns.Callers(), callersAtOnce) {
		condition, drop := j.question.ofCallers(callers), func() {}
		if len(callers) > askedAtOnce {
			var table string
			table, drop = j.Sets.TableOfPorts(j.Src.Encoding, len(callers), func(i int) (netset.Host, uint16) {
				return callers[i].Source, callers[i].Port
			})
			condition = schema.Call("", j.Src.Name, portName) + " IN " + table
		}
		err := parallel.Each(ctx, func(ctx context.Context, to chan<- *callerTurns) error {
			return j.fetchTurns(ctx, condition, to)
		}, func(c *callerTurns) error {
			defer c.large.End()
			tried := combine.Rotations(c.Caller, c.list, j.rhythm)
			j.mu.Lock()
			defer j.mu.Unlock()
			for i := range tried {
				if err := j.found.Kept.AddRotation(&tried[i]); err != nil {
					return err
				}
			}
			return nil
		})
		drop()
		if err != nil {
			return err
		}
	}
	return nil
}

// fetchTurns hands the callers that meet a condition on.
func (j *judging) fetchTurns(ctx context.Context, condition string, to chan<- *callerTurns) error {
	s := j.question.pairTimes(schema.All(condition, schema.Not(j.apart)), combine.LeastTurn)
	s.Order = []string{j.Src.Name, portName}
	if j.question.spill != nil {
		s.Settings = with(s.Settings, []schema.Setting{{Name: "max_block_size", Value: fmt.Sprint(turnsBlock)}})
	}
	at := &callerTurns{}
	err := j.times(ctx, "fetching calls by caller", s, func(k pairKey, times []int64) error {
		c := combine.Caller{Source: k.src, Port: k.port}
		if at.Caller != c && at.list != nil {
			if err := parallel.Hand(ctx, at, to); err != nil {
				return err
			}
			at = &callerTurns{}
		}
		at.Caller = c
		at.list = append(at.list, combine.Turn{Destination: k.dst, Times: times, Own: j.own[k]})
		at.calls += int64(len(times))
		at.large.Begin(&j.large, calls.TimeBytes*at.calls, j.judgeMemory())
		return nil
	})
	if err != nil || at.list == nil {
		return err
	}
	return parallel.Hand(ctx, at, to)
}

// picture sets the times of the pairs given.
func (f *gathering) picture(ctx context.Context, pairs []*beacon.SchedulePair) error {
	if len(pairs) == 0 {
		return nil
	}
	at := map[pairKey][]*beacon.SchedulePair{}
	for _, p := range pairs {
		k := pairKey{p.Source, p.Destination, p.Port, p.AnyPort}
		at[k] = append(at[k], p)
	}
	return f.times(ctx, "fetching times to draw", f.question.pairTimes(f.ofPairs(pairs), 1), func(k pairKey, times []int64) error {
		for _, p := range at[k] {
			p.Times = times
		}
		k.port, k.anyPort = 0, true
		for _, p := range at[k] {
			p.Times = append(p.Times, times...)
			slices.Sort(p.Times)
		}
		return nil
	})
}
