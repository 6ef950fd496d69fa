package client

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzURL reads any text as the URL of a table. No error repeats a password.
func FuzzURL(f *testing.F) {
	for _, text := range []string{"clickhouse://user@host:9000/db/table", "ClickHouses://h/d/t?cluster=c&max_threads=2", "clickhouse://u:sesame@[::1]:9/d/t?password=sesame", "clickhouse://h", "clickhouse+https://a%20b@h/a%2Fb/c%3Fd?secure=1", "clickhouse://h/d/t?secure=true"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := Parse(text, "sesame-in-the-environment")
		if err != nil {
			require.NotContains(t, err.Error(), "sesame-in-the-environment")
			return
		}
		require.NotEmpty(t, at.Host)
		require.NotEmpty(t, at.Table)
		again, err := Parse(at.String(), at.password)
		require.NoError(t, err)
		require.Equal(t, []any{at.Host, at.user, at.tls, at.http, at.Database, at.Table}, []any{again.Host, again.user, again.tls, again.http, again.Database, again.Table})
	})
}
