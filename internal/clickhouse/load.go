package clickhouse

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"beacon/internal/flow"
	"beacon/internal/flowlog"
)

// LoadOptions is how a log is loaded.
type LoadOptions struct {
	Workers int  // 1 or more
	Force   bool // load a log that was loaded before once more
}

// LoadReport is what a load did.
type LoadReport struct {
	Table   string          // URL without a secret
	Created bool            // the table was not there before
	Rows    int64           // flows that went in
	Before  int64           // of these, by a load of the same log before
	Log     *flowlog.Report // what the reading saw; nil where nothing had to be read

	attached int64 // flows that were attached
}

// Load brings a log into the table, which is created where there is none. In a
// table of ours, a load that failed can be run again: no flow is lost or doubled.
// In somebody else's, a log is refused that was loaded before, as far as it was.
//
// With a cluster in the URL the flows are dealt out to the tables of that name on
// all of its shards, a server of each, which have to be reachable from here.
func (e *Engine) Load(ctx context.Context, log *flowlog.Log, opt LoadOptions) (*LoadReport, error) {
	shards, err := e.shards(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, s := range shards {
			if s != e {
				s.Close()
			}
		}
	}()
	l := &load{Engine: e, log: log, opt: opt, shards: shards, report: &LoadReport{Table: e.at.String()}}
	own, err := l.prepare(ctx)
	if err != nil {
		return nil, err
	}
	e.table = nil
	l.id = log.Identity()
	if own {
		err = l.stage(ctx)
	} else {
		err = l.pour(ctx)
	}
	return l.report, err
}

// load is a load in progress.
type load struct {
	*Engine
	log    *flowlog.Log
	opt    LoadOptions
	shards []*Engine // that get the flows; the engine itself where there is no cluster
	fields []field
	id     uint64 // of the log, as loadColumn holds it
	report *LoadReport
	sent   atomic.Int64
}

