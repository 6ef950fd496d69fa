package machine

import (
	"bufio"
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
		Doc:     "the evidence table, a row for each finding, destination and source",
		Endings: []string{".parquet"},
		Write:   writeParquet,
	})
}

// groupRows is how many rows a row group has at most: the findings of a group lie in memory,
// about 40 MB of them, and readers take a whole group at a time.
const groupRows = 1 << 17

// writeParquet writes the evidence table with zstd.
func writeParquet(w *bufio.Writer, fs *beacon.Findings, meta report.Meta) error {
	return writeGroups(w, fs, meta, groupRows)
}

// writeGroups writes the evidence table in row groups of so many rows. The library drops
// errors of what it writes to: w keeps the first and returns it when it is flushed.
func writeGroups(w *bufio.Writer, fs *beacon.Findings, meta report.Meta, most int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the evidence table: %v", r)
		}
	}()
	out := file.NewParquetWriter(w, evidenceSchema(), file.WithWriterProps(parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("beacon"))))
	run, err := runText(fs, meta)
	if err != nil {
		return err
	}
	for _, pair := range [][2]string{{"beacon.schema", strconv.Itoa(SchemaVersion)}, {"beacon.run", run}} {
		if err := out.AppendKeyValueMetadata(pair[0], pair[1]); err != nil {
			return err
		}
	}
	var rows []evidenceRow
	for row := range evidenceRows(fs) {
		if len(rows) == most {
			if err := writeGroup(out, rows); err != nil {
				return err
			}
			clear(rows)
			rows = rows[:0]
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		if err := writeGroup(out, rows); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	return nil
}

// writeGroup writes rows as a row group.
func writeGroup(out *file.Writer, rows []evidenceRow) error {
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
	return nil
}

// evidenceSchema returns the evidence table in Parquet's terms: columns that a finding may
// lack are optional, times are in nanoseconds, adjusted to UTC.
func evidenceSchema() *schema.GroupNode {
	var fields schema.FieldList
	for i := range evidenceColumns {
		c := &evidenceColumns[i]
		repetition := parquet.Repetitions.Required
		if c.nullable() {
			repetition = parquet.Repetitions.Optional
		}
		switch {
		case c.text != nil:
			fields = append(fields, schema.Must(schema.NewPrimitiveNodeLogical(c.name, repetition, schema.StringLogicalType{}, parquet.Types.ByteArray, 0, -1)))
		case c.count != nil:
			fields = append(fields, schema.NewInt64Node(c.name, repetition, -1))
		case c.real != nil:
			fields = append(fields, schema.NewFloat64Node(c.name, repetition, -1))
		default:
			nanos := schema.NewTimestampLogicalType(true, schema.TimeUnitNanos)
			fields = append(fields, schema.Must(schema.NewPrimitiveNodeLogical(c.name, repetition, nanos, parquet.Types.Int64, 0, -1)))
		}
	}
	return schema.MustGroup(schema.NewGroupNode("evidence", parquet.Repetitions.Required, fields, -1))
}

// write writes the column's values of all rows.
func (c *evidenceColumn) write(chunk file.ColumnChunkWriter, rows []evidenceRow) (err error) {
	levels := c.levels(rows)
	switch w := chunk.(type) {
	case *file.Int64ColumnChunkWriter:
		value := c.count
		if value == nil {
			value = c.time
		}
		_, err = w.WriteBatch(values(c, rows, value), levels, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(values(c, rows, c.real), levels, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values(c, rows, func(r evidenceRow) parquet.ByteArray { return parquet.ByteArray(words.Plain(c.text(r))) }), levels, nil)
	}
	return err
}

// levels returns Parquet's definition levels of a column: 1 for each row with a value, 0
// for others, nil where the column is required.
func (c *evidenceColumn) levels(rows []evidenceRow) []int16 {
	if !c.nullable() {
		return nil
	}
	levels := make([]int16, len(rows))
	for i, r := range rows {
		if c.present(r) {
			levels[i] = 1
		}
	}
	return levels
}

// values returns the values of a column, of the rows that have one.
func values[T any](c *evidenceColumn, rows []evidenceRow, value func(evidenceRow) T) []T {
	all := make([]T, 0, len(rows))
	for _, r := range rows {
		if c.present(r) {
			all = append(all, value(r))
		}
	}
	return all
}
