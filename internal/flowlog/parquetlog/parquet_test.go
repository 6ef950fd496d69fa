package parquetlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// Real files of every codec: the same 600 flows in each, and an AWS VPC log.
func TestParquetCorpus(t *testing.T) {
	var same []readFlow
	for _, path := range sharedFiles(t, "corpus/parquet/*.parquet") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			flows, report, err := readLog(t, flowlog.Options{}, flow.All, 2, path)
			require.NoError(t, err)
			require.Zero(t, report.Inputs[0].BadRows, report.Bad)
			require.EqualValues(t, 600, report.Inputs[0].Rows+report.Inputs[0].Other)
			require.EqualValues(t, len(flows), report.Inputs[0].Rows)
			for i, f := range flows {
				require.NotEqual(t, f.Src, f.Dst, i)
				year := time.Unix(0, f.Time).UTC().Year()
				require.True(t, 2015 <= year && year <= 2026, f)
			}
			if !strings.HasPrefix(filepath.Base(path), "generic") {
				require.NotZero(t, report.Inputs[0].Other, "the log has records without addresses")
				return
			}
			if same == nil {
				same = flows
			}
			require.Equal(t, same, flows)
		})
	}
}

// plainLog is the columns of a small log, each value valid.
func plainLog(rows int) []testColumn {
	columns := []testColumn{
		{name: "timestamp", kind: parquet.Types.Int64, logical: schema.NewTimestampLogicalType(true, schema.TimeUnitMicros)},
		{name: "src_ip", kind: parquet.Types.ByteArray, logical: schema.StringLogicalType{}},
		{name: "dst_ip", kind: parquet.Types.ByteArray, logical: schema.StringLogicalType{}},
		{name: "port", kind: parquet.Types.Int32},
		{name: "bytes", kind: parquet.Types.Int64},
	}
	for i := range rows {
		columns[0].values = append(columns[0].values, int64(1_592_697_600_000_000)+int64(i)*1_000_003)
		columns[1].values = append(columns[1].values, fmt.Sprintf("10.0.%d.%d", i%7, i%250))
		columns[2].values = append(columns[2].values, fmt.Sprintf("203.0.%d.%d", i%3, i%200))
		columns[3].values = append(columns[3].values, int32(i%60000))
		columns[4].values = append(columns[4].values, int64(i)*10)
	}
	return columns
}

