package clickhouse

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A table of ours names the load that each flow came by, so that a load which
// was cut off can be run again:
//
//  1. all flows go into a staging table of the same structure, beside the table;
//  2. when all are in, and counted, its partitions are attached to the table one
//     by one, which the server does at once for each;
//  3. the staging table is dropped.
//
// Cut off in 1, the staging table is dropped and the load begins again. Cut off
// in 2, the table has flows of the load: the log isn't read, and the partitions
// that it lacks are attached. Cut off in 3, only that is done.

// loadColumn is the column of our tables that names the load of a flow.
const loadColumn = "beacon_load"

// isOurs says whether a table is one that we made: it has that column.
func isOurs(columns []column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.name == loadColumn && c.typ == "UInt64" })
}

// ourUnit is the unit of the times in our tables where they are numbers, in ns.
const ourUnit = int64(time.Microsecond)

// forcedLoads is how often the same log can be loaded by force.
const forcedLoads = 1000

// stage loads the log by a staging table.
func (l *load) stage(ctx context.Context) error {
	first := l.id
	for again := range uint64(forcedLoads) {
		l.id = first + again
		in, staged, err := l.state(ctx)
		switch {
		case err != nil:
			return err
		case in > 0 && staged:
			return l.attach(ctx)
		case in == 0:
			return l.begin(ctx)
		case !l.opt.Force:
			l.report.Rows, l.report.Before = in, in
			return nil
		}
	}
	return l.failed(ctx, "loading", fmt.Errorf("this log was loaded %d times before", forcedLoads))
}

// state says how many flows of the load are in, and whether a staging table of it
// is left.
func (l *load) state(ctx context.Context) (in int64, staged bool, err error) {
	for _, s := range l.shards {
		n, err := l.loaded(ctx, s, s.at.table, "")
		if err != nil {
			return 0, false, err
		}
		there, err := s.exists(ctx, l.staging())
		if err != nil {
			return 0, false, err
		}
		in, staged = in+n, staged || there
	}
	return in, staged, nil
}

// staging is the name of the load's staging table.
func (l *load) staging() string { return fmt.Sprintf("%s_load_%016x", l.at.table, l.id) }

// loaded counts the flows of the load in a table of a shard, under a condition.
func (l *load) loaded(ctx context.Context, s *Engine, table, condition string) (n int64, err error) {
	ask := &statement{columns: []string{call("toInt64", call("count"))}, from: ident(l.at.database) + "." + ident(table),
		where: all(ident(loadColumn)+" = "+integer(l.id), condition)}
	return n, s.row(ctx, "counting the load's flows", ask, &n)
}

// begin loads the log from its beginning.
func (l *load) begin(ctx context.Context) error {
	staging := ident(l.at.database) + "." + ident(l.staging())
	for _, s := range l.shards {
		if err := s.exec(ctx, "dropping what an earlier load left", "DROP TABLE IF EXISTS", staging); err != nil {
			return err
		}
		if err := s.exec(ctx, "creating a staging table", "CREATE TABLE", staging, "AS", ident(s.at.database)+"."+ident(s.at.table)); err != nil {
			return err
		}
	}
	if err := l.send(ctx, staging, nil); err != nil {
		return err
	}
	var staged int64
	for _, s := range l.shards {
		n, err := l.loaded(ctx, s, l.staging(), "")
		if err != nil {
			return err
		}
		staged += n
	}
	if sent := l.sent.Load(); staged != sent {
		return l.failed(ctx, "counting the load's flows", fmt.Errorf("%d flows were sent, but %d are there", sent, staged))
	}
	return l.attach(ctx)
}

// attach moves the partitions of the staging tables to the tables, those that
// aren't there yet, and drops the staging tables.
func (l *load) attach(ctx context.Context) error {
	for _, s := range l.shards {
		there, err := s.exists(ctx, l.staging())
		if err != nil {
			return err
		}
		if there {
			if err := l.attachShard(ctx, s); err != nil {
				return err
			}
		}
	}
	for _, s := range l.shards {
		n, err := l.loaded(ctx, s, s.at.table, "")
		if err != nil {
			return err
		}
		l.report.Rows += n
		if err := s.exec(ctx, "dropping the staging table", "DROP TABLE IF EXISTS", ident(l.at.database)+"."+ident(l.staging())); err != nil {
			return err
		}
	}
	if l.report.Log == nil {
		l.report.Before = l.report.Rows - l.report.attached
	}
	return nil
}

