package flow

import (
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Column is a set of columns of a batch. Time, source and destination are in
// every batch; the others only where the reading asks for them.
type Column uint16

// The columns, in the order of the schema.
const (
	Time     Column = 1 << iota // start of the flow, ns since the Unix epoch
	Src                         // host id of the source
	Dst                         // host id of the destination
	SrcPort                     // 0 where the log has none
	Port                        // destination port, 0 where the log has none
	Proto                       // IP protocol number, 0 where the log has none
	Bytes                       // bytes of the flow, both directions where the log tells them
	SrcBytes                    // of these, bytes that the source sent; 0 where the log can't tell
	Duration                    // ns, 0 where the log has none
	Failed                      // 1 of an attempt that was never answered, as far as the log tells; 0 otherwise
	Name                        // Alias of the destination's other host, 0 for none: see Batch.Name
)

// Base is what every batch carries.
const Base = Time | Src | Dst

// All is every column.
const All = Base | SrcPort | Port | Proto | Bytes | SrcBytes | Duration | Failed | Name

// BatchRows is the number of rows that a batch has room for: 16,384 rows of
// the base columns are 256 KiB, which stays in a core's second-level cache.
const BatchRows = 1 << 14

var fields = []struct {
	column Column
	field  arrow.Field
}{
	{Time, arrow.Field{Name: "time", Type: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}}},
	{Src, arrow.Field{Name: "src", Type: arrow.PrimitiveTypes.Uint32}},
	{Dst, arrow.Field{Name: "dst", Type: arrow.PrimitiveTypes.Uint32}},
	{SrcPort, arrow.Field{Name: "src_port", Type: arrow.PrimitiveTypes.Uint16}},
	{Port, arrow.Field{Name: "dst_port", Type: arrow.PrimitiveTypes.Uint16}},
	{Proto, arrow.Field{Name: "protocol", Type: arrow.PrimitiveTypes.Uint8}},
	{Bytes, arrow.Field{Name: "bytes", Type: arrow.PrimitiveTypes.Int64}},
	{SrcBytes, arrow.Field{Name: "src_bytes", Type: arrow.PrimitiveTypes.Int64}},
	{Duration, arrow.Field{Name: "duration", Type: arrow.PrimitiveTypes.Int64}},
	{Failed, arrow.Field{Name: "failed", Type: arrow.PrimitiveTypes.Uint8}},
	{Name, arrow.Field{Name: "name", Type: arrow.PrimitiveTypes.Uint32}},
}

// Schema returns the Arrow schema of a batch with these columns.
func Schema(columns Column) *arrow.Schema {
	var fs []arrow.Field
	for _, f := range fields {
		if (columns | Base).Has(f.column) {
			fs = append(fs, f.field)
		}
	}
	return arrow.NewSchema(fs, nil)
}

// Has says whether all of the other columns are in the set.
func (c Column) Has(other Column) bool { return c&other == other }

// Columns is the room that a reader writes one batch of flows into: the values
// of Arrow buffers as slices of BatchRows elements each, nil for a column that
// was not asked for. A reader fills rows [0, n) and calls Batch(n); the room is
// then used again, so nobody keeps a batch past the call that handed it over.
type Columns struct {
	Time     []int64
	Src      []uint32
	Dst      []uint32
	SrcPort  []uint16
	Port     []uint16
	Proto    []uint8
	Bytes    []int64
	SrcBytes []int64
	Duration []int64
	Failed   []uint8
	Name     []uint32

	schema  *arrow.Schema
	buffers []*memory.Buffer
}

