package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
	"beacon/internal/trust"
)

// Options holds the settings of a connection to a table.
type Options struct {
	Password string            // of the user, unless the URL names a password_file
	Map      map[string]string // canonical column (see flowlog.MapKeys) to the table's own name of it
	Progress func(Progress)    // if set, is told how far the server is; calls don't overlap
	TLS      trust.Files       // for connections with TLS
	Where    string            // condition of the rows that count (see ParseWhere); "" is the default of the table
	Timeout  time.Duration     // without progress, after which a statement fails; 0 is DefaultTimeout
}

// Progress says how far a statement has come.
type Progress struct {
	Doing string // what the statement does
	Rows  int64  // read or loaded so far
	Total int64  // rows to read as the server reckons, 0 where it doesn't
	Bytes int64  // read so far, uncompressed
}

// Engine answers queries from a table of a server, and loads logs into it.
type Engine struct {
	at      *location
	opt     Options
	conn    driver.Conn
	version schema.Version
	table   *schema.Table // once it was described
	unsafe  []schema.Setting
	spill   []schema.Setting // of statements whose state may go to the server's disk; nil where the user can't set any
	most    []schema.Setting // that bound a count of addresses; nil likewise
	byDst   bool             // the table is sorted by destination
	sets    schema.Lookups
	mu      sync.Mutex // of calls of opt.Progress
}

const (
	dialTimeout = 10 * time.Second
	readGrace   = 10 * time.Second // in which a statement that makes no progress is ended before its connection
	maxConns    = 16
)

// Open connects to the server of a URL (see URLForm). The columns of the table are
// read with the first query.
func Open(ctx context.Context, url string, opt Options) (*Engine, error) {
	at, err := parseURL(url, opt.Password)
	if err != nil {
		return nil, err
	}
	return open(ctx, at, opt)
}

