package clickhouse

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/connection"
	"beacon/internal/netset"
)

// The times of all pairs don't fit into the server's memory at once, so they come over in
// blocks. A block is a range of destinations, so that a table that is ordered by
// destination is read once in all, and a pair lies in one block as a whole.

// pairFlows is about how many flows one block of pairs has. The server keeps some 20
// bytes for each.
var pairFlows int64 = 8 << 20 // tests make it smaller

// blockSample is about how many flows of each block are looked at for its bounds: its
// size is then within a third of what it should be, mostly.
const blockSample = 64

// sampledDestinations returns the destinations of about blockSample flows of each block, in order.
func (x *question) sampledDestinations() *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(s.Where, fmt.Sprintf("%s %% %d = 0", schema.Call("cityHash64", x.Src.Name, x.Dst.Name, x.Time.Name()), max(pairFlows/blockSample, 1)))
	s.Columns, s.Group, s.Order = []string{x.Dst.Name}, nil, []string{x.Dst.Name}
	return s
}

// callTimes returns the statement for the ports and times of the calls of a block of ends.
func (x *question) callTimes(block string) *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(block, s.Where)
	s.Columns = []string{x.Src.Name, x.Dst.Name, schema.Call("groupArray", portName), schema.Call("groupArray", schema.Call("toInt64", x.Time.Name()))}
	s.Group = []string{x.Src.Name, x.Dst.Name}
	s.Having = fmt.Sprintf("count() >= %d", x.query.Rhythm.LeastCalls())
	return s
}

// calls returns the statement for all about the calls of a block of ends, as arrays in one order.
func (x *question) calls(block string) *schema.Statement {
	s := x.callTimes(block)
	for _, value := range []string{x.Bytes, x.SrcBytes, x.Proto, x.SrcPort, x.Duration} {
		if value == "" {
			value = "0"
		}
		s.Columns = append(s.Columns, schema.Call("groupArray", schema.Call("toInt64", value)))
	}
	return s
}

// blocks returns the conditions of the blocks of ends.
func (f *gathering) blocks(ctx context.Context) (list []string, err error) {
	if f.found.Totals.Outbound <= pairFlows {
		return []string{""}, nil
	}
	dst := schema.Cell{Encoding: f.Dst.Encoding}
	var from, last netset.Host
	sampled, ofLast := 0, 0 // flows in the block, and those of its last destination
	bound := func(operator string, h netset.Host) string {
		literal, ok := f.Dst.Literal(h.Addr)
		if !ok {
			return ""
		}
		return f.Dst.Name + " " + operator + " " + literal
	}
	end := func(to netset.Host) { // of a block; one destination of very many flows makes several
		between := schema.All(bound(">=", from), bound("<", to))
		parts := max(1, sampled/(2*blockSample))
		for i := range parts {
			part := ""
			if parts > 1 {
				part = fmt.Sprintf("%s %% %d = %d", schema.Call("cityHash64", f.Src.Name, f.Dst.Name), parts, i)
			}
			list = append(list, schema.All(between, part))
		}
		from, sampled = to, 0
	}
	err = f.rows(ctx, "looking for the bounds of blocks", f.question.sampledDestinations(), []any{dst.Dest()}, func() error {
		at := dst.Host()
		if at != last {
			if sampled >= blockSample || ofLast >= blockSample {
				end(at)
			}
			last, ofLast = at, 0
		}
		sampled++
		ofLast++
		return nil
	})
	end(netset.Host{})
	return list, err
}

// openEnds are the sources and destinations whose times alone don't settle everything.
type openEnds struct {
	ends  [][2]netset.Host
	flows int64
}

func (o *openEnds) add(e *fetchedEnds) {
	o.ends = append(o.ends, [2]netset.Host{e.src, e.dst})
	for _, calls := range e.ports {
		o.flows += int64(len(calls))
	}
}

// openBlocks returns the conditions of the blocks of these ends. Their number goes by
// their flows; more than a few go to the server as a table.
func (f *gathering) openBlocks(o *openEnds) (list []string) {
	if len(o.ends) == 0 {
		return nil
	}
	var condition string
	both := schema.Call("", f.Src.Name, f.Dst.Name)
	if len(o.ends) <= askedAtOnce {
		var tuples []string
		var to []netset.Host
		for _, e := range o.ends {
			src, _ := f.Src.Literal(e[0].Addr)
			dst, _ := f.Dst.Literal(e[1].Addr)
			tuples, to = append(tuples, schema.Call("", src, dst)), append(to, e[1])
		}
		condition = schema.All(f.Dst.OneOf(f.Dst.Name, to), both+" IN "+schema.Call("", tuples...))
	} else {
		condition = both + " IN " + f.sets.TableOfEnds(f.Src.Encoding, f.Dst.Encoding, o.ends)
	}
	blocks := o.flows*wholeFlow/pairFlows + 1
	for i := range blocks {
		part := ""
		if blocks > 1 {
			part = fmt.Sprintf("%s %% %d = %d", schema.Call("cityHash64", f.Src.Name, f.Dst.Name), blocks, i)
		}
		list = append(list, schema.All(condition, part))
	}
	return list
}

// wholeFlow is how many times the memory of a time a whole flow takes on the server.
const wholeFlow = 4

// eachEnds calls do for the ends of each block, with their flows, on all cores.
func (f *gathering) eachEnds(ctx context.Context, blocks []string, ask func(block string) *schema.Statement, do func(*fetchedEnds)) (err error) {
	fetched := make(chan *fetchedEnds)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for e := range fetched {
				do(e)
			}
		})
	}
	for _, block := range blocks {
		if err = f.fetch(ctx, ask(block), fetched); err != nil {
			break
		}
	}
	close(fetched)
	wg.Wait()
	return err
}

// callValues are the number of values of a call that calls returns.
const callValues = 5

// fetch hands the ends of a block on.
func (f *gathering) fetch(ctx context.Context, s *schema.Statement, to chan<- *fetchedEnds) error {
	src, dst := schema.Cell{Encoding: f.Src.Encoding}, schema.Cell{Encoding: f.Dst.Encoding}
	var ports []uint16
	var times []int64
	var values [callValues][]int64 // bytes, bytes of the source, protocol, source port, duration
	columns := []any{src.Dest(), dst.Dest(), &ports, &times}
	for i := range values[:len(s.Columns)-len(columns)] {
		columns = append(columns, &values[i])
	}
	return f.rows(ctx, "fetching calls", s, columns, func() error {
		e := &fetchedEnds{src.Host(), dst.Host(), map[uint16][]flowCall{}}
		at := func(list []int64, i int) int64 {
			if list == nil {
				return 0
			}
			return list[i]
		}
		clamp := func(v int64) int64 { return min(max(v, 0), math.MaxUint32) } // as the other engine keeps them
		for i, port := range ports {
			e.ports[port] = append(e.ports[port], flowCall{
				connection.NewRecord(times[i]*f.Time.Tick(), at(values[4], i), uint16(at(values[3], i))),
				clamp(at(values[0], i)), clamp(at(values[1], i)), uint8(at(values[2], i))})
		}
		select {
		case to <- e:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}
