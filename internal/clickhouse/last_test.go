package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/engine"
)

// The last flow of a table is that of the file it was loaded from, strays aside.
func TestLast(t *testing.T) {
	path := writeText(t, "flows.csv", "timestamp,src_ip,dst_ip\n"+
		"2020-06-20 09:00:00,10.0.0.1,203.0.113.7\n2020-06-21 12:00:00.5,10.0.0.1,203.0.113.7\n2020-06-21 11:00:00,10.0.0.1,203.0.113.7\n"+
		"2020-06-21 11:00:00,10.0.0.1,203.0.113.7\n2099-01-01 00:00:00,10.0.0.1,203.0.113.7\n")
	e := twoShards(t)[0].engine(t, "last")
	_, err := e.Load(t.Context(), openLog(t, noOptions, path), LoadOptions{Workers: 1})
	require.NoError(t, err)
	want, ok, err := engine.Last(t.Context(), openLog(t, noOptions, path), 2)
	require.NoError(t, err)
	require.True(t, ok)
	got, ok, err := e.Last(t.Context())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, got)
	require.EqualValues(t, 1592740800_500_000_000, got)
	empty := twoShards(t)[0]
	empty.exec(t, "CREATE TABLE last_none AS last")
	_, ok, err = empty.engine(t, "last_none").Last(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
}
