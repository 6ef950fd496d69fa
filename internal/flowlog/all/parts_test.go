package all

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// Times with their parts in other columns are the same whatever format the table has.
func TestPartsOfTimesInAnyFormat(t *testing.T) {
	const unclear, assumed = "may be seconds since midnight: 1", "ne beside them isn't understood: 1" // the ends of notes
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, c := range []struct {
		table, want string
		zone        *time.Location
	}{
		{"time tz|2020-03-05T12:00:00 +0200|2020-03-05T12:00:00 -5|2020-03-05T12:00:00 Europe/Helsinki", "10:00:00, 17:00:00, 10:00:00", nil},
		{"time tz|2020-03-05T12:00:00 2|2020-03-05T12:00:00 -3600|2020-03-05T12:00:00 5.5", "10:00:00, 13:00:00, 06:30:00", nil},
		{"time utc_offset|2020-03-05T12:00:00 2|2020-03-05T12:00:00 -18000|2020-03-05T12:00:00 120", "10:00:00, 17:00:00, 1 skipped", nil},
		{"time tz|2020-03-05T12:00:00 nowhere|2020-03-05T12:00:00 CST|2020-03-05T12:00:00 +02:00|2020-03-05T12:00:00 ", "10:00:00, 12:00:00, 2 skipped", nil},
		{"time tz|2020-03-05T12:00:00 +02:00|2020-03-05T12:00:00 nowhere", "10:00:00, 11:00:00, " + assumed[len(assumed)-len(unclear):], berlin},
		{"time tz|2020-03-05T12:00:00Z nowhere|2020-03-05T12:00:00+02:00 +05:00|2020-03-05T12:00:00 +05:00", "12:00:00, 10:00:00, 07:00:00", nil},
		{"date time|2020-03-05 34205|2020-03-05 34260", "09:30:05, 09:31:00", nil},
		{"date time|2020-03-05 5|2020-03-05 93000|2020-03-05 120000", "00:00:05, 09:30:00, 12:00:00", nil},
		{"date time|2020-03-05 34205", "03:42:05, " + unclear, nil},
		{"date time|2020-03-05 1230", "12:30:00, " + unclear, nil},
		{"date time|2020-03-05 0812", "08:12:00", nil},
		{"date time|2020-03-05 1275|2020-03-05 30", "00:21:15, 00:00:30", nil},
		{"date time tz|2020-03-05 34205 +01:00|2020-03-05 34261 +02:00", "08:30:05, 07:31:01", nil},
		{"date start_time end_time|2020-03-05 23:59:50 00:00:10|2020-03-05 12:00:00 12:00:01|2020-03-05 12:00:01 12:00:00", "23:59:50 20s, 12:00:00 1s, 12:00:01", nil},
		{"date start_time end_time tz|2020-03-28 12:00:00 11:00:00 Europe/Berlin", "11:00:00 22h0m0s", nil}, // over the night in which clocks go on
		{"date start_time end_time|2020-03-05 86390 10|2020-03-05 34260 34261", "23:59:50 20s, 09:31:00 1s", nil},
		{"date start_time end_time tz|2020-03-05 12:00:00 12:00:20 UTC|2020-03-05 12:00:01 12:00:02 nowhere", "12:00:00 20s, 1 skipped", nil},
		{"start_time end_time|2020-03-05T12:00:01 2020-03-05T12:00:00", "12:00:01", nil},
	} {
		var rows [][]string
		for row := range strings.SplitSeq(c.table, "|") {
			rows = append(rows, append(strings.Split(row, " "), map[bool]string{true: "src", false: "10.0.0.5"}[rows == nil], map[bool]string{true: "dst", false: "203.0.113.9"}[rows == nil]))
		}
		back := make([][]string, len(rows)) // with the parts behind the rest
		for i, row := range rows {
			back[i] = slices.Clone(row)
			slices.Reverse(back[i])
		}
		for name, log := range map[string][]byte{"CSV": asCSV(rows), "CSV, parts last": asCSV(back), "JSON": asJSON(rows), "Arrow": asArrow(t, rows), "Parquet": asParquet(t, rows)} {
			flows, report, err := logtest.ReadFlows(logtest.WriteFile(t, "log", log), flowlog.Options{Zone: c.zone, ZoneNamed: c.zone != nil}, flow.Base|flow.Duration, 1)
			require.NoError(t, err, "%s: %s", name, c.table)
			var got []string
			for line := range strings.Lines(flows) {
				cells := strings.Fields(line)
				ns, err := strconv.ParseInt(cells[0], 10, 64)
				require.NoError(t, err)
				text := time.Unix(0, ns).UTC().Format(time.TimeOnly)
				if d, err := strconv.ParseInt(cells[8], 10, 64); err == nil && d > 0 {
					text += " " + time.Duration(d).String()
				}
				got = append(got, text)
			}
			if n := report.Inputs[0].BadRows; n > 0 {
				got = append(got, strconv.FormatInt(n, 10)+" skipped")
			}
			for _, note := range flowlog.NoteTexts(report.Inputs[0].Notes) {
				got = append(got, note[max(0, len(note)-len(unclear)):])
			}
			require.Equal(t, c.want, strings.Join(got, ", "), "%s: %s", name, c.table)
		}
	}
}

