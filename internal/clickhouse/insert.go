package clickhouse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/netset"
)

// blockRows is the number of flows in one INSERT: at about 60 bytes each they
// are 16 MB, twice that while they are sent.
var blockRows = 16 * flow.BatchRows // tests make it smaller

// field is a column that a load fills.
type field struct {
	schema.Column
	what string // canonical name of what goes in
	unit int64  // ns in one, of a time that is a number
}

// fillable reports whether a load can fill the column. The others get their
// default.
func (c *field) fillable() bool {
	typ, _ := schema.Bare(c.Typ)
	switch c.what {
	case "timestamp", "src_ip", "dst_ip": // these have to be: the error comes with the first block
		return true
	case "name":
		return typ == "String"
	case schema.HostAddress:
		return typ == "FixedString(16)" || typ == "IPv6"
	case "end":
		return false
	}
	_, err := numbers(typ, nil)
	return err == nil
}

// block gathers flows until an INSERT is full. It belongs to one worker.
type block struct {
	time, bytes, srcBytes, duration []int64
	src, dst, name                  []uint32
	srcPort, port, proto            []int64
}

func (b *block) rows() int { return len(b.time) }

func (b *block) add(f *flow.Batch) {
	b.time = append(b.time, f.Time...)
	b.src, b.dst = append(b.src, f.Src...), append(b.dst, f.Dst...)
	b.srcPort, b.port, b.proto = widen(b.srcPort, f.SrcPort), widen(b.port, f.Port), widen(b.proto, f.Proto)
	b.bytes, b.srcBytes = append(b.bytes, f.Bytes...), append(b.srcBytes, f.SrcBytes...)
	b.duration = append(b.duration, f.Duration...)
	b.name = append(b.name, f.Name...)
}

func (b *block) reset() {
	b.time, b.bytes, b.srcBytes, b.duration = b.time[:0], b.bytes[:0], b.srcBytes[:0], b.duration[:0]
	b.src, b.dst, b.name = b.src[:0], b.dst[:0], b.name[:0]
	b.srcPort, b.port, b.proto = b.srcPort[:0], b.port[:0], b.proto[:0]
}

func widen[T uint8 | uint16](to []int64, from []T) []int64 {
	for _, v := range from {
		to = append(to, int64(v))
	}
	return to
}

// filler turns a block into the server's columns.
type filler struct {
	fields []field
	hosts  *flow.Hosts
}

// metAt returns the address at which the name was met that is a flow's destination, if the log
// tells it.
func (f *filler) metAt(dst, name uint32) (netset.Host, bool) {
	if name == 0 || !f.hosts.IsName(dst) {
		return netset.Host{}, false
	}
	return f.hosts.Host(name - 1), true
}

// send inserts a block into the table of a server.
func (f *filler) send(ctx context.Context, e *Engine, b *block) error {
	into := schema.Ident(e.At.Database) + "." + schema.Ident(e.At.Table)
	names := make([]string, len(f.fields))
	for i, c := range f.fields {
		names[i] = schema.Ident(c.Name)
	}
	ctx = driver.Context(ctx, driver.WithSettings(e.insertSettings()))
	batch, err := e.Driver.PrepareBatch(ctx, "INSERT INTO "+into+" "+schema.Call("", names...))
	if err != nil {
		return e.Failed(ctx, "inserting", err)
	}
	for i, c := range f.fields {
		values, err := f.values(c, b)
		if err == nil {
			err = batch.Column(i).Append(values)
		}
		if err != nil {
			batch.Abort()
			return e.Failed(ctx, "filling column "+c.Name+" of type "+c.Typ, err)
		}
	}
	return e.Failed(ctx, "inserting", batch.Send())
}

// insertSettings make an INSERT into a distributed table wait for its shards, and
// have no block left out that is like an earlier one.
func (e *Engine) insertSettings() driver.Settings {
	s := driver.Settings{"insert_distributed_sync": 1, "insert_deduplicate": 0}
	if e.Release.AtLeast(20, 5) {
		s["max_partitions_per_insert_block"] = 0
	}
	return s
}