// Times in every type that logs have them in are the same instant.
func TestParquetTimes(t *testing.T) {
	at := time.Date(2020, 6, 21, 1, 2, 3, 250_000_000, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	julian := func(t time.Time) (v parquet.Int96) {
		const perDay = int64(24 * time.Hour)
		binary.LittleEndian.PutUint64(v[:], uint64(t.UnixNano()%perDay))
		binary.LittleEndian.PutUint32(v[8:], uint32(2440588+t.UnixNano()/perDay))
		return v
	}
	stamp := func(utc bool, unit schema.TimeUnitType) schema.LogicalType {
		return schema.NewTimestampLogicalType(utc, unit)
	}
	for _, c := range []struct {
		name    string
		kind    parquet.Type
		logical schema.LogicalType
		value   any
		zone    *time.Location
		want    time.Time
	}{
		{"ms UTC", parquet.Types.Int64, stamp(true, schema.TimeUnitMillis), at.UnixMilli(), berlin, at},
		{"us UTC", parquet.Types.Int64, stamp(true, schema.TimeUnitMicros), at.UnixMicro(), berlin, at},
		{"ns UTC", parquet.Types.Int64, stamp(true, schema.TimeUnitNanos), at.UnixNano(), nil, at},
		{"ms local, no zone given", parquet.Types.Int64, stamp(false, schema.TimeUnitMillis), at.UnixMilli(), nil, at},
		{"us local in Berlin", parquet.Types.Int64, stamp(false, schema.TimeUnitMicros), at.UnixMicro(), berlin, at.Add(-2 * time.Hour)},
		{"before 1970", parquet.Types.Int64, stamp(true, schema.TimeUnitMillis), int64(-1500), nil, time.Unix(-2, 5e8)},
		{"epoch s", parquet.Types.Int64, nil, at.Unix(), berlin, at.Truncate(time.Second)},
		{"epoch ms", parquet.Types.Int64, nil, at.UnixMilli(), nil, at},
		{"epoch us", parquet.Types.Int64, nil, at.UnixMicro(), nil, at},
		{"epoch ns", parquet.Types.Int64, nil, at.UnixNano(), nil, at},
		{"epoch s in 32 bits", parquet.Types.Int32, nil, int32(at.Unix()), nil, at.Truncate(time.Second)},
		{"epoch s in 32 bits after 2038", parquet.Types.Int32, schema.NewIntLogicalType(32, false), int32(-2147483648), nil, time.Unix(1<<31, 0)},
		{"epoch s with a fraction", parquet.Types.Double, nil, float64(at.UnixMilli()) / 1e3, nil, at},
		{"epoch ms as a float", parquet.Types.Double, nil, float64(at.UnixMilli()), nil, at},
		{"INT96", parquet.Types.Int96, nil, julian(at), nil, at},
		{"INT96 in Berlin", parquet.Types.Int96, nil, julian(at), berlin, at.Add(-2 * time.Hour)},
		{"text", parquet.Types.ByteArray, schema.StringLogicalType{}, "2020-06-21 01:02:03.250", nil, at},
		{"text in Berlin", parquet.Types.ByteArray, nil, "2020-06-21T01:02:03.25", berlin, at.Add(-2 * time.Hour)},
		{"text with a zone", parquet.Types.ByteArray, nil, "2020-06-21T01:02:03.25Z", berlin, at},
		{"number in text", parquet.Types.ByteArray, nil, "1592701323.25", berlin, at},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := plainLog(1)
			log[0] = testColumn{name: "ts", kind: c.kind, logical: c.logical, values: []any{c.value}}
			path := logtest.WriteFile(t, "log", writeParquet(t, log, nil))
			flows, _, err := readLog(t, flowlog.Options{Zone: c.zone}, flow.Base, 1, path)
			require.NoError(t, err)
			require.Len(t, flows, 1)
			require.Equal(t, c.want.UTC(), time.Unix(0, flows[0].Time).UTC())
		})
	}
}

// A zone's offset is that of each time, not of the file.
func TestParquetZoneChanges(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	var want []int64
	log := plainLog(0)
	log[0].logical = schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
	for i := range 2000 {
		local := time.Date(2020, 3, 28, 12, 0, i*61, 0, time.UTC)
		if h := local.Hour(); local.Day() == 29 && h == 2 { // an hour that isn't
			continue
		}
		log[0].values = append(log[0].values, local.UnixMicro())
		log[1].values = append(log[1].values, "10.0.0.1")
		log[2].values = append(log[2].values, "203.0.113.1")
		log[3].values = append(log[3].values, int32(443))
		log[4].values = append(log[4].values, int64(1))
		want = append(want, time.Date(2020, 3, 28, 12, 0, i*61, 0, berlin).UnixNano())
	}
	flows, _, err := readLog(t, flowlog.Options{Zone: berlin}, flow.Base, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
	require.NoError(t, err)
	var got []int64
	for _, f := range flows {
		got = append(got, f.Time)
	}
	require.Equal(t, want, got)
}

// Addresses as text, as bytes and as numbers.
func TestParquetAddresses(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  parquet.Type
		width int
		value any
		want  string
	}{
		{"text", parquet.Types.ByteArray, 0, "192.0.2.77", "192.0.2.77"},
		{"IPv6 text", parquet.Types.ByteArray, 0, "2001:db8::7:0:1", "2001:db8::7:0:1"},
		{"mapped text", parquet.Types.ByteArray, 0, "::ffff:192.0.2.77", "192.0.2.77"},
		{"4 bytes", parquet.Types.ByteArray, 0, rawAddr("192.0.2.77"), "192.0.2.77"},
		{"16 bytes", parquet.Types.ByteArray, 0, rawAddr("2001:db8::1"), "2001:db8::1"},
		{"4 fixed bytes", parquet.Types.FixedLenByteArray, 4, rawAddr("192.0.2.77"), "192.0.2.77"},
		{"16 fixed bytes", parquet.Types.FixedLenByteArray, 16, rawAddr("::ffff:192.0.2.77"), "192.0.2.77"},
		{"number", parquet.Types.Int32, 0, int32(-0x3ffffdb3), "192.0.2.77"},
		{"long number", parquet.Types.Int64, 0, int64(0xc000024d), "192.0.2.77"},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := plainLog(1)
			log[2] = testColumn{name: "daddr", kind: c.kind, width: c.width, values: []any{c.value}}
			flows, _, err := readLog(t, flowlog.Options{}, flow.Base, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
			require.NoError(t, err)
			require.Equal(t, c.want, flows[0].Dst)
		})
	}
}

