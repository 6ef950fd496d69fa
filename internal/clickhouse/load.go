package clickhouse

import (
	"context"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"beacon/internal/beacon"
	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flow"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/words"
)

// LoadOptions says how a log is loaded.
type LoadOptions struct {
	Workers int  // 1 or more
	Append  bool // insert into a table that exists
}

// LoadReport says what a load did.
type LoadReport struct {
	Table   string // URL without the password
	Created bool   // the load created the table
	Rows    int64  // flows that went in
	Log     *flowlog.Report

	Warnings []beacon.Warning // of what the table doesn't hold
}

// Load creates the table and inserts the flows of a log. If that fails, it drops
// the table: the log is in the database whole or not at all. A table that exists
// is refused unless opt.Append is set; then the flows are added to it, and an
// error says how many of them went in.
//
// With a cluster in the URL the blocks of flows go to the shards in turn: to the
// table of that name on one server of each shard, which must be reachable from
// here.
//
// Note: loading through staging tables with a ledger, so that a load could be
// resumed, doubled flows when two resumes ran at once.
func (e *Engine) Load(ctx context.Context, log *flowlog.Log, opt LoadOptions) (*LoadReport, error) {
	shards, err := e.shards(ctx)
	defer func() {
		for _, s := range shards {
			if s != e {
				s.Close()
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	e.table = nil
	l := &load{Engine: e, log: log, opt: opt, shards: shards, report: &LoadReport{Table: e.At.String()}}
	if err = l.prepare(ctx); err == nil {
		err = l.send(ctx)
	}
	if err != nil {
		return l.report, l.undo(ctx, err)
	}
	return l.report, nil
}

// load is a load in progress.
type load struct {
	*Engine
	log     *flowlog.Log
	opt     LoadOptions
	shards  []*Engine // that get the flows; the engine itself without a cluster
	fields  []field
	created []*Engine // shards on which this load created the table
	report  *LoadReport
	sent    atomic.Int64 // flows that a server has acknowledged
	unnamed loss         // of names of destinations
	unmet   loss         // of the addresses at which names were met
}

// prepare finds the table on every shard, or creates it on all of them.
func (l *load) prepare(ctx context.Context) error {
	found := 0
	for _, s := range l.shards {
		there, err := s.exists(ctx)
		if err != nil {
			return err
		}
		if there && !l.opt.Append {
			return &client.Error{Host: s.At.Host, Doing: "loading", Err: fmt.Errorf("the table %s.%s exists", s.At.Database, s.At.Table),
				Advice: "--append adds the flows to it; or name a table that doesn't exist yet"}
		}
		if there {
			found++
		}
	}
	if found > 0 && found < len(l.shards) {
		return l.Failed(ctx, "loading", fmt.Errorf("the table %s.%s exists on %d of the cluster's %d shards only", l.At.Database, l.At.Table, found, len(l.shards)))
	}
	for _, s := range l.shards[found:] {
		if err := s.create(ctx); err != nil {
			return err
		}
		l.created = append(l.created, s)
	}
	l.report.Created = l.created != nil
	for i, s := range l.shards {
		columns, err := s.columns(ctx)
		if err != nil {
			return err
		}
		fields, err := s.fields(ctx, columns)
		if err != nil {
			return err
		}
		if i > 0 && !slices.Equal(fields, l.fields) {
			return s.Failed(ctx, "comparing the shards' tables", fmt.Errorf("%s.%s has other columns than on %s", s.At.Database, s.At.Table, l.shards[0].At.Host))
		}
		l.fields = fields
	}
	return nil
}

// How long dropping a table may take after a failure, and after an interrupt.
const (
	dropTimeout        = 30 * time.Second
	dropTimeoutStopped = 500 * time.Millisecond // an interrupted command ends within a second
)

// undo drops the tables that a failed load created. It returns the load's error,
// with what is left in the database.
func (l *load) undo(ctx context.Context, failure error) error {
	timeout := dropTimeout
	if ctx.Err() != nil {
		timeout = dropTimeoutStopped
	}
	dropping, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	for _, s := range l.created {
		table := schema.Ident(s.At.Database) + "." + schema.Ident(s.At.Table)
		if err := s.drop(dropping, table); err != nil {
			return &client.Error{Host: s.At.Host, Doing: "loading", Err: failure, Left: "the table was begun and can't be dropped: " + client.Explain(err),
				Advice: "before the next load, DROP TABLE " + table}
		}
	}
	if sent := l.sent.Load(); l.created == nil && sent > 0 {
		return &client.Error{Host: l.At.Host, Doing: "loading", Err: failure, Left: fmt.Sprintf("%d flows had gone into the table before", sent),
			Advice: "a repeated load adds them a second time: delete them first"}
	}
	return failure
}

// drop drops a table by a connection of its own: those of the load may be broken.
func (e *Engine) drop(ctx context.Context, table string) error {
	fresh, err := e.Again(ctx, e.At)
	if err != nil {
		return err
	}
	defer fresh.Close()
	return fresh.Exec(ctx, "dropping the table", "DROP TABLE IF EXISTS", table)
}

// send reads the log and inserts its flows in blocks.
func (l *load) send(ctx context.Context) error {
	f := &filler{fields: l.fields, hosts: flow.NewHosts(nil)}
	for what, lost := range map[string]*loss{"name": &l.unnamed, schema.HostAddress: &l.unmet} {
		lost.absent = !slices.ContainsFunc(f.fields, func(c field) bool { return c.what == what })
	}
	var sinks []*sender
	report, err := l.log.Read(ctx, flowlog.Pass{
		Workers: max(1, l.opt.Workers), Columns: flow.All, Hosts: f.hosts,
		Sink: func() flowlog.Sink {
			s := &sender{load: l, filler: f, ctx: ctx, turn: len(sinks)}
			sinks = append(sinks, s)
			return s
		},
	})
	l.report.Log = report
	if err != nil {
		return err
	}
	last, lastCtx := errgroup.WithContext(ctx)
	for _, s := range sinks {
		s.ctx = lastCtx
		last.Go(s.flush)
	}
	if err := last.Wait(); err != nil {
		return err
	}
	if _, err := l.log.Check(); err != nil {
		return err
	}
	l.report.Rows = l.sent.Load()
	l.warn()
	if rows := report.Rows(); l.report.Rows != rows {
		return fmt.Errorf("%d of %d flows were sent", l.report.Rows, rows)
	}
	return nil
}

// loss is what goes into no column of the table.
type loss struct {
	absent bool         // the table has no such column
	flows  atomic.Int64 // that had it
}

// warn warns of what the log holds and the table doesn't.
func (l *load) warn() {
	for _, c := range definition(l.Release) {
		lost, what := &l.unnamed, "their names"
		switch c.name {
		case schema.HostName:
		case schema.HostAddress:
			lost, what = &l.unmet, "the addresses at which these were met"
		default:
			continue
		}
		if n := lost.flows.Load(); n > 0 {
			l.report.Warnings = append(l.report.Warnings, beacon.Warning{
				Text: fmt.Sprintf("the table has no column %s of type %s: %s went in without %s", c.name, c.typ, words.Plural(n, "flow to a name", "flows to names"), what),
				Hint: fmt.Sprintf("load into a new table, or before such a load: ALTER TABLE %s.%s ADD COLUMN %s %s", l.At.Database, l.At.Table, c.name, c.typ),
			})
		}
	}
}

// sender is one worker of a load: a flowlog.Sink.
type sender struct {
	*load
	*filler
	ctx   context.Context
	turn  int // of the shard that gets the next block
	block block
}

// Begin implements flowlog.Sink.
func (s *sender) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *sender) Batch(b *flow.Batch) error {
	s.block.add(b)
	if s.unnamed.absent || s.unmet.absent {
		for i, name := range b.Name {
			if s.unnamed.absent && s.hosts.NameOf(b.Dst[i], name) != "" {
				s.unnamed.flows.Add(1)
			}
			if _, met := s.metAt(b.Dst[i], name); s.unmet.absent && met {
				s.unmet.flows.Add(1)
			}
		}
	}
	if s.block.rows()+flow.BatchRows <= blockRows {
		return nil
	}
	return s.flush()
}

// flush inserts the flows that are gathered.
func (s *sender) flush() error {
	rows := int64(s.block.rows())
	if rows == 0 {
		return nil
	}
	shard := s.shards[s.turn%len(s.shards)]
	s.turn++
	if err := s.filler.send(s.ctx, shard, &s.block); err != nil {
		return err
	}
	s.block.reset()
	s.Report(client.Progress{Doing: "loading", Rows: s.sent.Add(rows)})
	return nil
}

// shards returns an engine for one server of each shard of the cluster, or the
// engine itself where the URL names no cluster.
func (e *Engine) shards(ctx context.Context) ([]*Engine, error) {
	if e.At.Cluster == "" {
		return []*Engine{e}, nil
	}
	var shard uint32
	var port uint16
	var host string
	at := map[uint32]string{}
	ask := &schema.Statement{Columns: []string{"shard_num", "host_address", "port"}, From: "system.clusters",
		Where: "cluster = " + schema.Text(e.At.Cluster), Order: []string{"shard_num", "replica_num"}}
	err := e.Rows(ctx, "looking up the cluster", ask, []any{&shard, &host, &port}, func() error {
		if _, ok := at[shard]; !ok {
			at[shard] = net.JoinHostPort(host, strconv.Itoa(int(port)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, &client.Error{Host: e.At.Host, Err: fmt.Errorf("the server knows no cluster %q", e.At.Cluster), Advice: client.HintClusters}
	}
	var shards []*Engine
	for num := uint32(0); len(shards) < len(at) && num < math.MaxUint16; num++ {
		host, ok := at[num]
		if !ok {
			continue
		}
		one := *e.At
		one.Host, one.Cluster = host, ""
		conn, err := e.Again(ctx, &one)
		if err != nil {
			return shards, err
		}
		shards = append(shards, newEngine(conn, e.opt))
	}
	return shards, nil
}

// fields returns the columns of the table that a load fills.
func (e *Engine) fields(ctx context.Context, columns []schema.Column) ([]field, error) {
	var names []string
	var writable []schema.Column
	for _, c := range columns {
		if c.Kind != "MATERIALIZED" && c.Kind != "ALIAS" {
			names, writable = append(names, c.Name), append(writable, c)
		}
	}
	found, err := schema.Match(names, e.opt.Map)
	if err != nil {
		return nil, e.unread(err)
	}
	var fields []field
	for _, what := range append(flowlog.MapKeys(), schema.HostAddress) {
		at := found[what]
		if len(at) != 1 { // two columns for one value can't be filled
			continue
		}
		f := field{Column: writable[at[0]], what: what}
		if what == "timestamp" {
			if createdByLoad(columns) {
				f.unit = createdUnit
			} else if f.unit, err = e.unitOf(ctx, f); err != nil {
				return nil, err
			}
		}
		if f.fillable() {
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// unitOf returns the unit in ns of an integer column of times: the one that a
// time in it shows or, in an empty table, the one that the column's name ends
// with; else seconds for 32 bits and microseconds for 64.
func (e *Engine) unitOf(ctx context.Context, f field) (int64, error) {
	typ, _ := schema.Bare(f.Typ)
	if clock, ok := schema.NewClock(schema.Ident(f.Name), typ); !ok || clock.Kind != schema.Epoch {
		return 0, nil
	}
	var v float64
	sample := &schema.Statement{Columns: []string{schema.Call("toFloat64", schema.Ident(f.Name))}, From: e.source(), Where: schema.Ident(f.Name) + " > 0", Limit: 1, Settings: e.Settings()}
	err := e.Rows(ctx, "looking at a time", sample, []any{&v}, func() error { return nil })
	switch n := schema.Normal(f.Name); {
	case v > 0 || err != nil:
		return clocks.EpochUnit(v), err
	case strings.HasSuffix(n, "ns"):
		return 1, nil
	case strings.HasSuffix(n, "ms"):
		return int64(time.Millisecond), nil
	case strings.HasSuffix(typ, "32"):
		return int64(time.Second), nil
	}
	return int64(time.Microsecond), nil
}
