package parquetlog

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// testColumn is a column of a Parquet file that a test writes: a value a row,
// nil for null.
type testColumn struct {
	name    string
	kind    parquet.Type
	width   int // of FIXED_LEN_BYTE_ARRAY
	logical schema.LogicalType
	null    bool  // may hold nulls
	list    bool  // each value is a list of one
	values  []any // int32, int64, float32, float64, string, parquet.Int96
}

// node is the column in the schema.
func (c *testColumn) node() schema.Node {
	repetition := parquet.Repetitions.Required
	if c.null {
		repetition = parquet.Repetitions.Optional
	}
	if c.list {
		repetition = parquet.Repetitions.Repeated
	}
	logical := c.logical
	if logical == nil {
		logical = schema.NoLogicalType{}
	}
	width := -1
	if c.width > 0 {
		width = c.width
	}
	return schema.Must(schema.NewPrimitiveNodeLogical(c.name, repetition, logical, c.kind, width, -1))
}

// writeParquet is a file of these columns, cut into row groups of so many rows,
// the last one getting the rest.
func writeParquet(t testing.TB, columns []testColumn, groups []int, props ...parquet.WriterProperty) []byte {
	t.Helper()
	var nodes schema.FieldList
	for i := range columns {
		nodes = append(nodes, columns[i].node())
	}
	root := schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1))
	return writeParquetAs(t, root, columns, groups, props...)
}

// writeParquetAs is writeParquet with a schema whose leaves are the columns.
func writeParquetAs(t testing.TB, root *schema.GroupNode, columns []testColumn, groups []int, props ...parquet.WriterProperty) []byte {
	t.Helper()
	var out bytes.Buffer
	w := file.NewParquetWriter(&out, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
	rows := len(columns[0].values)
	for from := 0; from < rows || len(groups) > 0; {
		n := rows - from
		if len(groups) > 0 {
			n = min(n, groups[0])
			groups = groups[1:]
		}
		g := w.AppendRowGroup()
		for i := range columns {
			col, err := g.NextColumn()
			require.NoError(t, err)
			levels, repeats := make([]int16, n), make([]int16, n)
			values := columns[i].values[from : from+n]
			for k, v := range values {
				if v != nil {
					levels[k] = w.Schema.Column(i).MaxDefinitionLevel()
				}
			}
			switch c := col.(type) {
			case *file.Int32ColumnChunkWriter:
				_, err = c.WriteBatch(valuesOf[int32](values), levels, repeats)
			case *file.Int64ColumnChunkWriter:
				_, err = c.WriteBatch(valuesOf[int64](values), levels, repeats)
			case *file.Int96ColumnChunkWriter:
				_, err = c.WriteBatch(valuesOf[parquet.Int96](values), levels, repeats)
			case *file.Float32ColumnChunkWriter:
				_, err = c.WriteBatch(valuesOf[float32](values), levels, repeats)
			case *file.Float64ColumnChunkWriter:
				_, err = c.WriteBatch(valuesOf[float64](values), levels, repeats)
			case *file.ByteArrayColumnChunkWriter:
				var texts []parquet.ByteArray
				for _, s := range valuesOf[string](values) {
					texts = append(texts, parquet.ByteArray(s))
				}
				_, err = c.WriteBatch(texts, levels, repeats)
			case *file.FixedLenByteArrayColumnChunkWriter:
				var texts []parquet.FixedLenByteArray
				for _, s := range valuesOf[string](values) {
					texts = append(texts, parquet.FixedLenByteArray(s))
				}
				_, err = c.WriteBatch(texts, levels, repeats)
			default:
				require.Failf(t, "no writer", "%T", col)
			}
			require.NoError(t, err)
			require.NoError(t, col.Close())
		}
		require.NoError(t, g.Close())
		from += n
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func valuesOf[T any](values []any) (list []T) {
	for _, v := range values {
		if v != nil {
			list = append(list, v.(T))
		}
	}
	return list
}

// readFlow is a flow as a test compares it.
type readFlow struct {
	Time          int64
	Src, Dst      string
	SrcPort, Port uint16
	Proto         uint8
	Bytes         int64
	SrcBytes      int64
	Duration      int64
	Name          string
}

// flowSink keeps what it is given, by part.
type flowSink struct {
	hosts *flow.Hosts
	part  int
	parts map[int][]readFlow
}

func (s *flowSink) Begin(part int) { s.part = part }

func (s *flowSink) Batch(b *flow.Batch) error {
	for i := range b.Len() {
		f := readFlow{Time: b.Time[i], Src: s.hosts.Addr(b.Src[i]).String(), Dst: s.hosts.Host(b.Dst[i]).String()}
		if b.Port != nil {
			f.SrcPort, f.Port, f.Proto, f.Bytes, f.SrcBytes, f.Duration = b.SrcPort[i], b.Port[i], b.Proto[i], b.Bytes[i], b.SrcBytes[i], b.Duration[i]
		}
		if b.Name != nil {
			f.Name = s.hosts.Aliased(b.Name[i])
		}
		s.parts[s.part] = append(s.parts[s.part], f)
	}
	return nil
}

// readLog reads files as one log.
func readLog(t testing.TB, opt flowlog.Options, columns flow.Column, workers int, paths ...string) ([]readFlow, *flowlog.Report, error) {
	t.Helper()
	log, err := flowlog.Open(paths, nil, opt)
	if err != nil {
		return nil, nil, err
	}
	defer log.Close()
	hosts := flow.NewHosts(nil)
	var sinks []*flowSink
	report, err := log.Read(context.Background(), flowlog.Pass{Workers: workers, Columns: columns, Hosts: hosts, Sink: func() flowlog.Sink {
		sinks = append(sinks, &flowSink{hosts: hosts, parts: map[int][]readFlow{}})
		return sinks[len(sinks)-1]
	}})
	var flows []readFlow
	for part := range report.Parts {
		for _, s := range sinks {
			flows = append(flows, s.parts[part]...)
		}
	}
	return flows, report, err
}

// sharedFiles are the files of a folder of real logs, which isn't everywhere.
func sharedFiles(t testing.TB, pattern string) []string {
	t.Helper()
	shared := os.Getenv("BEACON_SHARED")
	if shared == "" {
		t.Skip("BEACON_SHARED is not set")
	}
	paths, err := filepath.Glob(filepath.Join(shared, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, paths, pattern)
	return paths
}

func rawAddr(s string) string { return string(netip.MustParseAddr(s).AsSlice()) }
