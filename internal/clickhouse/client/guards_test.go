package client

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSettingsThatCut holds that a URL sets nothing that gives a part of an answer in silence.
func TestSettingsThatCut(t *testing.T) {
	for _, g := range guards {
		_, err := Parse("clickhouse://h/d/t?"+g.Name+"=break1", "")
		if g.Name == SkipShards {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, g.Name+"=break1 can give a part of the answer only")
		require.Equal(t, "remove it from the URL", err.(*Error).Hint())
	}
	at, err := Parse("clickhouse://h/a%2Fb/t%20c?read_overflow_mode=throw", "")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b", "t c"}, []string{at.Database, at.Table})
}
