package write

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/flow"
)

func init() {
	f, err := Parquet(ParquetOptions{})
	if err != nil {
		panic(err)
	}
	register(f)
}

// ParquetOptions says how Parquet is laid out. The zero value is zstd and a
// dictionary for addresses.
type ParquetOptions struct {
	Codec          string // zstd (or empty), snappy or none
	PlainAddresses bool   // addresses without a dictionary
}

var parquetCodecs = map[string]compress.Compression{
	"":       compress.Codecs.Zstd,
	"zstd":   compress.Codecs.Zstd,
	"snappy": compress.Codecs.Snappy,
	"none":   compress.Codecs.Uncompressed,
}

// Parquet returns the Parquet format in a layout.
func Parquet(opt ParquetOptions) (*Format, error) {
	codec, ok := parquetCodecs[opt.Codec]
	if !ok {
		return nil, fmt.Errorf("writing Parquet: no codec %q: it is zstd, snappy or none", opt.Codec)
	}
	return &Format{
		Name:    "parquet",
		Doc:     "Parquet (zstd, dictionary addresses), the form that beacon reads fastest",
		Columns: flow.All, Optional: flow.Name,
		New: func(w io.Writer, hosts *flow.Hosts) (Writer, error) {
			return &parquetWriter{sink: &parquetSink{w: w}, table: hosts, codec: codec, plain: opt.PlainAddresses}, nil
		},
	}, nil
}

// parquetRowGroup is the rows of a row group: what one worker reads at a time.
const parquetRowGroup = 1 << 19

// parquetWriter writes canonical Parquet. Memory holds the encoded columns of one
// row group and the text of one batch.
type parquetWriter struct {
	sink    *parquetSink
	table   *flow.Hosts
	codec   compress.Compression
	plain   bool // no dictionary for addresses
	file    *file.Writer
	group   file.BufferedRowGroupWriter
	inGroup int
	columns flow.Column // of the first batch

	// Room for the batch of one column.
	int64s []int64
	int32s []int32
	floats []float64
	texts  []parquet.ByteArray
	text   []byte
}

// open begins the file with the columns of the first batch.
func (p *parquetWriter) open(columns flow.Column) (err error) {
	defer p.sink.settle(&err)
	p.columns = columns
	options := []parquet.WriterProperty{
		parquet.WithCompression(p.codec),
		parquet.WithDictionaryDefault(false),
		parquet.WithStats(false),
		parquet.WithStatsFor("timestamp", true),
		parquet.WithCreatedBy("beacon"),
	}
	var nodes schema.FieldList
	for _, c := range canonicalColumns {
		if !columns.Has(c.column) {
			continue
		}
		node, dictionary := parquetNode(c.name, c.column)
		nodes = append(nodes, node)
		if p.plain && (c.column == flow.Src || c.column == flow.Dst) {
			dictionary = false
		}
		options = append(options, parquet.WithDictionaryFor(c.name, dictionary))
	}
	root := schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1))
	p.file = file.NewParquetWriter(p.sink, root, file.WithWriterProps(parquet.NewWriterProperties(options...)))
	return nil
}

// parquetNode returns a column of the schema, and whether its values repeat.
func parquetNode(name string, column flow.Column) (node schema.Node, dictionary bool) {
	required := parquet.Repetitions.Required
	switch column {
	case flow.Time:
		return schema.Must(schema.NewPrimitiveNodeLogical(name, required, schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64, 0, -1)), false
	case flow.Src, flow.Dst, flow.Name:
		return schema.Must(schema.NewPrimitiveNodeLogical(name, required, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)), true
	case flow.SrcPort, flow.Port:
		return schema.NewInt32Node(name, required, -1), false
	case flow.Proto:
		return schema.NewInt32Node(name, required, -1), true
	case flow.Duration:
		return schema.NewFloat64Node(name, required, -1), false
	}
	return schema.NewInt64Node(name, required, -1), false
}

