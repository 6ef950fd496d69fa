package cli

import (
	"encoding/json"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// What an answer says about its run holds no password, wherever its URL stands.
func TestMetaWithoutPasswords(t *testing.T) {
	cmd := &cobra.Command{Use: "detect"}
	flags := cmd.Flags()
	flags.StringSlice("names", nil, "")
	flags.String("where", "", "")
	require.NoError(t, flags.Parse([]string{"--names", "S3://key:sesame@logs/names.csv,b.csv", "--where", "url = 'https://me:sesame@host'"}))
	meta := metaOf(cmd, []string{"ClickHouse://me:sesame@host/db/table", "clickhouse://host/db/table?user=me&password=sesame"}, &asked{})
	text, err := json.Marshal(meta)
	require.NoError(t, err)
	require.NotContains(t, string(text), "sesame")
	require.Equal(t, "ClickHouse://me:***@host/db/table", meta.Inputs[0])
	require.Equal(t, []string{"S3://key:***@logs/names.csv", "b.csv"}, meta.Options["names"])
}

// The memory of tables is at least a byte: 0 stands for the default.
func TestMemoryOfTables(t *testing.T) {
	require.EqualValues(t, 1, ofTables(1))
	require.EqualValues(t, 32<<20, ofTables(64<<20))
}
