package clickhouse

import (
	"cmp"
	"context"
	"fmt"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/netset"
)

// The times of all pairs don't fit into the server's memory at once. Of a table that is
// sorted by destination they come over in blocks. A block is a range of destinations, so
// that the table is read once in all, and a pair lies in one block as a whole. Of any other
// table one statement returns them, with the server's disk beside its memory.

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

// The names of arrays of a pair's calls in these statements.
const waitsName = "beacon_waits"

// A wait has waitBytes bytes, the lowest first. The highest bit is set, because the server
// leaves out zero bytes at the end.
//
// Note: as an array of UInt32 a wait takes the client 150 ns: the driver makes a value of each
// by reflection. This takes it 10, and the server 40 more.
const (
	waitBytes = 5
	waitMark  = 1 << (8*waitBytes - 1)
	wideWait  = waitMark // the first wait that doesn't fit
)

// waits returns the columns that hold the times of a group's calls: the first of them and
// the waits between them, in ticks, of which few are wide. These stand apart, and how many
// calls are before them.
func (x *question) waits() []string {
	t := schema.Call("toInt64", x.Time.Name())
	each := schema.Call("arrayDifference", schema.Call("arraySort", schema.Call("groupArray", t)))
	wide := fmt.Sprintf("w >= %d", wideWait)
	return []string{
		schema.Call("min", t),
		schema.Call("arrayStringConcat", schema.Call("arrayMap", fmt.Sprintf("w -> reinterpretAsString(toUInt64(if(%s, 0, w) + %d))", wide, waitMark), schema.As(each, waitsName))),
		schema.Call("arrayFilter", "(i, w) -> "+wide, schema.Call("arrayMap", "(w, i) -> toUInt32(i - 1)", waitsName, schema.Call("arrayEnumerate", waitsName)), waitsName),
		schema.Call("arrayFilter", "w -> "+wide, waitsName),
	}
}

// timeCells holds what waits returns.
type timeCells struct {
	first  int64
	waits  string
	wideAt []uint32
	wide   []int64
}

func (c *timeCells) dest() []any { return []any{&c.first, &c.waits, &c.wideAt, &c.wide} }

// number returns the number of the times.
func (c *timeCells) number() int { return len(c.waits) / waitBytes }

// times returns the times, in ns, of ticks of so many ns.
func (c *timeCells) times(tick int64) []int64 {
	list := make([]int64, c.number())
	at, k := c.first, 0
	for i := range list {
		wait := int64(0)
		for b := range waitBytes {
			wait |= int64(c.waits[i*waitBytes+b]) << (8 * b)
		}
		wait -= waitMark
		if k < len(c.wideAt) && int(c.wideAt[k]) == i {
			wait = c.wide[k]
			k++
		}
		at += wait
		list[i] = at * tick
	}
	return list
}

// callTimes returns the statement for the ports and times of the calls of a block of ends:
// one port, or one for each time.
func (x *question) callTimes(block string) *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(block, s.Where)
	ports := schema.Call("if", fmt.Sprintf("min(%[1]s) = max(%[1]s)", portName), "["+schema.Call("min", portName)+"]",
		schema.Call("arraySort", "(p, t) -> t", schema.Call("groupArray", portName), schema.Call("groupArray", schema.Call("toInt64", x.Time.Name()))))
	s.Columns = append([]string{x.Src.Name, x.Dst.Name, ports}, x.waits()...)
	s.Group = []string{x.Src.Name, x.Dst.Name}
	s.Having = fmt.Sprintf("count() >= %d", x.query.Rhythm.LeastCalls())
	return x.spilling(s)
}

// calls returns the statement for all about the calls of a block of ends, a row for each, those
// of the same ends one after another, by time: then the client has little to sort.
func (x *question) calls(block string) *schema.Statement {
	s := x.pairs()
	s.Where = schema.All(block, s.Where)
	s.Group = nil
	s.Columns = []string{x.Src.Name, x.Dst.Name, portName, schema.Call("toInt64", x.Time.Name())}
	for _, value := range []struct{ typ, of string }{{"toInt64", x.Bytes}, {"toInt64", x.SrcBytes}, {"toInt64", x.Duration}, {"toUInt16", x.SrcPort}, {"toUInt8", x.Proto}} {
		s.Columns = append(s.Columns, schema.Call(value.typ, cmp.Or(value.of, "0")))
	}
	s.Order = []string{schema.Call("cityHash64", x.Src.Name, x.Dst.Name), x.Src.Name, x.Dst.Name, x.Time.Name()}
	return x.spilling(s)
}

// blocks returns the conditions of the blocks of ends: one of all where they are few, or
// where each block would read the whole table and the server's disk can hold the rest.
func (f *gathering) blocks(ctx context.Context) (list []string, err error) {
	if f.found.Totals.Outbound <= pairFlows || (!f.byDst || f.base != nil) && f.question.spill != nil {
		return []string{""}, nil
	}
	dst := schema.Cell{Encoding: f.Dst.Encoding}
	var from, last netset.Host
	sampled, ofLast := 0, 0 // flows in the block, and those of its last destination
	bound := func(operator string, h netset.Host) string {
		literal, ok := f.Dst.Literal(h)
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
	err = f.Rows(ctx, "looking for the bounds of blocks", f.question.sampledDestinations(), []any{dst.Dest()}, func() error {
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

// openEnds are sources and destinations whose flows are to be fetched as a whole.
type openEnds struct {
	ends  [][2]netset.Host
	flows int64
}

// add adds a source and a destination with so many flows.
func (o *openEnds) add(src, dst netset.Host, flows int64) {
	o.ends = append(o.ends, [2]netset.Host{src, dst})
	o.flows += flows
}

// openAtOnce is how many open ends one statement asks about: the client sends a table of
// them, and keeps it in its memory.
var openAtOnce = 1 << 20 // tests make it smaller

// openBlocks returns the conditions of the blocks of these ends. Their number goes by
// their flows where the server's disk can't hold them; more than a few go to the server as
// a table.
func (f *gathering) openBlocks(ends [][2]netset.Host, flows int64) (list []string, drop func()) {
	var condition string
	drop = func() {}
	both := schema.Call("", f.Src.Name, f.Dst.Name)
	if len(ends) <= askedAtOnce {
		var tuples []string
		var to []netset.Host
		for _, e := range ends {
			src, _ := f.Src.Literal(e[0])
			dst, _ := f.Dst.Literal(e[1])
			tuples, to = append(tuples, schema.Call("", src, dst)), append(to, e[1])
		}
		condition = schema.All(f.Dst.OneOf(f.Dst.Name, to), both+" IN "+schema.Call("", tuples...))
	} else {
		var table string
		table, drop = f.Sets.TableOfEnds(f.Src.Encoding, f.Dst.Encoding, ends)
		condition = both + " IN " + table
	}
	blocks := int64(1)
	if f.question.spill == nil {
		blocks += flows * wholeFlow / pairFlows
	}
	for i := range blocks {
		part := ""
		if blocks > 1 {
			part = fmt.Sprintf("%s %% %d = %d", schema.Call("cityHash64", f.Src.Name, f.Dst.Name), blocks, i)
		}
		list = append(list, schema.All(condition, part))
	}
	return list, drop
}

// wholeFlow is how many times the memory of a time a whole flow takes on the server.
const wholeFlow = 4
