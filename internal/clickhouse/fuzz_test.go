package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzURL reads any text as the URL of a table. No error repeats a password.
func FuzzURL(f *testing.F) {
	for _, text := range []string{"clickhouse://user@host:9000/db/table", "ClickHouses://h/d/t?cluster=c&max_threads=2", "clickhouse://u:sesame@[::1]:9/d/t?password=sesame", "clickhouse://h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseURL(text, "sesame-in-the-environment")
		if err != nil {
			require.NotContains(t, err.Error(), "sesame-in-the-environment")
			return
		}
		require.NotEmpty(t, at.host)
		require.NotEmpty(t, at.table)
	})
}
