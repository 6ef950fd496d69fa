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
func (a *app) load(ctx context.Context, log *flowlog.Log, url string, read *readFlags, force bool) error {
	// --map names the log's columns; the table's are found by their names.
	table, err := clickhouse.Open(ctx, url, clickhouse.Options{Password: os.Getenv(passwordVariable)})
	if err != nil {
		return err
	}
	defer table.Close()
	workers := read.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	report, err := table.Load(ctx, log, clickhouse.LoadOptions{Workers: workers, Force: force})
	if err != nil {
		return err
	}
	if report.Log != nil {
		a.showReading(log, report.Log)
		a.showDamage(report.Log)
	}
	made := ""
	if report.Created {
		made = ", which was created"
	}
	a.note("%d flows loaded into %s%s", report.Rows, report.Table, made)
	return nil
}
