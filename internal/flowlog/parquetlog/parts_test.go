package parquetlog

import (
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"github.com/stretchr/testify/require"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/logtest"
)

// A day and a time of day, and a time and its zone, are joined, of whatever types they are.
func TestParquetTimesInParts(t *testing.T) {
	at := time.Date(2020, 6, 21, 1, 2, 3, 0, time.UTC)
	const day, clock = int32(18434), int64(3723)
	text := func(name string, values ...any) testColumn {
		return testColumn{name: name, kind: parquet.Types.ByteArray, logical: schema.StringLogicalType{}, values: values}
	}
	date := testColumn{name: "date", kind: parquet.Types.Int32, logical: schema.DateLogicalType{}, values: []any{day, day}}
	ofDay := testColumn{name: "time", kind: parquet.Types.Int64, logical: schema.NewTimeLogicalType(true, schema.TimeUnitMicros), values: []any{clock * 1e6, clock * 1e6}}
	ofDayInMillis := testColumn{name: "time", kind: parquet.Types.Int32, logical: schema.NewTimeLogicalType(true, schema.TimeUnitMillis), values: []any{int32(clock * 1e3), int32(clock * 1e3)}}
	local := testColumn{name: "ts", kind: parquet.Types.Int64, logical: schema.NewTimestampLogicalType(false, schema.TimeUnitMillis), values: []any{at.UnixMilli(), at.UnixMilli()}}
	midnight := testColumn{name: "date", kind: parquet.Types.Int64, logical: local.logical, values: []any{at.UnixMilli() - clock*1e3, at.UnixMilli() - clock*1e3}}
	instant := local
	instant.logical = schema.NewTimestampLogicalType(true, schema.TimeUnitMillis)
	for _, c := range []struct {
		start, part testColumn
		want        time.Time
	}{
		{ofDay, date, at},
		{ofDayInMillis, date, at},
		{text("time", "01:02:03", "01:02:03"), date, at},
		{ofDay, text("date", "2020-06-21", "2020-06-21"), at},
		{ofDay, testColumn{name: "date", kind: parquet.Types.Int32, values: []any{int32(20200621), int32(20200621)}}, at},
		{testColumn{name: "time", kind: parquet.Types.Int32, values: []any{int32(10203), int32(10203)}}, date, at},
		{local, date, at},
		{ofDay, midnight, at},
		{local, text("tz", "+02:00", "+02:00"), at.Add(-2 * time.Hour)},
		{local, text("tz", "Europe/Berlin", "Europe/Berlin"), at.Add(-2 * time.Hour)},
		{instant, text("tz", "+02:00", "+02:00"), at},
	} {
		log := plainLog(2)
		log[0] = c.start
		for _, props := range [][]parquet.WriterProperty{nil, {parquet.WithDictionaryDefault(false)}} {
			path := logtest.WriteFile(t, "log", writeParquet(t, append([]testColumn{c.part}, log...), []int{1}, props...))
			flows, report, err := readLog(t, flowlog.Options{}, flow.Base, 1, path)
			require.NoError(t, err, c)
			require.Len(t, flows, 2, c)
			require.Equal(t, c.want, time.Unix(0, flows[1].Time).UTC(), c)
			require.Zero(t, report.Inputs[0].BadRows, c)
		}
	}

	date.values, date.null = []any{day, nil}, true
	log := append(plainLog(2), date)
	log[0] = ofDay
	flows, report, err := readLog(t, flowlog.Options{}, flow.Base, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
	require.NoError(t, err)
	require.Len(t, flows, 1)
	require.EqualValues(t, 1, report.Inputs[0].BadRows)

	// A row group without times before the first one with some.
	date.values, date.null = []any{nil, day}, true
	ofDay.values, ofDay.null = []any{nil, clock * 1e6}, true
	log = append(plainLog(2), date)
	log[0] = ofDay
	flows, report, err = readLog(t, flowlog.Options{}, flow.Base, 1, logtest.WriteFile(t, "log", writeParquet(t, log, []int{1})))
	require.NoError(t, err)
	require.Len(t, flows, 1)
	require.EqualValues(t, 1, report.Inputs[0].BadRows)
}

// A zone and a day beside the times count for the ends too, unless these have their own.
func TestParquetEndsInParts(t *testing.T) {
	at := time.Date(2020, 6, 21, 1, 2, 3, 0, time.UTC)
	stamp := func(name string, utc bool, at time.Time) testColumn {
		return testColumn{name: name, kind: parquet.Types.Int64, logical: schema.NewTimestampLogicalType(utc, schema.TimeUnitMillis), values: []any{at.UnixMilli()}}
	}
	ofDay := func(name string, seconds int64) testColumn {
		return testColumn{name: name, kind: parquet.Types.Int64, logical: schema.NewTimeLogicalType(true, schema.TimeUnitMicros), values: []any{seconds * 1e6}}
	}
	zone := testColumn{name: "tz", kind: parquet.Types.ByteArray, logical: schema.StringLogicalType{}, values: []any{"+02:00"}}
	date := testColumn{name: "date", kind: parquet.Types.Int32, logical: schema.DateLogicalType{}, values: []any{int32(18434)}}
	for i, columns := range [][]testColumn{
		{stamp("start_time", false, at), stamp("end_time", false, at.Add(10*time.Second)), zone},
		{stamp("start_time", false, at), stamp("end_time", true, at.Add(10*time.Second-2*time.Hour)), zone},
		{ofDay("start_time", 3723), ofDay("end_time", 3733), date},
	} {
		flows, _, err := readLog(t, flowlog.Options{}, flow.All, 1, logtest.WriteFile(t, "log", writeParquet(t, append(columns, plainLog(1)[1:]...), nil)))
		require.NoError(t, err)
		require.Len(t, flows, 1)
		require.Equal(t, 10*time.Second, time.Duration(flows[0].Duration), i)
	}
}