// Write implements Writer.
func (p *parquetWriter) Write(b *flow.Batch) (err error) {
	if p.file == nil {
		if err := p.open(columnsOf(b)); err != nil {
			return err
		}
	}
	defer p.sink.settle(&err)
	if p.group == nil {
		p.group = p.file.AppendBufferedRowGroup()
	}
	i := 0
	for _, c := range canonicalColumns {
		if !p.columns.Has(c.column) {
			continue
		}
		column, err := p.group.Column(i)
		if err == nil {
			err = p.write(column, c.column, b)
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		i++
	}
	if p.inGroup += b.Len(); p.inGroup >= parquetRowGroup {
		return p.endGroup()
	}
	return nil
}

// write writes the batch of one column.
func (p *parquetWriter) write(to file.ColumnChunkWriter, column flow.Column, b *flow.Batch) (err error) {
	p.int64s, p.int32s, p.texts, p.text = p.int64s[:0], p.int32s[:0], p.texts[:0], p.text[:0]
	switch column {
	case flow.Time:
		for _, t := range b.Time {
			p.int64s = append(p.int64s, micros(t))
		}
	case flow.Src:
		p.hosts(b.Src)
	case flow.Dst:
		p.hosts(b.Dst)
	case flow.SrcPort:
		p.int32s = appendInts(p.int32s, b.SrcPort)
	case flow.Port:
		p.int32s = appendInts(p.int32s, b.Port)
	case flow.Proto:
		p.int32s = appendInts(p.int32s, b.Proto)
	case flow.Bytes:
		p.int64s = append(p.int64s, b.Bytes...)
	case flow.SrcBytes:
		p.int64s = append(p.int64s, b.SrcBytes...)
	case flow.Duration:
		p.floats = p.floats[:0]
		for _, d := range b.Duration {
			p.floats = append(p.floats, seconds(d))
		}
	case flow.Name:
		for i, id := range b.Name {
			p.texts = append(p.texts, parquet.ByteArray(p.table.HostnameOf(b.Dst[i], id)))
		}
	}
	switch w := to.(type) {
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(p.int64s, nil, nil)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(p.int32s, nil, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(p.floats, nil, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(p.texts, nil, nil)
	}
	return err
}

func appendInts[T uint8 | uint16](to []int32, values []T) []int32 {
	for _, v := range values {
		to = append(to, int32(v))
	}
	return to
}

// hosts puts the addresses or names of ids into texts, as text that stays until the
// next column is written.
func (p *parquetWriter) hosts(ids []uint32) {
	for _, id := range ids {
		n := len(p.text)
		p.text = p.table.AppendTo(p.text, id)
		p.texts = append(p.texts, p.text[n:len(p.text):len(p.text)])
	}
}

func (p *parquetWriter) endGroup() error {
	if p.group == nil {
		return nil
	}
	err := p.group.Close()
	p.group, p.inGroup = nil, 0
	return err
}

// Close implements Writer.
func (p *parquetWriter) Close() (err error) {
	if p.file == nil {
		if err := p.open(flow.Base); err != nil {
			return err
		}
	}
	defer p.sink.settle(&err)
	if err := p.endGroup(); err != nil {
		return err
	}
	return p.file.Close()
}

// parquetSink holds what the library writes to. It keeps the first error, which the
// library drops here and there, and hides a Close that it would call.
type parquetSink struct {
	w   io.Writer
	err error
}

func (s *parquetSink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil && s.err == nil {
		s.err = err
	}
	return n, err
}

// settle gives the error of a step its final form, deferred: the sink's own
// before the library's, and a panic, which is how the library meets some failed
// writes, as an error.
func (s *parquetSink) settle(err *error) {
	switch p := recover(); {
	case s.err != nil:
		*err = fmt.Errorf("writing Parquet: %w", s.err)
	case p != nil:
		*err = fmt.Errorf("writing Parquet: %v", p)
	case *err != nil:
		*err = fmt.Errorf("writing Parquet: %w", *err)
	}
}
