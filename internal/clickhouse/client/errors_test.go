package client

import (
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"
)

// TestShardsThatEnd holds that every way in which a server loses a shard has the hint about shards.
func TestShardsThatEnd(t *testing.T) {
	for _, code := range []int32{32, 209, 210, 279} { // ATTEMPT_TO_READ_AFTER_EOF, SOCKET_TIMEOUT, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED
		require.Contains(t, (&Error{Err: &driver.Exception{Code: code}}).Hint(), "every shard of the cluster must be reachable", code)
	}
}