// What can't be read is counted with its reason and place, and what is around
// it is read.
func TestParquetBadRecords(t *testing.T) {
	log := plainLog(12)
	for i := range log {
		log[i].null = true
	}
	log[0].values[1] = nil
	log[1].values[2] = nil
	log[1].values[3] = "10.0.0.256"
	log[2].values[4] = "-"
	log[2].values[5], log[1].values[5] = nil, "nonsense"
	log[3].values[6] = int32(70000)
	log[4].values[7] = nil
	path := logtest.WriteFile(t, "log", writeParquet(t, log, []int{4}))
	flows, report, err := readLog(t, flowlog.Options{}, flow.All, 1, path)
	require.NoError(t, err)
	require.Len(t, flows, 7)
	require.Equal(t, readFlow{Time: 1_592_697_607_000_021_000, Src: "10.0.0.7", Dst: "203.0.1.7", Port: 7}, flows[2])
	in := report.Inputs[0]
	require.EqualValues(t, 3, in.Other)
	require.EqualValues(t, 2, in.BadRows)
	require.Equal(t, map[string]int64{flowlog.BadTime: 1, flowlog.BadAddress: 1}, in.Reasons)
	require.Equal(t, map[string]int64{"dst_port": 1}, in.Unknown)
	require.Equal(t, []flowlog.BadRecord{
		{Input: path, Line: 2, Text: "timestamp is null", Reason: flowlog.BadTime},
		{Input: path, Line: 4, Text: "src_ip=10.0.0.256", Reason: flowlog.BadAddress},
	}, report.Bad)
	require.Equal(t, []flowlog.BadRecord{{Input: path, Line: 7, Text: "port=70000", Reason: "unreadable dst_port"}}, report.Doubts)

	_, _, err = readLog(t, flowlog.Options{Strict: true}, flow.Base, 1, path)
	require.ErrorContains(t, err, `unreadable time: "timestamp is null"`)
}

// Structs are read by dotted names, lists are none of a flow's columns.
func TestParquetGroups(t *testing.T) {
	log := plainLog(100)
	for i := range log {
		log[i].null = i == 2
	}
	log[0].name, log[1].name, log[2].name, log[4].name = "time", "ip", "ip", "traffic_bytes"
	log[2].values[7] = nil
	optional, required := parquet.Repetitions.Optional, parquet.Repetitions.Required
	root := schema.MustGroup(schema.NewGroupNode("schema", required, schema.FieldList{
		log[0].node(),
		schema.MustGroup(schema.NewGroupNode("src_endpoint", optional, schema.FieldList{log[1].node()}, -1)),
		schema.MustGroup(schema.NewGroupNode("dst_endpoint", optional, schema.FieldList{log[2].node(), log[3].node()}, -1)),
		log[4].node(),
	}, -1))
	flows, report, err := readLog(t, flowlog.Options{}, flow.All, 1, logtest.WriteFile(t, "log", writeParquetAs(t, root, log, nil)))
	require.NoError(t, err)
	require.Len(t, flows, 99)
	require.EqualValues(t, 1, report.Inputs[0].Other)
	require.Equal(t, readFlow{Time: 1_592_697_699_000_297_000, Src: "10.0.1.99", Dst: "203.0.0.99", Port: 99, Bytes: 990}, flows[98])
}

