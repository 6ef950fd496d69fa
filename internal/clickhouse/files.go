package clickhouse

import (
	"context"
	"regexp"

	"beacon/internal/clickhouse/schema"
)

// From 25.8 on, the server fails to filter Parquet files by an expression that isn't in the
// answer where it moves the condition ahead of the other columns ("Not found column ... in
// block"; still so in 26.7).
var (
	wrongPrewhere = schema.Version{Major: 25, Minor: 8}
	noPrewhere    = schema.Setting{Name: "optimize_move_to_prewhere", Value: "0"}
)

// ofFiles matches the definition of a table or view of files, by its engine or function.
var ofFiles = regexp.MustCompile(`(?i)\b(s3|gcs|url|file|azureblobstorage|hdfs|iceberg|deltalake|hudi)\w*\(`)

// readFiles switches off what fails on files, if the table is one of them.
func (e *Engine) readFiles(ctx context.Context) error {
	if !e.Release.AtLeast(wrongPrewhere.Major, wrongPrewhere.Minor) {
		return nil
	}
	var definition string
	ask := &schema.Statement{Columns: []string{"create_table_query"}, From: "system.tables",
		Where: schema.All("database = "+schema.Text(e.At.Database), "name = "+schema.Text(e.At.Table))}
	err := e.Rows(ctx, "looking at the table's definition", ask, []any{&definition}, func() error { return nil })
	if err == nil && ofFiles.MatchString(definition) {
		e.Always(noPrewhere)
	}
	return err
}
