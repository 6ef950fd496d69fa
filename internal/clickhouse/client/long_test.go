package client

import (
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/schema"
)

// TestLongStatements holds which statements need another max_query_size than the user's: those
// longer than it, and to an old server those that its shards may get in a longer form.
func TestLongStatements(t *testing.T) {
	raised := driver.Settings{"max_query_size": raisedQuerySize}
	old, recent := schema.Version{Major: 22, Minor: 1}, schema.Version{Major: 22, Minor: 2}
	for _, c := range []struct {
		release  schema.Version
		limit    string
		readonly string
		size     int
		want     driver.Settings
		refused  bool
	}{
		{recent, "1000", "0", 1000, nil, false},
		{recent, "1000", "0", 1001, raised, false},
		{recent, "1000", "2", 1001, raised, false},
		{recent, "1000", "1", 1000, nil, false},
		{recent, "1000", "1", 1001, nil, true},
		{recent, "0", "1", 5000, nil, false},
		{recent, "", "0", 262144, nil, false},
		{recent, "", "0", 262145, raised, false},
		{old, "16000", "0", 1000, nil, false},
		{old, "16000", "0", 1001, raised, false},
		{old, "16000", "1", 16000, nil, false},
		{old, "16000", "1", 16001, nil, true},
	} {
		conn := &Conn{At: &Location{Host: "h:9000"}, Release: c.release, profile: map[string]string{querySize: c.limit, Readonly: c.readonly}}
		got, err := conn.raised("asking", c.size)
		require.Equal(t, c.want, got, "%+v", c)
		if !c.refused {
			require.NoError(t, err, "%+v", c)
			continue
		}
		require.ErrorContains(t, err, "clickhouse h:9000: asking: the statement has ", "%+v", c)
		require.Contains(t, err.(*Error).Hint(), "a user who may change settings")
	}
}
