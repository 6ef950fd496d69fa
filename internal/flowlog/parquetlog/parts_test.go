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
	instant := local
	instant.logical = schema.NewTimestampLogicalType(true, schema.TimeUnitMillis)
	stray := []string{"flows whose times are read in UTC, since the zone beside them (Nowhere) isn't understood; --tz names theirs: 2"}
	for _, c := range []struct {
		start, part testColumn
		want        time.Time
		notes       []string
	}{
		{ofDay, date, at, nil},
		{ofDayInMillis, date, at, nil},
		{text("time", "01:02:03", "01:02:03"), date, at, nil},
		{ofDay, text("date", "2020-06-21", "2020-06-21"), at, nil},
		{ofDay, testColumn{name: "date", kind: parquet.Types.Int32, values: []any{int32(20200621), int32(20200621)}}, at, nil},
		{testColumn{name: "time", kind: parquet.Types.Int32, values: []any{int32(10203), int32(10203)}}, date, at, nil},
		{local, date, at, nil},
		{local, text("tz", "+02:00", "+02:00"), at.Add(-2 * time.Hour), nil},
		{local, text("tz", "Europe/Berlin", "Europe/Berlin"), at.Add(-2 * time.Hour), nil},
		{local, text("tz", "Nowhere", "Nowhere"), at, stray},
		{instant, text("tz", "+02:00", "+02:00"), at, nil},
	} {
		log := plainLog(2)
		log[0] = c.start
		for _, props := range [][]parquet.WriterProperty{nil, {parquet.WithDictionaryDefault(false)}} {
			path := logtest.WriteFile(t, "log", writeParquet(t, append([]testColumn{c.part}, log...), []int{1}, props...))
			flows, report, err := readLog(t, flowlog.Options{}, flow.Base, 1, path)
			require.NoError(t, err, c)
			require.Len(t, flows, 2, c)
			require.Equal(t, c.want, time.Unix(0, flows[1].Time).UTC(), c)
			require.Equal(t, c.notes, flowlog.NoteTexts(report.Inputs[0].Notes), c)
		}
	}

	date.values, date.null = []any{day, nil}, true
	log := append(plainLog(2), date)
	log[0] = ofDay
	flows, report, err := readLog(t, flowlog.Options{}, flow.Base, 1, logtest.WriteFile(t, "log", writeParquet(t, log, nil)))
	require.NoError(t, err)
	require.Len(t, flows, 1)
	require.EqualValues(t, 1, report.Inputs[0].BadRows)
}
