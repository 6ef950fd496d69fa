package clickhouse

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/schema"
)

// TestUnsupported asks what only files can answer. The engine has no connection: a query
// that isn't refused at once would need one.
func TestUnsupported(t *testing.T) {
	q := everyMinute()
	q.Order = beacon.ByLog
	_, err := new(Engine).Find(t.Context(), q)
	require.ErrorContains(t, err, "a table keeps no order of a log")
	require.Contains(t, hintOf(err), "--order time")
	_, sqlErr := new(Engine).SQL(t.Context(), q)
	require.Equal(t, err, sqlErr)
}

// TestUnjudged holds that names that the query gives to addresses are said not to be judged.
func TestUnjudged(t *testing.T) {
	q := everyMinute()
	x := &question{query: &q}
	require.Empty(t, x.unjudged())
	q.Names = map[netip.Addr][]string{netip.MustParseAddr("1.1.1.1"): {"one.example"}}
	require.Len(t, x.unjudged(), 1)
	q.By = beacon.ByAddress
	require.Empty(t, x.unjudged())
}

// TestNoAddress takes tables whose destinations are names, of which there may be files.
func TestNoAddress(t *testing.T) {
	for _, column := range []string{"sni String", "query String", "host LowCardinality(String)"} {
		columns := "ts DateTime\nsrc IPv4\n" + column + "\ndport UInt16"
		_, err := schema.NewTable("t", described(columns), nil, schema.Version{Major: 25, Minor: 3})
		require.ErrorContains(t, err, "no column for dst_ip", column)
		require.Contains(t, hintOf(err), "--map dst_ip=COLUMN")
		_, err = schema.NewTable("t", described(strings.Replace(columns, "src IPv4", "src IPv4\npeer IPv4", 1)), map[string]string{"dst_ip": "peer"}, schema.Version{Major: 25, Minor: 3})
		require.NoError(t, err, column)
	}
}

// TestOnlyNames asks a server about a table without addresses of destinations.
func TestOnlyNames(t *testing.T) {
	p := twoShards(t)
	p[0].exec(t, "CREATE TABLE only_named (ts DateTime, src UInt32, sni String) ENGINE = Memory")
	_, err := p[0].engine(t, "only_named").Find(t.Context(), everyMinute())
	require.ErrorContains(t, err, "no column for dst_ip")
}
