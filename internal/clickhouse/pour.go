package clickhouse

import (
	"context"
	"fmt"
	"sync"
)

// Into somebody else's table flows go directly. What went in of which log is
// kept in a table of our own beside it, for nothing in theirs can tell.

// ledgerTable is the name of that table.
const ledgerTable = "beacon_loads"

// The states of a load in the ledger.
const (
	begun    = "begun"
	progress = "progress"
	done     = "done"
)

// pour loads the log directly.
func (l *load) pour(ctx context.Context) error {
	ledger := ident(l.at.database) + "." + ident(ledgerTable)
	err := l.exec(ctx, "creating the list of loads "+ledgerTable, "CREATE TABLE IF NOT EXISTS", ledger,
		"(at DateTime DEFAULT now(), target String, load UInt64, state String, rows Int64) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (target, load)")
	if err != nil {
		return err
	}
	before, rows, finished, err := l.before(ctx, ledger)
	if err != nil {
		return err
	}
	l.report.Before = rows
	if before && !l.opt.Force {
		return l.repeated(rows, finished)
	}
	var mu sync.Mutex
	note := func(state string, rows int64) error {
		mu.Lock()
		defer mu.Unlock()
		return l.exec(ctx, "noting the load in "+ledgerTable, "INSERT INTO", ledger, "(target, load, state, rows) SELECT",
			text(l.at.table)+",", "toUInt64("+integer(l.id)+"),", text(state)+",", "toInt64("+integer(rows)+")")
	}
	if err := note(begun, 0); err != nil {
		return err
	}
	err = l.send(ctx, ident(l.at.database)+"."+ident(l.at.table), func(rows int64) error { return note(progress, rows) })
	if err != nil {
		return err
	}
	l.report.Rows = l.sent.Load()
	return note(done, 0)
}

// before says whether the log was loaded before, how many of its flows are known
// to be in, and whether that load came to its end.
func (l *load) before(ctx context.Context, ledger string) (before bool, rows int64, finished bool, err error) {
	var notes, ends int64
	ask := &statement{
		columns: []string{"toInt64(count())", "toInt64(sum(rows))", "toInt64(countIf(state = " + text(done) + "))"},
		from:    ledger, where: all("target = "+text(l.at.table), "load = "+integer(l.id)),
	}
	err = l.row(ctx, "reading "+ledgerTable, ask, &notes, &rows, &ends)
	return notes > 0, rows, ends > 0, err
}

// repeated refuses a log that was loaded before.
func (l *load) repeated(rows int64, finished bool) error {
	what := fmt.Errorf("this log was loaded into %s.%s before: all of its %d flows are in", l.at.database, l.at.table, rows)
	if !finished {
		what = fmt.Errorf("this log was loaded into %s.%s before and the load was cut off: %d flows went in, and perhaps a part of %d more", l.at.database, l.at.table, rows, blockRows*max(1, l.opt.Workers))
	}
	return &Error{Host: l.at.host, Doing: "loading", Err: what, hint: "take those out first; --force loads the whole log in any case"}
}
