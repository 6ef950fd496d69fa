package clickhouse

import (
	"context"
	"errors"
	"strings"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/client"
	"beacon/internal/clickhouse/schema"
	"beacon/internal/flowlog"
	"beacon/internal/flowlog/clocks"
)

// Options holds the settings of a connection to a table.
type Options struct {
	client.Options
	Map    map[string]string // canonical column (see flowlog.MapKeys) to the table's own name of it
	Where  string            // condition of the rows that count (see ParseWhere); "" is the default of the table
	Memory int64             // bytes that the client may take; 0 is 256 MiB
}

// Engine answers queries from a table of a server, and loads logs into it.
type Engine struct {
	*client.Conn
	opt   Options
	table *schema.Table    // once it was described
	spill []schema.Setting // of statements whose state may go to the server's disk; nil where the user can't set any
	most  []schema.Setting // that bound a count of addresses; nil likewise
	byDst bool             // the table is sorted by destination
}

// Open connects to the server of a URL (see client.URLForm). The columns of the table are
// read with the first query.
func Open(ctx context.Context, url string, opt Options) (*Engine, error) {
	at, err := client.Parse(url, opt.Password)
	if err != nil {
		return nil, err
	}
	conn, err := client.Dial(ctx, at, opt.Options)
	if err != nil {
		return nil, err
	}
	return newEngine(conn, opt), nil
}

func newEngine(conn *client.Conn, opt Options) *Engine {
	e := &Engine{Conn: conn, opt: opt}
	e.setSpill(conn.Profile)
	return e
}

// source returns the FROM clause of a statement about flows.
func (e *Engine) source() string {
	if e.At.Cluster != "" {
		return schema.Call("cluster", schema.Text(e.At.Cluster), schema.Ident(e.At.Database), schema.Ident(e.At.Table))
	}
	return schema.Ident(e.At.Database) + "." + schema.Ident(e.At.Table)
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
	stored, err := e.stored(ctx, e.At.Database, e.At.Table)
	if err != nil {
		return nil, err
	}
	if stored.final {
		from += " FINAL"
	}
	t, err := schema.NewTable(from, flat, e.opt.Map, e.Release)
	if err != nil {
		return nil, e.unread(err)
	}
	e.byDst = stored.key == strings.Trim(t.Dst.Key, "`")
	t.Final = from != e.source()
	e.Sets = schema.Lookups{Version: e.Release}
	t.Src.Sets, t.Dst.Sets = &e.Sets, &e.Sets
	if err := e.choose(ctx, t, columns); err != nil {
		return nil, err
	}
	switch {
	case t.Time.Kind == schema.Epoch && createdByLoad(columns):
		t.Time.Unit = createdUnit
	case t.Time.Numeric():
		sample := &schema.Statement{Columns: []string{schema.Call("toFloat64", t.Time.Column)}, From: t.From,
			Where: schema.All(t.Filter, t.Time.Column+" > 0", schema.Not(t.Other)), Limit: 1, Settings: e.Settings()}
		var v float64
		err := e.Rows(ctx, "looking at a time", sample, []any{&v}, func() error { return nil })
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
	unread := &client.Error{Host: e.At.Host, Doing: "reading the columns of " + e.At.Database + "." + e.At.Table, Err: err}
	var input *flowlog.InputError
	var own *client.Error
	switch {
	case errors.As(err, &input):
		unread.Err, unread.Advice = input.Err, input.Hint
	case errors.As(err, &own):
		unread.Err, unread.Advice = own.Err, own.Advice
	}
	return unread
}

// columns returns the table's columns in order.
func (e *Engine) columns(ctx context.Context) ([]schema.Column, error) {
	rows, err := e.Driver.Query(e.Guarded(ctx), "DESCRIBE TABLE "+e.source())
	doing := "describing " + e.At.Database + "." + e.At.Table
	var exception *driver.Exception
	if errors.As(err, &exception) && exception.Code == client.CodeUnknownTable {
		return nil, &client.Error{Host: e.At.Host, Doing: doing, Err: err, Advice: "name an existing table: " + client.URLForm}
	}
	if err != nil {
		return nil, e.Failed(ctx, doing, err)
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
			return nil, e.Failed(ctx, doing, err)
		}
		columns = append(columns, c)
	}
	return columns, e.Failed(ctx, doing, rows.Err())
}
