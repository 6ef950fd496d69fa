package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/clickhouse/schema"
)

func TestURL(t *testing.T) {
	at, err := Parse("clickhouses://ana@db.example/net/flows?cluster=big&max_threads=2", "s3cret")
	require.NoError(t, err)
	require.Equal(t, &Location{Host: "db.example:9440", user: "ana", password: "s3cret", tls: true, Database: "net", Table: "flows", Cluster: "big",
		settings: []schema.Setting{{Name: "max_threads", Value: "2"}}}, at)
	require.Equal(t, "clickhouses://ana@db.example:9440/net/flows", at.String())
	at, err = Parse("clickhouse://[::1]/net/flows", "")
	require.NoError(t, err)
	require.Equal(t, "[::1]:9000", at.Host)
	require.Equal(t, "default", at.user)
	require.True(t, IsURL("clickhouse://x") && IsURL("clickhouses://x"))
	require.False(t, IsURL("clickhouse.csv") || IsURL("http://x"))
	for text, want := range map[string]string{
		"clickhouse://ana:s3cret@h/d/t":           "a password in the URL would show",
		"clickhouse://h/d/t?password=s3cret":      "a password in the URL would show",
		"clickhouse://h/d":                        "the URL names no database and table",
		"clickhouse://h/d/t/s3cret":               "the URL names no database and table",
		"clickhouse://:9000/d/t":                  "not the URL of a ClickHouse table",
		"clickhouse://h:s3cret/d/t":               "not the URL of a ClickHouse table",
		"clickhouse://h/d/t?a;b=1":                "",
		"clickhouse://h/d/t?x%20y=s3cret":         `unknown parameter "x y"`,
		"clickhouse://h/d/t?password_file=/nofil": "reading the password file",
	} {
		_, err := Parse(text, "")
		if want == "" {
			continue
		}
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