func open(ctx context.Context, at *location, opt Options) (*Engine, error) {
	options := &driver.Options{
		Addr:        []string{at.host},
		Auth:        driver.Auth{Username: at.user, Password: at.password},
		Compression: &driver.Compression{Method: driver.CompressionLZ4},
		DialTimeout: dialTimeout, ReadTimeout: cmp.Or(opt.Timeout, DefaultTimeout) + readGrace,
		MaxOpenConns: maxConns, MaxIdleConns: maxConns,
	}
	if at.tls {
		var err error
		name, _, _ := net.SplitHostPort(at.host)
		if options.TLS, err = opt.TLS.Config(name); err != nil {
			return nil, err
		}
	}
	if at.http {
		options.Protocol, options.ReadTimeout = driver.HTTP, httpWait
		options.Settings = driver.Settings{"wait_end_of_query": 1} // so that no answer breaks off unnoticed
	} else {
		options.DialContext = dial(options.TLS)
	}
	conn, err := driver.Open(options)
	e := &Engine{at: at, opt: opt, conn: conn}
	if err != nil {
		return nil, e.failed(ctx, connecting, err)
	}
	if err := conn.Ping(ctx); err != nil {
		conn.Close()
		return nil, e.failed(ctx, connecting, err)
	}
	server, err := conn.ServerVersion()
	if err != nil {
		conn.Close()
		return nil, e.failed(ctx, connecting, err)
	}
	e.version = schema.Version{Major: int(server.Version.Major), Minor: int(server.Version.Minor)}
	if err := e.guard(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return e, nil
}

// Close closes the connections.
func (e *Engine) Close() error { return e.conn.Close() }

// source returns the FROM clause of a statement about flows.
func (e *Engine) source() string {
	if e.at.cluster != "" {
		return schema.Call("cluster", schema.Text(e.at.cluster), schema.Ident(e.at.database), schema.Ident(e.at.table))
	}
	return schema.Ident(e.at.database) + "." + schema.Ident(e.at.table)
}

// describe reads the table's columns. It asks the server only once.
func (e *Engine) describe(ctx context.Context) (*schema.Table, error) {
	if e.table != nil {
		return e.table, nil
	}
	columns, err := e.columns(ctx)
	if err != nil {
		return nil, err
	}
	flat, err := e.nested(ctx, columns)
	if err != nil {
		return nil, err
	}
	if err := e.readFiles(ctx); err != nil {
		return nil, err
	}
	from := e.source()
	stored, err := e.stored(ctx, e.at.database, e.at.table)
	if err != nil {
		return nil, err
	}
	if stored.final {
		from += " FINAL"
	}
	t, err := schema.NewTable(from, flat, e.opt.Map, e.version)
	if err != nil {
		return nil, e.unread(err)
	}
	e.byDst = stored.key == strings.Trim(t.Dst.Key, "`")
	t.Final = from != e.source()
	e.sets = schema.Lookups{Version: e.version}
	t.Src.Sets, t.Dst.Sets = &e.sets, &e.sets
	if err := e.choose(ctx, t, columns); err != nil {
		return nil, err
	}
	switch {
	case t.Time.Kind == schema.Epoch && createdByLoad(columns):
		t.Time.Unit = createdUnit
	case t.Time.Numeric():
		sample := &schema.Statement{Columns: []string{schema.Call("toFloat64", t.Time.Column)}, From: t.From,
			Where: schema.All(t.Filter, t.Time.Column+" > 0", schema.Not(t.Other)), Limit: 1, Settings: e.settings()}
		var v float64
		err := e.rows(ctx, "looking at a time", sample, []any{&v}, func() error { return nil })
		if err != nil {
			return nil, err
		}
		t.Time.Unit = clocks.EpochUnit(v)
	}
	e.table = t
	return t, nil
}

// unread returns an error that says that the table's columns can't be used.
func (e *Engine) unread(err error) error {
	unread := &Error{Host: e.at.host, Doing: "reading the columns of " + e.at.database + "." + e.at.table, Err: err}
	var input *flowlog.InputError
	var own *Error
	switch {
	case errors.As(err, &input):
		unread.Err, unread.hint = input.Err, input.Hint
	case errors.As(err, &own):
		unread.Err, unread.hint = own.Err, own.hint
	}
	return unread
}

// columns returns the table's columns in order.
func (e *Engine) columns(ctx context.Context) ([]schema.Column, error) {
	rows, err := e.conn.Query(ctx, "DESCRIBE TABLE "+e.source())
	doing := "describing " + e.at.database + "." + e.at.table
	if err != nil {
		return nil, e.failed(ctx, doing, err)
	}
	defer rows.Close()
	var columns []schema.Column
	for rows.Next() {
		var c schema.Column
		dest := make([]any, len(rows.Columns()))
		var rest string
		for i := range dest {
			dest[i] = &rest
		}
		dest[0], dest[1], dest[2] = &c.Name, &c.Typ, &c.Kind
		if err := rows.Scan(dest...); err != nil {
			return nil, e.failed(ctx, doing, err)
		}
		columns = append(columns, c)
	}
	return columns, e.failed(ctx, doing, rows.Err())
}

// rows runs a statement and calls take for each row of the answer, after scanning
// it into dest. doing says in errors what the statement is for.
func (e *Engine) rows(ctx context.Context, doing string, s *schema.Statement, dest []any, take func() error) error {
	at := Progress{Doing: doing}
	ctx, advance, stop := e.watch(ctx)
	defer stop()
	if s.Settings == nil && e.unsafe != nil {
		guarded := *s
		guarded.Settings = e.unsafe
		s = &guarded
	}
	sql := s.String()
	options := []driver.QueryOption{driver.WithExternalTable(e.sets.NamedIn(sql)...), driver.WithProgress(func(p *driver.Progress) {
		if p.Rows > 0 || p.Bytes > 0 {
			advance()
		}
		at.Rows += int64(p.Rows)
		at.Bytes += int64(p.Bytes)
		at.Total = max(at.Total+int64(p.TotalRows), at.Rows)
		e.report(at)
	})}
	if e.at.http {
		named, stop := e.poll(ctx, advance, at.Doing)
		defer stop()
		options = append(options, named)
	}
	ctx = driver.Context(ctx, options...)
	rows, err := e.conn.Query(ctx, sql)
	if err != nil {
		return e.failed(ctx, doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		advance()
		if err := rows.Scan(dest...); err != nil {
			return e.failed(ctx, doing, err)
		}
		if err := take(); err != nil {
			return e.failed(ctx, doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return e.failed(ctx, doing, err)
	}
	return e.failed(ctx, doing, ctx.Err())
}

// row runs a statement whose answer has exactly one row.
func (e *Engine) row(ctx context.Context, doing string, s *schema.Statement, dest ...any) error {
	n := 0
	err := e.rows(ctx, doing, s, dest, func() error { n++; return nil })
	if err == nil && n != 1 {
		err = e.failed(ctx, doing, fmt.Errorf("the server returned %d rows instead of one", n))
	}
	return err
}

// exec runs a statement that has no answer.
func (e *Engine) exec(ctx context.Context, doing string, parts ...string) error {
	return e.failed(ctx, doing, e.conn.Exec(ctx, strings.Join(parts, " ")))
}

func (e *Engine) report(p Progress) {
	if e.opt.Progress == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opt.Progress(p)
}
