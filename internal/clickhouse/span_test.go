package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/engine"
)

// The span of a table is that of the file it was loaded from.
func TestSpanOfTable(t *testing.T) {
	path := writeText(t, "flows.csv", "timestamp,src_ip,dst_ip\n"+
		"2020-06-20 09:00:00,10.0.0.1,203.0.113.7\n2020-06-21 12:00:00.5,10.0.0.1,203.0.113.7\n2020-06-21 11:00:00,10.0.0.1,203.0.113.7\n"+
		"2020-06-21 11:00:00,10.0.0.1,203.0.113.7\n2099-01-01 00:00:00,10.0.0.1,203.0.113.7\n")
	e := twoShards(t)[0].engine(t, "last")
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 1})
	require.NoError(t, err)
	want, err := engine.Span(t.Context(), openLog(t, noOptions, path), 2)
	require.NoError(t, err)
	got, err := e.Span(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.EqualValues(t, 1592740800_500_000_000, got.Last)
	n, first := got.Later()
	require.EqualValues(t, 1, n)
	require.Equal(t, "2099-01-01 00:00:00 UTC, 10.0.0.1 -> 203.0.113.7", first.String())
	empty := twoShards(t)[0]
	empty.exec(t, "CREATE TABLE last_none AS last")
	got, err = empty.engine(t, "last_none").Span(t.Context())
	require.NoError(t, err)
	require.Greater(t, got.First, got.Last)
}
