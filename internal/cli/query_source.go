package cli

import (
	"cmp"
	"context"
	"os"
	"slices"

	"beacon/internal/beacon"
	"beacon/internal/cli/readflags"
	"beacon/internal/clickhouse"
	"beacon/internal/clickhouse/client"
	"beacon/internal/engine"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/names"
	"beacon/internal/lease"
	"beacon/internal/progress"
	"beacon/internal/settings"
	"beacon/internal/timespan"
	"beacon/internal/usage"
)

// ofTables returns what of the memory tables of flows may take, in bytes: half.
func ofTables(memory int64) int64 { return max(1, memory/2) }

// finder answers a query.
type finder func(context.Context, beacon.Query) (*beacon.Findings, error)

// asked is the log or the table that a command queries.
type asked struct {
	find  finder
	log   *flowlog.Log       // nil for a table
	table *clickhouse.Engine // nil for files
	done  func()             // ends what was shown of the progress

	leases *lease.Table // which host had an address at a time, as the log or a file beside it tells

	from, to int64 // bounds of time, see beacon.Query
}

// passwordVariable holds the password of a ClickHouse user.
const passwordVariable = settings.Prefix + "CLICKHOUSE_PASSWORD"

// ask opens the inputs of a log, or one table, that the arguments name.
func (a *app) ask(ctx context.Context, args []string, read *readflags.Flags, opt flowlog.Options) (*asked, error) {
	if slices.ContainsFunc(args, isTable) {
		return a.askTable(ctx, args, opt, read)
	}
	memory, err := read.Budget()
	if err != nil {
		return nil, err
	}
	opt.Marks = names.MayHoldLeases
	log, err := a.open(ctx, args, read, opt)
	if err != nil {
		return nil, err
	}
	show, done := a.logProgress("reading")
	log.Progress = show
	leases := names.Beside(ctx, log, read.Workers, &a.objects, &opt)
	eng := &engine.Engine{Log: log, Workers: read.Workers, Memory: ofTables(memory), Reading: func(r *flowlog.Report) { done(); a.showReading(log, r) }}
	q := &asked{find: func(ctx context.Context, q beacon.Query) (*beacon.Findings, error) {
		q.Leases = cmp.Or(q.Leases, leases)
		findings, err := eng.Find(ctx, q)
		if err != nil && ctx.Err() == nil { // a change of an input explains it better
			err = cmp.Or(a.checkInputs(log), err)
		}
		return findings, err
	}, log: log, done: done, leases: leases}
	q.from, q.to = log.Bounds()
	return q, nil
}

func (a *app) askTable(ctx context.Context, args []string, opt flowlog.Options, read *readflags.Flags) (*asked, error) {
	if opt.Answered {
		return nil, usage.Errorf("query a file, or choose a table's flows with --where", "--exclude-failed works on files only")
	}
	if len(args) > 1 {
		return nil, usage.Errorf("query one table at a time", "a table can't be combined with %d more inputs", len(args)-1)
	}
	memory, err := read.ServerBudget()
	if err != nil {
		return nil, err
	}
	show, done := a.progress("asking")
	options := clickhouse.Options{Options: client.Options{Password: os.Getenv(passwordVariable), Timeout: read.Timeout, TLS: a.trust}, Map: opt.Map, Where: read.Where, Memory: memory}
	if show != nil {
		options.Progress = func(p client.Progress) {
			show(progress.State{Flows: p.Rows, Done: p.Rows, Total: p.Total, Unit: progress.Rows})
		}
	}
	table, err := clickhouse.Open(ctx, args[0], options)
	if err != nil {
		return nil, err
	}
	q := &asked{find: table.Find, table: table, done: done}
	if q.from, q.to, err = read.Bounds(opt, func() (timespan.Span, error) {
		span, err := table.Span(ctx)
		a.warnLater(read.Last, opt.Zone, span)
		return span, err
	}); err != nil {
		table.Close()
		return nil, err
	}
	return q, nil
}

// close closes the log or the table.
func (q *asked) close() error {
	q.done()
	if q.table != nil {
		return q.table.Close()
	}
	return q.log.Close()
}
