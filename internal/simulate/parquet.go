package simulate

import (
	"fmt"
	"io"
	"net/netip"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// ParquetOptions says how a Parquet log is laid out. The zero value is snappy,
// dictionary-encoded addresses and row groups of 1,048,576 rows.
type ParquetOptions struct {
	Codec          string // snappy (or empty), zstd, gzip or none
	PlainAddresses bool   // no dictionary for addresses
	RowGroup       int    // rows to a row group, 0 for 1,048,576
}

const (
	parquetRowGroup = 1 << 20
	parquetBatch    = 1 << 13 // rows that are held before they go to the column writers
)

var parquetCodecs = map[string]compress.Compression{
	"":       compress.Codecs.Snappy,
	"snappy": compress.Codecs.Snappy,
	"zstd":   compress.Codecs.Zstd,
	"gzip":   compress.Codecs.Gzip,
	"none":   compress.Codecs.Uncompressed,
}

// parquetWriter writes a log as Parquet by the low-level column writers. Memory
// holds one compressed row group and a batch of rows.
type parquetWriter struct {
	sink     *sink
	file     *file.Writer
	group    file.BufferedRowGroupWriter
	rowGroup int
	inGroup  int // rows in group

	// The batch, column by column. Text of addresses lies in text.
	times            []int64
	src, dst, proto  []parquet.ByteArray
	srcPort, dstPort []int32
	bytes            []int64
	text             []byte
	protocols        [256]parquet.ByteArray
}

// NewParquetWriter returns a Writer of Parquet: timestamp in microseconds
// without a zone, addresses and protocol as UTF-8, ports INT32, payload INT64,
// every column required.
func NewParquetWriter(w io.Writer, opts ParquetOptions) (out Writer, err error) {
	codec, ok := parquetCodecs[opts.Codec]
	if !ok {
		return nil, fmt.Errorf("writing Parquet: no codec %q: it is snappy, zstd, gzip or none", opts.Codec)
	}
	if opts.RowGroup < 0 {
		return nil, fmt.Errorf("writing Parquet: %d rows to a row group", opts.RowGroup)
	}
	props := parquet.NewWriterProperties(
		parquet.WithCompression(codec),
		parquet.WithDictionaryDefault(false),
		parquet.WithDictionaryFor("src_ip", !opts.PlainAddresses),
		parquet.WithDictionaryFor("dst_ip", !opts.PlainAddresses),
		parquet.WithDictionaryFor("protocol", true),
		parquet.WithStats(false),
		parquet.WithStatsFor("timestamp", true),
		parquet.WithCreatedBy("beacon"),
	)
	p := &parquetWriter{sink: &sink{w: w}, rowGroup: opts.RowGroup}
	defer p.sink.settle(&err)
	p.file = file.NewParquetWriter(p.sink, parquetSchema(), file.WithWriterProps(props))
	if p.rowGroup == 0 {
		p.rowGroup = parquetRowGroup
	}
	for i, name := range protocolNames {
		p.protocols[i] = parquet.ByteArray(name)
	}
	return p, nil
}

// parquetSchema is the schema of a log. Its nodes can't be refused.
func parquetSchema() *schema.GroupNode {
	required := parquet.Repetitions.Required
	text := func(name string) schema.Node {
		return schema.Must(schema.NewPrimitiveNodeLogical(name, required, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1))
	}
	micros := schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
	return schema.MustGroup(schema.NewGroupNode("schema", required, schema.FieldList{
		schema.Must(schema.NewPrimitiveNodeLogical(columns[0], required, micros, parquet.Types.Int64, 0, -1)),
		text(columns[1]),
		text(columns[2]),
		schema.NewInt32Node(columns[3], required, -1),
		schema.NewInt32Node(columns[4], required, -1),
		text(columns[5]),
		schema.NewInt64Node(columns[6], required, -1),
	}, -1))
}

// Write adds one row.
func (p *parquetWriter) Write(r Row) error {
	p.times = append(p.times, r.Time/1000)
	p.src = append(p.src, p.addr(r.Src))
	p.dst = append(p.dst, p.addr(r.Dst))
	p.srcPort = append(p.srcPort, int32(r.SrcPort))
	p.dstPort = append(p.dstPort, int32(r.DstPort))
	p.proto = append(p.proto, p.protocols[r.Proto])
	p.bytes = append(p.bytes, r.Bytes)
	if p.inGroup+len(p.times) == p.rowGroup || len(p.times) == parquetBatch {
		return p.flush()
	}
	return nil
}

// addr gives an address as text that stays until the batch is written.
func (p *parquetWriter) addr(a netip.Addr) parquet.ByteArray {
	n := len(p.text)
	p.text = appendAddr(p.text, a)
	return p.text[n:len(p.text):len(p.text)]
}

// flush hands the batch to the column writers, and ends the row group when it is full.
func (p *parquetWriter) flush() (err error) {
	defer p.sink.settle(&err)
	if len(p.times) == 0 {
		return nil
	}
	if p.group == nil {
		p.group = p.file.AppendBufferedRowGroup()
	}
	for i := range columns {
		col, err := p.group.Column(i)
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i], err)
		}
		if err := p.writeColumn(i, col); err != nil {
			return fmt.Errorf("column %s: %w", columns[i], err)
		}
	}
	p.inGroup += len(p.times)
	p.times, p.bytes, p.text = p.times[:0], p.bytes[:0], p.text[:0]
	p.src, p.dst, p.proto = p.src[:0], p.dst[:0], p.proto[:0]
	p.srcPort, p.dstPort = p.srcPort[:0], p.dstPort[:0]
	if p.inGroup == p.rowGroup {
		return p.endGroup()
	}
	return nil
}

// endGroup writes the row group out.
func (p *parquetWriter) endGroup() error {
	if p.group == nil {
		return nil
	}
	if err := p.group.Close(); err != nil {
		return fmt.Errorf("row group: %w", err)
	}
	p.group, p.inGroup = nil, 0
	return nil
}

// writeColumn writes the batch of one column.
func (p *parquetWriter) writeColumn(i int, col file.ColumnChunkWriter) (err error) {
	switch w := col.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch([...][]int64{0: p.times, 6: p.bytes}[i], nil, nil)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch([...][]int32{3: p.srcPort, 4: p.dstPort}[i], nil, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch([...][]parquet.ByteArray{1: p.src, 2: p.dst, 5: p.proto}[i], nil, nil)
	}
	return err
}

// Close writes what is still held and the footer.
func (p *parquetWriter) Close() (err error) {
	if err := p.flush(); err != nil {
		return err
	}
	defer p.sink.settle(&err)
	if err := p.endGroup(); err != nil {
		return err
	}
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	return nil
}

// sink is what the library writes to. It keeps the first error, which the
// library drops here and there, and hides a Close that it would call.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}

// settle gives the error of a step its final form, deferred: the sink's own
// error before the library's, and a panic, which is how the library meets some
// failed writes, as an error.
func (s *sink) settle(err *error) {
	switch r := recover(); {
	case s.err != nil:
		*err = fmt.Errorf("writing Parquet: %w", s.err)
	case r != nil:
		*err = fmt.Errorf("writing Parquet: %v", r)
	case *err != nil:
		*err = fmt.Errorf("writing Parquet: %w", *err)
	}
}