// attachShard moves the partitions of one shard.
func (l *load) attachShard(ctx context.Context, s *Engine) error {
	key, err := s.partitionKey(ctx, s.at.table)
	if err != nil {
		return err
	}
	var ids []string
	var id string
	ask := &statement{columns: []string{"DISTINCT partition_id"}, from: "system.parts", order: []string{"partition_id"},
		where: all("database = "+text(l.at.database), "table = "+text(l.staging()), "active")}
	err = s.rows(ctx, "listing partitions", ask, []any{&id}, func() error { ids = append(ids, id); return nil })
	if err != nil {
		return err
	}
	for _, id := range ids {
		of := call("toString", key) + " = " + text(id)
		staged, err := l.loaded(ctx, s, l.staging(), of)
		if err != nil {
			return err
		}
		in, err := l.loaded(ctx, s, s.at.table, of)
		switch {
		case err != nil:
			return err
		case in == staged: // attached before
			continue
		case in > 0:
			return s.failed(ctx, "attaching partition "+id, fmt.Errorf("the table has %d of its %d flows: drop them, or the staging table %s", in, staged, l.staging()))
		}
		err = s.exec(ctx, "attaching partition "+id, "ALTER TABLE", ident(l.at.database)+"."+ident(s.at.table),
			"ATTACH PARTITION ID", text(id), "FROM", ident(l.at.database)+"."+ident(l.staging()))
		if err != nil {
			return err
		}
		l.report.attached += staged
	}
	return nil
}

// partitionKey is the expression by which a table is partitioned.
func (e *Engine) partitionKey(ctx context.Context, table string) (key string, err error) {
	ask := &statement{columns: []string{"partition_key"}, from: "system.tables", where: e.named(table)}
	return key, e.row(ctx, "reading the partition key", ask, &key)
}

// named is the condition of system.tables that a table of our database is meant.
func (e *Engine) named(table string) string {
	return all("database = "+text(e.at.database), "name = "+text(table))
}

func (e *Engine) exists(ctx context.Context, table string) (bool, error) {
	engine, err := e.engineOf(ctx, table)
	return engine != "", err
}

// engineOf is the engine of a table, "" where there is no such table.
func (e *Engine) engineOf(ctx context.Context, table string) (engine string, err error) {
	ask := &statement{columns: []string{"engine"}, from: "system.tables", where: e.named(table)}
	err = e.rows(ctx, "looking for the table", ask, []any{&engine}, func() error { return nil })
	return engine, err
}

func isMergeTree(engine string) bool { return strings.HasSuffix(engine, "MergeTree") }

// create makes the table.
func (e *Engine) create(ctx context.Context) error {
	return e.exec(ctx, "creating the table", createTable(e.at.database, e.at.table, e.version))
}

// createTable is the statement that makes a table of ours: by day, in the order
// of destination and time. Servers before 20.5 lack what DateTime64 needs, and
// before 19.3 IPv6.
func createTable(database, table string, v version) string {
	rest := []string{"src_port UInt16", "dst_port UInt16", "protocol UInt8", "bytes Int64", "src_bytes Int64", "duration Float64", "name String", loadColumn + " UInt64"}
	columns := []string{"timestamp Int64", "src_ip FixedString(16)", "dst_ip FixedString(16)"} // microseconds since 1970; IPv4 as ::ffff:a.b.c.d
	day := "toYYYYMMDD(toDateTime(intDiv(timestamp, 1000000)), 'UTC')"
	if v.atLeast(20, 5) {
		columns = []string{"timestamp DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD(1))", "src_ip IPv6 CODEC(ZSTD(1))", "dst_ip IPv6 CODEC(ZSTD(1))"}
		for i := range rest {
			rest[i] += " CODEC(ZSTD(1))"
		}
		day = "toYYYYMMDD(timestamp, 'UTC')"
	}
	return fmt.Sprintf("CREATE TABLE %s.%s (\n    %s\n) ENGINE = MergeTree\nPARTITION BY %s\nORDER BY (dst_ip, timestamp)",
		ident(database), ident(table), strings.Join(append(columns, rest...), ",\n    "), day)
}

func netJoin(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
