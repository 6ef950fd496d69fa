package cli

import (
	"context"
	"os"
	"runtime"

	"beacon/internal/clickhouse"
	"beacon/internal/flowlog"
)

func isTable(arg string) bool { return clickhouse.IsURL(arg) }

// load brings a log into a table.
func (a *app) load(ctx context.Context, log *flowlog.Log, url string, read *readFlags, appending bool) error {
	// --map names the log's columns; the table's are found by their names.
	table, err := clickhouse.Open(ctx, url, clickhouse.Options{Password: os.Getenv(passwordVariable), Timeout: read.timeout})
	if err != nil {
		return err
	}
	defer table.Close()
	workers := read.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	report, err := table.Load(ctx, log, clickhouse.LoadOptions{Workers: workers, Append: appending})
	if err != nil {
		return err
	}
	a.showReading(log, report.Log)
	a.showDamage(report.Log)
	if err := a.checkInputs(log); err != nil {
		return err
	}
	into := "into the new table"
	if !report.Created {
		into = "added to"
	}
	a.note("%d flows %s %s", report.Rows, into, report.Table)
	return nil
}
