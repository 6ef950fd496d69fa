package arrowlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/decimal256"
	"github.com/apache/arrow/go/v15/arrow/float16"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/stretchr/testify/require"
)

// valueOf is a column of one type, and what its value i is read as.
type valueOf struct {
	kind   arrow.DataType
	append func(b array.Builder, i int)
	want   func(i int) string
}

func constant(text string) func(int) string { return func(int) string { return text } }

// typedRows writes rows with a column of a type in a role, and reads them.
func typedRows(t *testing.T, name string, v valueOf, rows int, opt ...ipc.Option) string {
	kinds := []arrow.Field{
		{Name: "timestamp", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}}, {Name: "extra", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "src_ip", Type: arrow.BinaryTypes.String}, {Name: "dst_ip", Type: arrow.BinaryTypes.String}, {Name: "bytes", Type: arrow.PrimitiveTypes.Int64}}
	at := -1
	for i := range kinds {
		if kinds[i].Name == name {
			at = i
			kinds[i].Type = v.kind
		}
	}
	table := arrowTable(t, rows%2 == 0, kinds, func(r *array.RecordBuilder) {
		for i := range rows {
			for k, b := range r.Fields() {
				switch b := b.(type) {
				case *array.ListBuilder:
					b.AppendNull()
					continue
				}
				if k == at {
					v.append(b, i)
					continue
				}
				switch b := b.(type) {
				case *array.TimestampBuilder:
					b.Append(logtest.SampleTime)
				case *array.StringBuilder:
					b.Append([]string{"", "", "10.0.0.5", "192.0.2.7"}[k])
				case *array.Int64Builder:
					b.Append(7)
				}
			}
		}
	}, opt...)
	got, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{}, flow.Base|flow.Bytes, 2)
	require.NoError(t, err)
	return got
}

