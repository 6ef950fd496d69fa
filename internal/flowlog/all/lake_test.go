package all

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"beacon/internal/flowlog"
)

// A directory that is a table with files of earlier versions is refused, one of its parts and a
// pattern are not.
func TestLakes(t *testing.T) {
	for file, want := range map[string]string{
		"_delta_log/00000000000000000000.json": "FROM delta_scan('DIR/flows')",
		"metadata/v1.metadata.json":            "FROM iceberg_scan('DIR/flows')",
		".hoodie/hoodie.properties":            "a pattern such as 'DIR/flows/*.parquet' reads all files",
		"metadata/notes.json":                  "",
		"data/_delta_log":                      "",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"flows/a.csv": "time,src,dst\n1,10.0.0.5,203.0.113.9\n", "flows/" + file: "{}\n"} {
			path := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		}
		_, err := flowlog.Open([]string{dir}, nil, flowlog.Options{})
		if want == "" {
			require.NoError(t, err, file)
			continue
		}
		var placed *flowlog.InputError
		require.ErrorAs(t, err, &placed, file)
		require.Equal(t, filepath.Join(dir, "flows"), placed.Input)
		require.Contains(t, placed.Hint, strings.ReplaceAll(want, "DIR", dir), file)
		_, err = flowlog.Open([]string{filepath.Join(dir, "flows", "*.csv")}, nil, flowlog.Options{})
		require.NoError(t, err, file)
	}
}