// send reads the log and sends it in blocks to the tables named into, one of
// each shard. acknowledged, which may be nil, is told of each block that is in.
func (l *load) send(ctx context.Context, into string, acknowledged func(rows int64) error) error {
	f := &filler{fields: l.fields, hosts: flow.NewHosts(nil), names: flow.NewNames(), load: l.id}
	var sinks []*sender
	l.sent.Store(0)
	report, err := l.log.Read(ctx, flowlog.Pass{
		Workers: max(1, l.opt.Workers), Columns: flow.All, Hosts: f.hosts, Names: f.names,
		Sink: func() flowlog.Sink {
			s := &sender{load: l, filler: f, ctx: ctx, into: into, turn: len(sinks), acknowledged: acknowledged}
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
	var rows int64
	for _, in := range report.Inputs {
		rows += in.Rows
	}
	if sent := l.sent.Load(); sent != rows {
		return fmt.Errorf("%d of %d flows were sent", sent, rows)
	}
	return nil
}

// sender is one worker of a load: a flowlog.Sink.
type sender struct {
	*load
	*filler
	ctx          context.Context
	into         string
	turn         int // of the shard that gets the next block
	block        block
	acknowledged func(int64) error
}

// Begin implements flowlog.Sink.
func (s *sender) Begin(int) {}

// Batch implements flowlog.Sink.
func (s *sender) Batch(b *flow.Batch) error {
	s.block.add(b)
	if s.block.rows()+flow.BatchRows <= blockRows {
		return nil
	}
	return s.flush()
}

// flush sends what is gathered.
func (s *sender) flush() error {
	rows := int64(s.block.rows())
	if rows == 0 {
		return nil
	}
	shard := s.shards[s.turn%len(s.shards)]
	s.turn++
	if err := s.filler.send(s.ctx, shard, s.into, &s.block); err != nil {
		return err
	}
	s.block.reset()
	s.Engine.report(Progress{Doing: "loading", Rows: s.sent.Add(rows)})
	if s.acknowledged != nil {
		return s.acknowledged(rows)
	}
	return nil
}

// shards is an engine for a server of each shard of the cluster, or the engine
// itself where the URL names none.
func (e *Engine) shards(ctx context.Context) ([]*Engine, error) {
	if e.at.cluster == "" {
		return []*Engine{e}, nil
	}
	var shard uint32
	var port uint16
	var host string
	at := map[uint32]string{}
	ask := &statement{columns: []string{"shard_num", "host_address", "port"}, from: "system.clusters",
		where: "cluster = " + text(e.at.cluster), order: []string{"shard_num", "replica_num"}}
	err := e.rows(ctx, "looking up the cluster", ask, []any{&shard, &host, &port}, func() error {
		if _, ok := at[shard]; !ok {
			at[shard] = netJoin(host, port)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, &Error{Host: e.at.host, Err: fmt.Errorf("the server knows no cluster %q", e.at.cluster), hint: "SELECT DISTINCT cluster FROM system.clusters lists them"}
	}
	var shards []*Engine
	for num := uint32(0); len(shards) < len(at) && num < math.MaxUint16; num++ {
		host, ok := at[num]
		if !ok {
			continue
		}
		one := *e.at
		one.host, one.cluster = host, ""
		s, err := open(ctx, &one, e.opt)
		if err != nil {
			return shards, err
		}
		shards = append(shards, s)
	}
	return shards, nil
}

// prepare finds the table, or creates it, on every shard. own says that it is
// one that we made.
func (l *load) prepare(ctx context.Context) (own bool, err error) {
	for i, s := range l.shards {
		there, err := s.exists(ctx, s.at.table)
		if err != nil {
			return false, err
		}
		if !there {
			if err := s.create(ctx); err != nil {
				return false, err
			}
			l.report.Created = true
		}
		columns, err := s.columns(ctx)
		if err != nil {
			return false, err
		}
		fields, err := s.fields(ctx, columns)
		if err != nil {
			return false, err
		}
		if i > 0 && !slices.Equal(fields, l.fields) {
			return false, s.failed(ctx, "comparing the shards' tables", fmt.Errorf("%s.%s has other columns than on %s", s.at.database, s.at.table, l.shards[0].at.host))
		}
		l.fields = fields
	}
	engine, err := l.shards[0].engineOf(ctx, l.at.table)
	return err == nil && isMergeTree(engine) && slices.ContainsFunc(l.fields, func(f field) bool { return f.what == loadColumn }), err
}

// fields is the columns that a load fills, by the names of the table's.
func (e *Engine) fields(ctx context.Context, columns []column) ([]field, error) {
	var names []string
	var writable []column
	for _, c := range columns {
		if c.kind != "MATERIALIZED" && c.kind != "ALIAS" {
			names, writable = append(names, c.name), append(writable, c)
		}
	}
	found, err := flowlog.MatchNames(names, e.opt.Map)
	if err != nil {
		return nil, e.unread(err)
	}
	var fields []field
	for _, what := range flowlog.MapKeys() {
		at := found[what]
		if len(at) != 1 { // two columns for one value can't be filled
			continue
		}
		f := field{column: writable[at[0]], what: what}
		if what == "timestamp" {
			if isOurs(columns) {
				f.unit = ourUnit
			} else if f.unit, err = e.unitOf(ctx, f); err != nil {
				return nil, err
			}
		}
		if f.fillable() {
			fields = append(fields, f)
		}
	}
	for _, c := range writable {
		if c.name == loadColumn && c.typ == "UInt64" {
			fields = append(fields, field{column: c, what: loadColumn})
		}
	}
	return fields, nil
}

// unitOf is the unit of an integer column of times: that of the times in it, or
// where there are none what its name tells, seconds for 32 bits, else
// microseconds.
func (e *Engine) unitOf(ctx context.Context, f field) (int64, error) {
	typ, _ := bare(f.typ)
	if clock, ok := newClock(f.name, typ); !ok || clock.kind != epoch {
		return 0, nil
	}
	var v float64
	sample := &statement{columns: []string{call("toFloat64", ident(f.name))}, from: e.source(), where: ident(f.name) + " > 0", limit: 1, settings: e.settings()}
	err := e.rows(ctx, "looking at a time", sample, []any{&v}, func() error { return nil })
	switch n := normal(f.name); {
	case v > 0 || err != nil:
		return flowlog.EpochUnit(v), err
	case strings.HasSuffix(n, "ns"):
		return 1, nil
	case strings.HasSuffix(n, "ms"):
		return int64(time.Millisecond), nil
	case strings.HasSuffix(typ, "32"):
		return int64(time.Second), nil
	}
	return int64(time.Microsecond), nil
}
