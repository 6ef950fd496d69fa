package clickhouse

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2/ext"
	driver "github.com/ClickHouse/clickhouse-go/v2/lib/column"

	"beacon/internal/beacon"
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
func (x *question) sampledDestinations() *statement {
	s := x.pairs()
	s.where = all(s.where, fmt.Sprintf("%s %% %d = 0", call("cityHash64", x.src.name, x.dst.name, x.time.name()), max(pairFlows/blockSample, 1)))
	s.columns, s.group, s.order = []string{x.dst.name}, nil, []string{x.dst.name}
	return s
}

// callTimes returns the statement for the ports and times of the calls of a block of ends.
func (x *question) callTimes(block string) *statement {
	s := x.pairs()
	s.where = all(block, s.where)
	s.columns = []string{x.src.name, x.dst.name, call("groupArray", portName), call("groupArray", call("toInt64", x.time.name()))}
	s.group = []string{x.src.name, x.dst.name}
	s.having = fmt.Sprintf("count() >= %d", x.query.Rhythm.LeastCalls())
	return s
}

// calls returns the statement for all about the calls of a block of ends, as arrays in one order.
func (x *question) calls(block string) *statement {
	s := x.callTimes(block)
	for _, value := range []string{x.bytes, x.srcBytes, x.proto, x.srcPort, x.duration} {
		if value == "" {
			value = "0"
		}
		s.columns = append(s.columns, call("groupArray", call("toInt64", value)))
	}
	return s
}

// blocks returns the conditions of the blocks of ends.
func (f *gathering) blocks(ctx context.Context) (list []string, err error) {
	if f.found.Totals.Outbound <= pairFlows {
		return []string{""}, nil
	}
	dst := cell{encoding: f.dst.encoding}
	var from, last netset.Host
	sampled, ofLast := 0, 0 // flows in the block, and those of its last destination
	bound := func(operator string, h netset.Host) string {
		literal, ok := f.dst.literal(h.Addr)
		if !ok {
			return ""
		}
		return f.dst.name + " " + operator + " " + literal
	}
	end := func(to netset.Host) { // of a block; one destination of very many flows makes several
		between := all(bound(">=", from), bound("<", to))
		parts := max(1, sampled/(2*blockSample))
		for i := range parts {
			part := ""
			if parts > 1 {
				part = fmt.Sprintf("%s %% %d = %d", call("cityHash64", f.src.name, f.dst.name), parts, i)
			}
			list = append(list, all(between, part))
		}
		from, sampled = to, 0
	}
	err = f.rows(ctx, "looking for the bounds of blocks", f.question.sampledDestinations(), []any{dst.dest()}, func() error {
		at := dst.host()
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
	both := call("", f.src.name, f.dst.name)
	if len(o.ends) <= askedAtOnce {
		var tuples []string
		var to []netset.Host
		for _, e := range o.ends {
			src, _ := f.src.literal(e[0].Addr)
			dst, _ := f.dst.literal(e[1].Addr)
			tuples, to = append(tuples, call("", src, dst)), append(to, e[1])
		}
		condition = all(f.dst.oneOf(f.dst.name, to), both+" IN "+call("", tuples...))
	} else {
		condition = both + " IN " + f.sets.tableOfEnds(f.src.encoding, f.dst.encoding, o.ends)
	}
	blocks := o.flows*wholeFlow/pairFlows + 1
	for i := range blocks {
		part := ""
		if blocks > 1 {
			part = fmt.Sprintf("%s %% %d = %d", call("cityHash64", f.src.name, f.dst.name), blocks, i)
		}
		list = append(list, all(condition, part))
	}
	return list
}

// wholeFlow is how many times the memory of a time a whole flow takes on the server.
const wholeFlow = 4

// tableOfEnds makes a table of sources and destinations and returns its name.
func (l *lookups) tableOfEnds(src, dst encoding, ends [][2]netset.Host) string {
	name := fmt.Sprintf("beacon_ends_%03d", len(l.tables)+1)
	t, err := ext.NewTable(name, ext.Column("part1", src.typ()), ext.Column("part2", dst.typ()))
	for _, e := range ends {
		if err == nil {
			err = t.Append(src.value(e[0]), dst.value(e[1]))
		}
	}
	if err != nil {
		panic(fmt.Sprintf("a table can't hold addresses: %v", err)) // the types are ours
	}
	l.tables = append(l.tables, t)
	return name
}

// typ returns the type of a column of such addresses.
func (e encoding) typ() driver.Type {
	return map[encoding]driver.Type{asNumber: "UInt32", asIPv4: "IPv4", asBytes: "FixedString(16)", asIPv6: "IPv6"}[e]
}

// eachEnds calls do for the ends of each block, with their flows, on all cores.
func (f *gathering) eachEnds(ctx context.Context, blocks []string, ask func(block string) *statement, do func(*fetchedEnds)) (err error) {
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
func (f *gathering) fetch(ctx context.Context, s *statement, to chan<- *fetchedEnds) error {
	src, dst := cell{encoding: f.src.encoding}, cell{encoding: f.dst.encoding}
	var ports []uint16
	var times []int64
	var values [callValues][]int64 // bytes, bytes of the source, protocol, source port, duration
	columns := []any{src.dest(), dst.dest(), &ports, &times}
	for i := range values[:len(s.columns)-len(columns)] {
		columns = append(columns, &values[i])
	}
	return f.rows(ctx, "fetching calls", s, columns, func() error {
		e := &fetchedEnds{src.host(), dst.host(), map[uint16][]flowCall{}}
		at := func(list []int64, i int) int64 {
			if list == nil {
				return 0
			}
			return list[i]
		}
		clamp := func(v int64) int64 { return min(max(v, 0), math.MaxUint32) } // as the other engine keeps them
		for i, port := range ports {
			e.ports[port] = append(e.ports[port], flowCall{
				beacon.NewRecord(times[i]*f.time.tick(), at(values[4], i), uint16(at(values[3], i))),
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