func asCSV(rows [][]string) (log []byte) {
	for _, row := range rows {
		log = append(append(log, strings.Join(row, ",")...), '\n')
	}
	return log
}

// isNumber tells whether all values of a column are numbers.
func isNumber(rows [][]string, column int) bool {
	for _, row := range rows[1:] {
		if _, err := strconv.ParseInt(row[column], 10, 64); err != nil || row[column][0] == '0' && row[column] != "0" || row[column][0] == '+' {
			return false
		}
	}
	return true
}

func asJSON(rows [][]string) []byte {
	var out bytes.Buffer
	for _, row := range rows[1:] {
		record := map[string]any{}
		for i, text := range row {
			if record[rows[0][i]] = text; isNumber(rows, i) {
				record[rows[0][i]] = json.Number(text)
			}
		}
		_ = json.NewEncoder(&out).Encode(record) // has no errors
	}
	return out.Bytes()
}

func asArrow(t *testing.T, rows [][]string) []byte {
	var fields []arrow.Field
	for i, name := range rows[0] {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
		if isNumber(rows, i) {
			fields[i].Type = arrow.PrimitiveTypes.Int32
		}
	}
	columns := arrow.NewSchema(fields, nil)
	build := array.NewRecordBuilder(memory.NewGoAllocator(), columns)
	for _, row := range rows[1:] {
		for i, text := range row {
			require.NoError(t, build.Field(i).AppendValueFromString(text))
		}
	}
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(columns))
	require.NoError(t, w.Write(build.NewRecord()))
	require.NoError(t, w.Close())
	return out.Bytes()
}

func asParquet(t *testing.T, rows [][]string) []byte {
	var nodes schema.FieldList
	for i, name := range rows[0] {
		if isNumber(rows, i) {
			nodes = append(nodes, schema.NewInt32Node(name, parquet.Repetitions.Required, -1))
		} else {
			nodes = append(nodes, schema.NewByteArrayNode(name, parquet.Repetitions.Required, -1))
		}
	}
	var out bytes.Buffer
	w := file.NewParquetWriter(&out, schema.MustGroup(schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1)))
	g := w.AppendRowGroup()
	for i := range rows[0] {
		column, err := g.NextColumn()
		require.NoError(t, err)
		for _, row := range rows[1:] {
			switch c := column.(type) {
			case *file.Int32ColumnChunkWriter:
				n, err := strconv.ParseInt(row[i], 10, 32)
				require.NoError(t, err)
				_, err = c.WriteBatch([]int32{int32(n)}, nil, nil)
				require.NoError(t, err)
			case *file.ByteArrayColumnChunkWriter:
				_, err = c.WriteBatch([]parquet.ByteArray{parquet.ByteArray(row[i])}, nil, nil)
				require.NoError(t, err)
			}
		}
		require.NoError(t, column.Close())
	}
	require.NoError(t, g.Close())
	require.NoError(t, w.Close())
	return out.Bytes()
}
