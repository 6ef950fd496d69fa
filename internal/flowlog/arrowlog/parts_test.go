package arrowlog

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// A day and a time of day, and a time and its zone, are joined, of whatever types they are.
func TestArrowTimesInParts(t *testing.T) {
	at := time.Date(2020, 6, 21, 1, 2, 3, 0, time.UTC)
	text := func(value string) func(array.Builder) {
		return func(b array.Builder) { require.NoError(t, b.AppendValueFromString(value)) }
	}
	type cells = func(array.Builder)
	day := func(b array.Builder) { b.(*array.Date32Builder).Append(arrow.Date32FromTime(at)) }
	clock := func(b array.Builder) { b.(*array.Time64Builder).Append(3723e6) }
	stamp := func(b array.Builder) { b.(*array.TimestampBuilder).Append(arrow.Timestamp(at.Unix())) }
	local, instant := &arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}
	words := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	for _, c := range []struct {
		start, part string
		kinds       [2]arrow.DataType
		cells       [2]cells
		want        string
	}{
		{"time", "date", [2]arrow.DataType{arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Date32}, [2]cells{clock, day}, "1592701323000000000"},
		{"time", "date", [2]arrow.DataType{arrow.BinaryTypes.String, arrow.FixedWidthTypes.Date32}, [2]cells{text("01:02:03"), day}, "1592701323000000000"},
		{"time", "date", [2]arrow.DataType{arrow.FixedWidthTypes.Time64us, words}, [2]cells{clock, text("2020-06-21")}, "1592701323000000000"},
		{"ts", "tz", [2]arrow.DataType{local, words}, [2]cells{stamp, text("Europe/Berlin")}, "1592694123000000000"},
		{"ts", "tz", [2]arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.String}, [2]cells{text("2020-06-21 01:02:03"), text("+0200")}, "1592694123000000000"},
		{"ts", "tz", [2]arrow.DataType{instant, arrow.BinaryTypes.String}, [2]cells{stamp, text("+0200")}, "1592701323000000000"},
	} {
		fields := []arrow.Field{{Name: c.start, Type: c.kinds[0]}, {Name: "src_ip", Type: arrow.BinaryTypes.String}, {Name: "dst_ip", Type: arrow.BinaryTypes.String}, {Name: c.part, Type: c.kinds[1], Nullable: true}}
		table := arrowTable(t, true, fields, func(r *array.RecordBuilder) {
			for range 2 {
				c.cells[0](r.Field(0))
				text("10.0.0.5")(r.Field(1))
				text("203.0.113.9")(r.Field(2))
				c.cells[1](r.Field(3))
			}
			if c.part == "date" { // a day that is unknown
				c.cells[0](r.Field(0))
				text("10.0.0.5")(r.Field(1))
				text("203.0.113.9")(r.Field(2))
				r.Field(3).AppendNull()
			}
		})
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", table), flowlog.Options{}, flow.Base, 1)
		require.NoError(t, err, c)
		require.Equal(t, strings.Repeat(c.want+"\t10.0.0.5\t203.0.113.9"+strings.Repeat("\t.", 7)+"\n", 2), flows, c)
		require.Equal(t, c.part == "date", report.Inputs[0].BadRows == 1, c)
	}
}

// A float of 32 bits holds the times of today to two minutes.
func TestArrowTimesInShortFloats(t *testing.T) {
	require.ErrorContains(t, readError(t, timesTable(t, true, 1, float32(1592701323))), "column ts has type float32, which can't be read as timestamp")
}

// Ends are joined as starts are, and a batch without times before the first one with some is
// told row by row.
func TestArrowEndsInParts(t *testing.T) {
	fields := []arrow.Field{{Name: "start_time", Type: arrow.FixedWidthTypes.Time64us, Nullable: true}, {Name: "end_time", Type: arrow.FixedWidthTypes.Time64us, Nullable: true},
		{Name: "date", Type: arrow.FixedWidthTypes.Date32}, {Name: "tz", Type: arrow.BinaryTypes.String}, {Name: "src_ip", Type: arrow.BinaryTypes.String}, {Name: "dst_ip", Type: arrow.BinaryTypes.String}}
	build := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema(fields, nil))
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(arrow.NewSchema(fields, nil)))
	for _, timed := range []bool{false, true, true} {
		for i, seconds := range []int64{3723, 3733} {
			if timed {
				build.Field(i).(*array.Time64Builder).Append(arrow.Time64(seconds * 1e6))
			} else {
				build.Field(i).AppendNull()
			}
		}
		build.Field(2).(*array.Date32Builder).Append(18434)
		for i, text := range []string{"+02:00", "10.0.0.5", "203.0.113.9"} {
			build.Field(3 + i).(*array.StringBuilder).Append(text)
		}
		require.NoError(t, w.Write(build.NewRecord()))
	}
	require.NoError(t, w.Close())
	for _, workers := range []int{1, 2} {
		flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", out.Bytes()), flowlog.Options{}, flow.Base|flow.Duration, workers)
		require.NoError(t, err)
		require.Equal(t, 2, strings.Count(flows, "1592694123000000000\t10.0.0.5\t203.0.113.9\t"), flows)
		require.Equal(t, 2, strings.Count(flows, "\t10000000000\t"), flows)
		require.EqualValues(t, 1, report.Inputs[0].BadRows)
	}
}

// Batches whose days are all unknown come before the first one that tells what the times are, and
// the column of days is told among those that are read. A column in a struct is called by its
// whole name.
func TestArrowDaysUnknownAtFirst(t *testing.T) {
	fields := []arrow.Field{{Name: "time", Type: arrow.FixedWidthTypes.Time64us}, {Name: "date", Type: arrow.FixedWidthTypes.Date32, Nullable: true}, {Name: "src_ip", Type: arrow.BinaryTypes.String}, {Name: "dst_ip", Type: arrow.BinaryTypes.String}}
	build := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema(fields, nil))
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(arrow.NewSchema(fields, nil)))
	for _, dated := range []bool{false, true, true} {
		build.Field(0).(*array.Time64Builder).Append(arrow.Time64(3723 * 1e6))
		build.Field(1).(*array.Date32Builder).AppendValues([]arrow.Date32{18434}, []bool{dated})
		build.Field(2).(*array.StringBuilder).Append("10.0.0.5")
		build.Field(3).(*array.StringBuilder).Append("203.0.113.9")
		require.NoError(t, w.Write(build.NewRecord()))
	}
	require.NoError(t, w.Close())
	path := logtest.WriteFile(t, "log", out.Bytes())
	flows, report, err := logtest.ReadFlows(path, flowlog.Options{}, flow.Base, 1)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(flows, "1592701323000000000\t10.0.0.5\t203.0.113.9\t"), flows)
	require.Equal(t, "date is null", report.Bad[0].Text)

	log, err := flowlog.Open([]string{path}, nil, flowlog.Options{})
	require.NoError(t, err)
	defer log.Close()
	layout, err := log.Layout(log.Inputs[0])
	require.NoError(t, err)
	require.Equal(t, flowlog.ColumnUse{Name: "date", Role: "timestamp"}, layout.Columns[1])

	inner := arrow.StructOf(arrow.Field{Name: "ip", Type: arrow.FixedWidthTypes.Boolean})
	table := arrowTable(t, true, []arrow.Field{{Name: "ts", Type: arrow.PrimitiveTypes.Int64}, {Name: "src", Type: inner}, {Name: "dst", Type: inner}}, func(r *array.RecordBuilder) {})
	require.ErrorContains(t, readError(t, table), "column src.ip has type bool")
}