// Every type that a role can have, uncompressed and compressed, with nested columns
// before it.
func TestArrowColumnTypes(t *testing.T) {
	address := func(kind arrow.DataType, want string, add func(b array.Builder)) valueOf {
		return valueOf{kind, func(b array.Builder, _ int) { add(b) }, constant("%s\t10.0.0.5\t" + want + "\t.\t.\t.\t7")}
	}
	instant := time.Unix(logtest.SampleTime, 0).UTC()
	at := func(kind arrow.DataType, add func(b array.Builder)) valueOf {
		return valueOf{kind, func(b array.Builder, _ int) { add(b) }, constant("1592697600000000000\t10.0.0.5\t192.0.2.7\t.\t.\t.\t7")}
	}
	count := func(kind arrow.DataType, add func(b array.Builder)) valueOf {
		return valueOf{kind, func(b array.Builder, _ int) { add(b) }, constant("1592697600000000000\t10.0.0.5\t192.0.2.7\t.\t.\t.\t42")}
	}
	views := func(b array.Builder, text string) { b.(*array.StringViewBuilder).Append(text) }
	cases := map[string][]valueOf{
		"dst_ip": {
			address(arrow.BinaryTypes.LargeString, "198.51.100.200", func(b array.Builder) { b.(*array.LargeStringBuilder).Append("198.51.100.200") }),
			address(arrow.BinaryTypes.StringView, "192.0.2.9", func(b array.Builder) { views(b, "192.0.2.9") }),
			address(arrow.BinaryTypes.StringView, "198.51.100.200", func(b array.Builder) { views(b, "198.51.100.200") }),
			address(arrow.BinaryTypes.StringView, "2001:db8::abcd:1234", func(b array.Builder) { views(b, "2001:db8::abcd:1234") }),
			address(arrow.BinaryTypes.BinaryView, "192.0.2.9", func(b array.Builder) { b.(*array.BinaryViewBuilder).Append([]byte{192, 0, 2, 9}) }),
			address(arrow.BinaryTypes.Binary, "192.0.2.9", func(b array.Builder) { b.(*array.BinaryBuilder).Append([]byte{192, 0, 2, 9}) }),
			address(arrow.BinaryTypes.String, "192.0.2.9", func(b array.Builder) { b.(*array.StringBuilder).Append("192.0.2.9/32") }),
			address(arrow.BinaryTypes.String, "2001:db8::9", func(b array.Builder) { b.(*array.StringBuilder).Append("2001:db8::9/128") }),
			address(&arrow.FixedSizeBinaryType{ByteWidth: 16}, "2001:db8::1", func(b array.Builder) {
				b.(*array.FixedSizeBinaryBuilder).Append([]byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
			}),
			address(arrow.PrimitiveTypes.Uint32, "192.0.2.9", func(b array.Builder) { b.(*array.Uint32Builder).Append(0xc0000209) }),
			address(arrow.PrimitiveTypes.Int32, "192.0.2.9", func(b array.Builder) { b.(*array.Int32Builder).Append(0xc0000209 - 1<<32) }),
			address(arrow.PrimitiveTypes.Int64, "192.0.2.9", func(b array.Builder) { b.(*array.Int64Builder).Append(0xc0000209) }),
			address(arrow.PrimitiveTypes.Uint64, "192.0.2.9", func(b array.Builder) { b.(*array.Uint64Builder).Append(0xc0000209) }),
			address(&arrow.Decimal128Type{Precision: 20}, "192.0.2.9", func(b array.Builder) { b.(*array.Decimal128Builder).Append(decimal128.FromI64(0xc0000209)) }),
		},
		"timestamp": {
			at(&arrow.TimestampType{Unit: arrow.Nanosecond}, func(b array.Builder) { b.(*array.TimestampBuilder).Append(arrow.Timestamp(instant.UnixNano())) }),
			at(arrow.FixedWidthTypes.Date64, func(b array.Builder) { b.(*array.Date64Builder).Append(arrow.Date64(instant.UnixMilli())) }),
			at(arrow.PrimitiveTypes.Float64, func(b array.Builder) { b.(*array.Float64Builder).Append(float64(instant.Unix())) }),
			at(arrow.PrimitiveTypes.Uint32, func(b array.Builder) { b.(*array.Uint32Builder).Append(uint32(instant.Unix())) }),
			at(arrow.PrimitiveTypes.Int64, func(b array.Builder) { b.(*array.Int64Builder).Append(instant.UnixMicro()) }),
			at(arrow.BinaryTypes.StringView, func(b array.Builder) { views(b, "2020-06-21T00:00:00Z") }),
			at(&arrow.Decimal128Type{Precision: 20, Scale: 6}, func(b array.Builder) {
				b.(*array.Decimal128Builder).Append(decimal128.FromI64(instant.UnixMicro()))
			}),
		},
		"bytes": {
			count(arrow.PrimitiveTypes.Int8, func(b array.Builder) { b.(*array.Int8Builder).Append(42) }),
			count(arrow.PrimitiveTypes.Uint16, func(b array.Builder) { b.(*array.Uint16Builder).Append(42) }),
			count(arrow.FixedWidthTypes.Float16, func(b array.Builder) { b.(*array.Float16Builder).Append(float16.New(42)) }),
			count(arrow.PrimitiveTypes.Float32, func(b array.Builder) { b.(*array.Float32Builder).Append(42.25) }),
			count(arrow.BinaryTypes.LargeString, func(b array.Builder) { b.(*array.LargeStringBuilder).Append("42") }),
			count(&arrow.Decimal128Type{Precision: 38, Scale: 2}, func(b array.Builder) { b.(*array.Decimal128Builder).Append(decimal128.FromI64(4299)) }),
			count(&arrow.Decimal256Type{Precision: 70, Scale: 0}, func(b array.Builder) { b.(*array.Decimal256Builder).Append(decimal256.FromI64(42)) }),
		},
	}
	for name, list := range cases {
		for _, v := range list {
			for _, opt := range [][]ipc.Option{nil, {ipc.WithLZ4()}, {ipc.WithZstd()}} {
				want := strings.Replace(v.want(0), "%s", "1592697600000000000", 1)
				for _, line := range strings.Split(strings.TrimSpace(typedRows(t, name, v, 300, opt...)), "\n") {
					require.True(t, strings.HasPrefix(line, want+"\t"), "%s %v: %s, not %s", name, v.kind, line, want)
				}
			}
		}
	}
}

// What a file says twice is compared, so that no damaged count drops rows in silence.
func TestArrowCounts(t *testing.T) {
	file, stream, _ := arrowSamples(t)
	read := func(p []byte) (string, error) {
		got, _, err := logtest.ReadFlows(logtest.WriteFile(t, "log", p), flowlog.Options{}, flow.All, 1)
		return got, err
	}
	_, err := read(append(bytes.Clone(stream), 0, 0, 0, 0))
	require.ErrorIs(t, err, errEarly, "bytes behind the end of a stream")
	_, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", stream[:len(stream)-8]), flowlog.Options{}, flow.All, 1)
	require.NoError(t, err)
	require.Contains(t, report.Inputs[0].Damaged(), "without its end mark")

	// A batch that is taken out of a file, with its bytes.
	m := messages{in: &fileInput{from: bytes.NewReader(file), end: int64(len(file))}, file: true}
	_, err = m.in.take(8)
	require.NoError(t, err)
	var places []int64
	for {
		places = append(places, m.in.at())
		if _, err := m.next(); err != nil {
			break
		}
	}
	require.GreaterOrEqual(t, len(places), 4, "a schema, two batches and the end")
	_, err = read(append(bytes.Clone(file[:places[1]]), file[places[2]:]...))
	require.ErrorIs(t, err, errListed)

	// Each number of a batch's metadata, rows, lengths and nulls of columns among them.
	meta := file[places[1]:places[2]]
	want, err := read(file)
	require.NoError(t, err)
	for at := 0; at+8 <= len(meta); at += 8 {
		if binary.LittleEndian.Uint64(meta[at:]) != 6 && binary.LittleEndian.Uint64(meta[at:]) != 0 {
			continue
		}
		bad := bytes.Clone(file)
		binary.LittleEndian.PutUint64(bad[int(places[1])+at:], 4)
		got, err := read(bad)
		require.True(t, err != nil || strings.Count(got, "\n") == strings.Count(want, "\n"), fmt.Sprintf("byte %d: %s", at, got))
	}
}

// A column in a struct is read by its dotted name; it is null where a struct around it is. What
// a list may hold isn't missed in silence.
func TestArrowStructs(t *testing.T) {
	end := arrow.StructOf(arrow.Field{Name: "ip", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "port", Type: arrow.PrimitiveTypes.Uint16, Nullable: true})
	fields := []arrow.Field{{Name: "ts", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}},
		{Name: "flow", Type: arrow.StructOf(arrow.Field{Name: "source", Type: end, Nullable: true}, arrow.Field{Name: "destination", Type: end, Nullable: true}), Nullable: true},
		{Name: "bytes", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}
	fill := func(r *array.RecordBuilder) {
		for i := range 3 {
			r.Field(0).(*array.TimestampBuilder).Append(logtest.SampleTime)
			r.Field(2).AppendEmptyValue()
			both := r.Field(1).(*array.StructBuilder)
			both.AppendValues([]bool{i != 1})
			for k, ip := range []string{"10.0.0.5", "203.0.113.9"} {
				side := both.FieldBuilder(k).(*array.StructBuilder)
				side.AppendValues([]bool{i != 2})
				side.FieldBuilder(0).(*array.StringBuilder).Append(ip)
				side.FieldBuilder(1).(*array.Uint16Builder).Append(uint16(443 + k))
			}
		}
	}
	flowlog.ShowPanics = false
	defer func() { flowlog.ShowPanics = true }()
	for _, file := range []bool{true, false} {
		table := arrowTable(t, file, fields, fill)
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{}, flow.All, 1)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d\t10.0.0.5\t203.0.113.9\t443\t444\t0\t0\t0\t0\t\n", logtest.SampleTime*int64(time.Second)), flows)
		require.EqualValues(t, 2, report.Inputs[0].Other)
		require.Equal(t, []string{"flows of which bytes isn't read, a list: 1"}, flowlog.NoteTexts(report.Inputs[0].Notes))
		for i := 0; i < len(table); i += 5 {
			damaged := bytes.Clone(table)
			damaged[i] ^= 0x41
			_, _, _ = logtest.ReadFlows(logtest.WriteFile(t, "log", damaged), flowlog.Options{}, flow.Base, 1)
		}
	}
}
