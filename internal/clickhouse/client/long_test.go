package client

import (
	"fmt"
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

// TestFixedQuerySize holds that a user whose max_query_size the server has refused to raise is
// asked no statement that is longer.
func TestFixedQuerySize(t *testing.T) {
	conn := &Conn{At: &Location{Host: "h:9000"}, profile: map[string]string{querySize: "16000", Readonly: "0"}}
	conn.fixedSize.Store(true)
	for _, size := range []int{1001, 16000} {
		settings, err := conn.raised("asking", size)
		require.NoError(t, err)
		require.Nil(t, settings)
	}
	_, err := conn.raised("asking", 16001)
	require.ErrorContains(t, err, "the statement has 16001 bytes, and the user's max_query_size is 16000")
	refused := fmt.Errorf("asking: %w", &driver.Exception{Code: codeConstraint})
	require.True(t, isCode(refused, codeConstraint))
	require.False(t, isCode(refused, codeReadonly))
	require.Contains(t, (&Error{Err: refused}).Hint(), "no constraints")
}