// What a list may hold isn't missed in silence.
func TestParquetLists(t *testing.T) {
	log := plainLog(2)
	log[3].list = true
	_, report, err := readLog(t, flowlog.Options{}, flow.All, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
	require.NoError(t, err)
	require.Equal(t, []string{"flows of which port isn't read, a list: 2"}, flowlog.NoteTexts(report.Inputs[0].Notes))
	log[2].list = true
	_, _, err = readLog(t, flowlog.Options{}, flow.All, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
	var refusal *flowlog.InputError
	require.ErrorAs(t, err, &refusal)
	require.ErrorContains(t, err, "column dst_ip holds a list of values")
	require.Contains(t, refusal.Hint, `"dst_ip\"[1]`[:8])
}

// Bounds of time leave out the same flows whether statistics tell so or not.
func TestParquetBounds(t *testing.T) {
	log := plainLog(1000)
	from := log[0].values[333].(int64) * 1000
	for _, stats := range []bool{true, false} {
		path := logtest.WriteFile(t, "log", writeParquet(t, log, []int{100, 100, 0, 100, 300}, parquet.WithStats(stats)))
		flows, report, err := readLog(t, flowlog.Options{From: from, To: from + 200*1_000_003_000}, flow.Base, 2, path)
		require.NoError(t, err)
		require.Len(t, flows, 200)
		require.Equal(t, from, flows[0].Time)
		require.EqualValues(t, 200, report.Inputs[0].Rows)
	}
}

// What ends a run says what is wrong and what to type.
func TestParquetRefusals(t *testing.T) {
	good := writeParquet(t, plainLog(10), nil)
	change := func(column int, c testColumn) []byte {
		log := plainLog(1)
		c.name = log[column].name
		log[column] = c
		return writeParquet(t, log, nil)
	}
	noTime := plainLog(1)
	// The footer's codec field, 4: i32 1 (snappy) before field 5, to 3.
	lzo := bytes.ReplaceAll(writeParquet(t, plainLog(10), nil, parquet.WithCompression(compress.Codecs.Snappy)), []byte("\x15\x02\x16"), []byte("\x15\x06\x16"))
	noTime[0].name = "moment"
	for _, c := range []struct {
		name    string
		content []byte
		err     string
		hint    string
	}{
		{"cut off", good[:len(good)-1], "cut off: a Parquet file without its footer", ""},
		{"magic alone", []byte("PAR1PAR1"), "cut off: a Parquet file without its footer", ""},
		{"footer length", append(good[:len(good)-8:len(good)-8], "\xff\xff\xff\x7fPAR1"...), "corrupt: its footer can't be read", ""},
		{"encrypted", []byte("PAREnothing to see here\x04\x00\x00\x00PARE"), "an encrypted Parquet file", "write it again without encryption"},
		{"no column", writeParquet(t, noTime, nil), "no column for timestamp; it has moment, src_ip, dst_ip, port, bytes", "--map timestamp=COLUMN"},
		{"dates", change(0, testColumn{kind: parquet.Types.Int32, logical: schema.DateLogicalType{}, values: []any{int32(18000)}}), "column timestamp is of type date, which holds no time", "--map timestamp=COLUMN"},
		{"times of day", change(0, testColumn{kind: parquet.Types.Int64, logical: schema.NewTimeLogicalType(false, schema.TimeUnitMicros), values: []any{int64(43_200_000_000)}}), "column timestamp holds times of day, without the day", `select DATE + \"timestamp\" as timestamp`},
		{"float addresses", change(1, testColumn{kind: parquet.Types.Double, values: []any{1.5}}), "column src_ip is of type double, which holds no address", "--map src_ip=COLUMN"},
		{"codec", lzo, "compressed with LZO, which can't be read", "duckdb -c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readLog(t, flowlog.Options{}, flow.Base, 1, logtest.WriteFile(t, "log", c.content))
			require.ErrorContains(t, err, c.err)
			var placed *flowlog.InputError
			require.ErrorAs(t, err, &placed)
			require.Contains(t, placed.Hint, c.hint)
		})
	}
}
