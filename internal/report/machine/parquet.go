package machine

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"

	"beacon/internal/beacon"
	"beacon/internal/report"
	"beacon/internal/words"
)

func init() {
	register(&Output{
		Name:    "parquet",
		Doc:     "the evidence table, a row for each finding and source",
		Endings: []string{".parquet"},
		Write:   writeParquet,
	})
}

// writeParquet writes the evidence table as one row group with zstd. The file
// is made in memory: findings are few, and the library drops errors of what it
// writes to.
func writeParquet(w *bufio.Writer, fs *beacon.Findings, _ report.Meta) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the evidence table: %v", r)
		}
	}()
	var buf bytes.Buffer
	out := file.NewParquetWriter(&buf, evidenceSchema(), file.WithWriterProps(parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("beacon"))))
	if err := out.AppendKeyValueMetadata("beacon.schema", strconv.Itoa(SchemaVersion)); err != nil {
		return err
	}
	rows := evidenceRows(fs)
	if len(rows) > 0 {
		group := out.AppendRowGroup()
		for i := range evidenceColumns {
			c := &evidenceColumns[i]
			chunk, err := group.NextColumn()
			if err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
			if err := c.write(chunk, rows); err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
			if err := chunk.Close(); err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		if err := group.Close(); err != nil {
			return fmt.Errorf("row group: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	_, err = buf.WriteTo(w)
	return err
}

// evidenceSchema is the evidence table in Parquet's terms: every column is
// required, times are in nanoseconds, adjusted to UTC.
func evidenceSchema() *schema.GroupNode {
	required := parquet.Repetitions.Required
	var fields schema.FieldList
	for _, c := range evidenceColumns {
		switch {
		case c.text != nil:
			fields = append(fields, schema.Must(schema.NewPrimitiveNodeLogical(c.name, required, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)))
		case c.count != nil:
			fields = append(fields, schema.NewInt64Node(c.name, required, -1))
		case c.real != nil:
			fields = append(fields, schema.NewFloat64Node(c.name, required, -1))
		default:
			nanos := schema.NewTimestampLogicalType(true, schema.TimeUnitNanos)
			fields = append(fields, schema.Must(schema.NewPrimitiveNodeLogical(c.name, required, nanos, parquet.Types.Int64, 0, -1)))
		}
	}
	return schema.MustGroup(schema.NewGroupNode("evidence", required, fields, -1))
}

// write writes the column's values of all rows.
func (c *evidenceColumn) write(chunk file.ColumnChunkWriter, rows []evidenceRow) (err error) {
	switch w := chunk.(type) {
	case *file.Int64ColumnChunkWriter:
		value := c.count
		if value == nil {
			value = c.time
		}
		_, err = w.WriteBatch(values(rows, value), nil, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(values(rows, c.real), nil, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values(rows, func(r evidenceRow) parquet.ByteArray { return parquet.ByteArray(words.Plain(c.text(r))) }), nil, nil)
	}
	return err
}

func values[T any](rows []evidenceRow, value func(evidenceRow) T) []T {
	all := make([]T, len(rows))
	for i, r := range rows {
		all[i] = value(r)
	}
	return all
}
