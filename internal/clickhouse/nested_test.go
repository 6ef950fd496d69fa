package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/netset"
)

// TestModernNested reads flows that stand within columns of types that old servers lack.
func TestModernNested(t *testing.T) {
	modernServer(t)
	const from = " FROM numbers(120)"
	for name, c := range map[string]struct{ columns, values string }{
		"otel": {"Timestamp DateTime64(9), LogAttributes Map(LowCardinality(String), String)",
			"toDateTime64(1709510400 + number * 60, 9), map('source.address', '10.9.0.5', 'destination.address', '198.51.100.77', 'destination.port', '443')"},
		"otel_json": {"Timestamp DateTime64(9), attributes JSON",
			`toDateTime64(1709510400 + number * 60, 9), '{"source": {"address": "10.9.0.5"}, "destination": {"address": "198.51.100.77", "port": 443}}'`},
		"ocsf": {"time Int64, src_endpoint Tuple(ip String, port UInt16), dst_endpoint Tuple(ip String, port UInt16)",
			"(1709510400 + number * 60) * 1000, ('10.9.0.5', 40000), ('198.51.100.77', 443)"},
	} {
		modernExec(t, "CREATE TABLE nested_"+name+" ("+c.columns+") ENGINE = MergeTree ORDER BY tuple()", "INSERT INTO nested_"+name+" SELECT "+c.values+from)
		found, err := modernEngine(t, "nested_"+name).Find(t.Context(), everyMinute())
		require.NoError(t, err, name)
		require.EqualValues(t, 120, found.Totals.Flows, name)
		require.Len(t, found.List, 1, name)
		require.Equal(t, netset.MustHost("198.51.100.77"), found.List[0].Destinations[0].Host, name)
		require.EqualValues(t, 443, found.List[0].Day.Ports[0].Port, name)
	}
}