// values returns a column of the block as the driver takes it.
func (f *filler) values(c field, b *block) (any, error) {
	typ, _ := schema.Bare(c.Typ)
	switch c.what {
	case "timestamp":
		return times(c, b.time)
	case "src_ip":
		return addresses(typ, b.rows(), func(i int) netset.Host { return f.hosts.Host(b.src[i]) })
	case "dst_ip":
		return addresses(typ, b.rows(), func(i int) netset.Host { return f.hosts.Host(b.dst[i]) })
	case "src_port":
		return numbers(typ, b.srcPort)
	case "dst_port":
		return numbers(typ, b.port)
	case "protocol":
		return numbers(typ, b.proto)
	case "bytes":
		return numbers(typ, b.bytes)
	case "src_bytes":
		return numbers(typ, b.srcBytes)
	case "duration":
		return seconds(typ, b.duration)
	case schema.HostAddress:
		return addresses(typ, b.rows(), func(i int) netset.Host {
			at, _ := f.metAt(b.dst[i], b.name[i])
			return at
		})
	case "name":
		texts := make([]string, b.rows())
		for i, id := range b.name {
			texts[i] = f.hosts.NameOf(b.dst[i], id)
		}
		return texts, nil
	}
	return nil, fmt.Errorf("nothing goes into it")
}

// times returns start times in ticks of the column, rounded down.
func times(c field, ns []int64) (any, error) {
	typ, _ := schema.Bare(c.Typ)
	clock, ok := schema.NewClock(c.Name, typ)
	if !ok {
		return nil, errors.New("it holds no times")
	}
	switch clock.Kind {
	case schema.DateTime, schema.DateTime64:
		list := make([]time.Time, len(ns))
		for i, t := range ns {
			if clock.Kind == schema.DateTime && (t < 0 || t >= 1<<32*int64(time.Second)) {
				return nil, fmt.Errorf("it can't hold the time %s", time.Unix(0, t).UTC())
			}
			list[i] = time.Unix(0, t).UTC()
		}
		return list, nil
	case schema.EpochFloat:
		list := make([]float64, len(ns))
		for i, t := range ns {
			list[i] = float64(t/1000) / 1e6
		}
		return list, nil
	}
	list := make([]int64, len(ns))
	for i, t := range ns {
		list[i] = floorDiv(t, c.unit)
	}
	return numbers(typ, list)
}

// floorDiv returns a/b rounded down, for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// seconds are durations in a column of a number of seconds.
func seconds(typ string, ns []int64) (any, error) {
	if typ == "Float64" {
		list := make([]float64, len(ns))
		for i, d := range ns {
			list[i] = float64(d) / 1e9
		}
		return list, nil
	}
	list := make([]int64, len(ns))
	for i, d := range ns {
		list[i] = d / 1e9
	}
	return numbers(typ, list)
}

// numbers are integers in the column's type; one that it can't hold is an error.
func numbers(typ string, list []int64) (any, error) {
	switch typ {
	case "UInt8":
		return narrow[uint8](list)
	case "UInt16":
		return narrow[uint16](list)
	case "UInt32":
		return narrow[uint32](list)
	case "UInt64":
		return narrow[uint64](list)
	case "Int16":
		return narrow[int16](list)
	case "Int32":
		return narrow[int32](list)
	case "Int64":
		return list, nil
	case "Float64":
		floats := make([]float64, len(list))
		for i, v := range list {
			floats[i] = float64(v)
		}
		return floats, nil
	}
	return nil, fmt.Errorf("it is not a number that a load can fill")
}

func narrow[T uint8 | uint16 | uint32 | uint64 | int16 | int32](list []int64) ([]T, error) {
	narrowed := make([]T, len(list))
	for i, v := range list {
		narrowed[i] = T(v)
		if int64(narrowed[i]) != v || v < 0 && narrowed[i] > 0 {
			return nil, fmt.Errorf("it can't hold %d", v)
		}
	}
	return narrowed, nil
}

// addresses are the addresses of n hosts in the column's type. A name has the address :: there.
func addresses(typ string, n int, host func(i int) netset.Host) (any, error) {
	switch typ {
	case "FixedString(16)", "IPv6":
		flat := make([][16]byte, n)
		list := make([][]byte, n)
		for i := range n {
			flat[i] = host(i).Addr.As16()
			list[i] = flat[i][:]
		}
		if typ == "IPv6" {
			return flat, nil
		}
		return list, nil
	case "String":
		list := make([]string, n)
		for i := range n {
			list[i] = host(i).String()
		}
		return list, nil
	case "UInt32", "IPv4":
		numbers := make([]uint32, n)
		list := make([]netip.Addr, n)
		for i := range n {
			h := host(i)
			a := h.Addr
			if !a.Is4() {
				return nil, fmt.Errorf("it can't hold %s", h)
			}
			b := a.As4()
			numbers[i], list[i] = binary.BigEndian.Uint32(b[:]), a
		}
		if typ == "IPv4" {
			return list, nil
		}
		return numbers, nil
	}
	return nil, errors.New("it holds no addresses")
}