// NewColumns makes room for BatchRows flows with these columns and the base.
func NewColumns(columns Column) *Columns {
	columns |= Base
	c := &Columns{schema: Schema(columns)}
	for _, f := range fields {
		if !columns.Has(f.column) {
			continue
		}
		width := f.field.Type.(arrow.FixedWidthDataType).Bytes()
		buf := memory.NewBufferBytes(make([]byte, BatchRows*width))
		c.buffers = append(c.buffers, buf)
		switch f.column {
		case Time:
			c.Time = view[int64](buf)
		case Src:
			c.Src = view[uint32](buf)
		case Dst:
			c.Dst = view[uint32](buf)
		case SrcPort:
			c.SrcPort = view[uint16](buf)
		case Port:
			c.Port = view[uint16](buf)
		case Proto:
			c.Proto = buf.Bytes()
		case Bytes:
			c.Bytes = view[int64](buf)
		case SrcBytes:
			c.SrcBytes = view[int64](buf)
		case Duration:
			c.Duration = view[int64](buf)
		case Failed:
			c.Failed = buf.Bytes()
		case Name:
			c.Name = view[uint32](buf)
		}
	}
	return c
}

func view[T any](buf *memory.Buffer) []T {
	b := buf.Bytes()
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// Batch returns the first n rows. No value is copied: the batch is good until the columns
// are written again.
func (c *Columns) Batch(n int) *Batch {
	return &Batch{Time: c.Time[:n], Src: c.Src[:n], Dst: c.Dst[:n], SrcPort: first(c.SrcPort, n), Port: first(c.Port, n), Proto: first(c.Proto, n), Bytes: first(c.Bytes, n),
		SrcBytes: first(c.SrcBytes, n), Duration: first(c.Duration, n), Failed: first(c.Failed, n), Name: first(c.Name, n), columns: c}
}

// first returns the first n values of a column, nil for one that was not asked for.
func first[T any](column []T, n int) []T {
	if column == nil {
		return nil
	}
	return column[:n]
}

// Batch is a record batch of flows as typed views of its columns, in the
// order of the log; a column that was not asked for is nil.
type Batch struct {
	Time     []int64
	Src      []uint32
	Dst      []uint32
	SrcPort  []uint16
	Port     []uint16
	Proto    []uint8
	Bytes    []int64
	SrcBytes []int64
	Duration []int64
	Failed   []uint8

	// Name is the Alias of the destination's other host. Where Dst is an address it is the
	// name that the flow asked for, and the flow counts for both, once in totals. Where Dst
	// is a name it is the address that was called, which another log counts.
	Name []uint32

	columns *Columns
}

// Len returns the number of flows in the batch.
func (b *Batch) Len() int { return len(b.Time) }

// Record returns the batch as an Arrow record, which is good as long as the batch is.
//
// Note: made for each batch, whoever asked for it, it took a twentieth of the CPU of a log
// of 10,000 small files.
func (b *Batch) Record() arrow.Record {
	arrays := make([]arrow.Array, len(b.columns.buffers))
	for i, buf := range b.columns.buffers {
		data := array.NewData(b.columns.schema.Field(i).Type, b.Len(), []*memory.Buffer{nil, buf}, nil, 0, 0)
		arrays[i] = array.MakeFromData(data)
	}
	return array.NewRecord(b.columns.schema, arrays, int64(b.Len()))
}

// Copy copies row i of a batch of the same columns into row k.
func (c *Columns) Copy(k int, b *Batch, i int) {
	c.Time[k], c.Src[k], c.Dst[k] = b.Time[i], b.Src[i], b.Dst[i]
	if c.SrcPort != nil {
		c.SrcPort[k] = b.SrcPort[i]
	}
	if c.Port != nil {
		c.Port[k] = b.Port[i]
	}
	if c.Proto != nil {
		c.Proto[k] = b.Proto[i]
	}
	if c.Bytes != nil {
		c.Bytes[k] = b.Bytes[i]
	}
	if c.SrcBytes != nil {
		c.SrcBytes[k] = b.SrcBytes[i]
	}
	if c.Duration != nil {
		c.Duration[k] = b.Duration[i]
	}
	if c.Failed != nil {
		c.Failed[k] = b.Failed[i]
	}
	if c.Name != nil {
		c.Name[k] = b.Name[i]
	}
}
