package cli

import (
	"context"
	"io"
	"os"
	"runtime"

	"beacon/internal/cli/readflags"
	"beacon/internal/clickhouse"
	"beacon/internal/clickhouse/client"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/write"
	"beacon/internal/output"
	"beacon/internal/usage"
	"beacon/internal/words"
)

func isTable(arg string) bool { return client.IsURL(arg) }

// load brings a log into a table.
func (a *app) load(ctx context.Context, log *flowlog.Log, url string, read *readflags.Flags, appending bool) error {
	// --map names the log's columns; the table's are found by their names.
	table, err := clickhouse.Open(ctx, url, clickhouse.Options{Options: client.Options{Password: os.Getenv(passwordVariable), Timeout: read.Timeout, TLS: a.trust}})
	if err != nil {
		return err
	}
	defer table.Close()
	workers := read.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	report, err := table.Load(ctx, log, clickhouse.LoadOptions{Workers: workers, Append: appending})
	if err != nil {
		return err
	}
	a.showReading(log, report.Log)
	a.noteOthers(report.Log)
	a.showDamage(report.Log)
	if err := a.checkInputs(log); err != nil {
		return err
	}
	written := "written to the new table"
	if !report.Created {
		written = "added to the table"
	}
	for _, w := range report.Warnings {
		a.warn("%s", w.Text)
		a.hint(w.Hint)
	}
	a.note("%s %s %s", words.Plural(report.Rows, "flow", "flows"), written, report.Table)
	return nil
}

// export writes all flows of a table to a file.
func (a *app) export(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options, to output.Target, format string) error {
	if isTable(to.Path) {
		return usage.Errorf("convert it to a file, and the file into the other table", "a table can't be converted into a table")
	}
	format, err := writeFormat(format, to.Path)
	if err != nil {
		return err
	}
	n, err := a.pickFromTable(ctx, args, read, opt, to.Path, &picking{selection: write.Selection{{}}, format: format})
	if err == nil {
		a.noteWritten(n, to, format)
	}
	return err
}

// pickFromTable writes the flows of a table, and returns their number.
func (a *app) pickFromTable(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options, path string, p *picking) (n int64, err error) {
	q, err := a.askTable(ctx, args, opt, read)
	if err != nil {
		return 0, err
	}
	defer q.close()
	return n, a.writePicked(path, p, func(w io.Writer) error {
		picker, err := write.NewPicker(p.selection, p.format, w)
		if err != nil {
			return err
		}
		if err := q.table.Flows(ctx, q.from, q.to, p.selection, picker); err != nil {
			return err
		}
		n = picker.Count
		return picker.Close()
	})
}
