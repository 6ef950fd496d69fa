package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
	"beacon/internal/trust"
)

// Options holds the settings of a connection.
type Options struct {
	Password string         // of the user, unless the URL names a password_file
	Progress func(Progress) // called with the progress of statements, never twice at once; may be nil
	TLS      trust.Files    // for connections with TLS
	Timeout  time.Duration  // a statement fails after this time without progress; 0 is DefaultTimeout
}

// Progress says how far a statement has come.
type Progress struct {
	Doing string // what the statement does
	Rows  int64  // read or loaded so far
	Total int64  // rows to read, as the server estimates; 0 if it doesn't
	Bytes int64  // read so far, uncompressed
}

// Conn is a connection to a server.
type Conn struct {
	At       *Location
	Driver   driver.Conn
	Release  schema.Version // of the server
	Sets     schema.Lookups // are sent to the server with the statements that name them
	Progress func(Progress) // see Options
	opt      Options
	profile  map[string]string // see Profile
	unsafe   []schema.Setting
	result   driver.Settings // see unlimitedResult
	numeric  bool            // see numericSettings
	mu       sync.Mutex      // of calls of Progress

	fixedSize atomic.Bool // the server refuses another max_query_size for this user
}

const (
	dialTimeout = 10 * time.Second
	readGrace   = 10 * time.Second // after Timeout, until the connection of a statement without progress is closed
	maxConns    = 16
)

// Dial connects to the server of a location.
func Dial(ctx context.Context, at *Location, opt Options) (*Conn, error) {
	options := &driver.Options{
		Addr:        []string{at.Host},
		Auth:        driver.Auth{Username: at.user, Password: at.password},
		Compression: &driver.Compression{Method: driver.CompressionLZ4},
		DialTimeout: min(dialTimeout, cmp.Or(opt.Timeout, DefaultTimeout)), ReadTimeout: cmp.Or(opt.Timeout, DefaultTimeout) + readGrace,
		MaxOpenConns: maxConns, MaxIdleConns: maxConns, BlockBufferSize: 1,
	}
	if !at.tls && opt.TLS.Certificate+opt.TLS.Key != "" {
		return nil, &Error{Host: at.Host, Doing: connecting, Err: errors.New("the URL's connection isn't encrypted, so that no client certificate can be shown"),
			Advice: "clickhouses:// and clickhouse+https:// are encrypted; or leave out --" + trust.FlagCertificate + " and --" + trust.FlagKey}
	}
	if at.tls {
		var err error
		name, _, _ := net.SplitHostPort(at.Host)
		if options.TLS, err = opt.TLS.Config(name); err != nil {
			return nil, err
		}
	}
	if at.http {
		options.Protocol, options.ReadTimeout = driver.HTTP, httpWait
		options.Settings = driver.Settings{"wait_end_of_query": 1} // so that no answer breaks off unnoticed
	} else {
		options.DialContext = dial(options.TLS, options.DialTimeout)
	}
	conn, err := driver.Open(options)
	c := &Conn{At: at, opt: opt, Progress: opt.Progress, Driver: conn}
	if err != nil {
		return nil, c.Failed(ctx, connecting, err)
	}
	if err := conn.Ping(ctx); err != nil {
		conn.Close()
		return nil, c.Failed(ctx, connecting, err)
	}
	server, err := conn.ServerVersion()
	if err != nil {
		conn.Close()
		return nil, c.Failed(ctx, connecting, err)
	}
	c.numeric = !at.http && server.Revision <= numericSettings
	c.Release = schema.Version{Major: int(server.Version.Major), Minor: int(server.Version.Minor)}
	if err := c.guard(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// Again opens another connection to the server at a location, with the same options.
func (c *Conn) Again(ctx context.Context, at *Location) (*Conn, error) { return Dial(ctx, at, c.opt) }

// Close closes the connections.
func (c *Conn) Close() error { return c.Driver.Close() }

// Rows runs a statement and calls take for each row of the answer, after scanning
// it into dest. Errors say doing, which is what the statement is for.
func (c *Conn) Rows(ctx context.Context, doing string, s *schema.Statement, dest []any, take func() error) error {
	at := Progress{Doing: doing}
	ctx, w := c.watch(ctx)
	defer w.stop()
	if s.Settings == nil && c.unsafe != nil {
		guarded := *s
		guarded.Settings = c.unsafe
		s = &guarded
	}
	sql := s.String()
	limit, err := c.raised(doing, len(sql))
	if err != nil {
		return err
	}
	beside := driver.Settings{}
	maps.Copy(beside, c.result)
	maps.Copy(beside, limit)
	options := []driver.QueryOption{driver.WithSettings(beside), driver.WithExternalTable(c.Sets.NamedIn(sql)...), driver.WithProgress(func(p *driver.Progress) {
		if p.Rows > 0 || p.Bytes > 0 {
			w.advance()
		}
		at.Rows += int64(p.Rows)
		at.Bytes += int64(p.Bytes)
		at.Total = max(at.Total+int64(p.TotalRows), at.Rows)
		c.Report(at)
	})}
	if c.At.http {
		named, stop := c.poll(ctx, w.advance, at.Doing)
		defer stop()
		options = append(options, named)
	}
	ctx = driver.Context(ctx, options...)
	rows, err := c.Driver.Query(ctx, sql)
	if limit != nil && isCode(err, codeConstraint) {
		c.fixedSize.Store(true) // so that limit is nil from now on
		return c.Rows(ctx, doing, s, dest, take)
	}
	if err != nil {
		return c.Failed(ctx, doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		w.advance()
		if err := rows.Scan(dest...); err != nil {
			return c.Failed(ctx, doing, err)
		}
		w.ours.Store(true)
		err := take()
		w.advance()
		w.ours.Store(false)
		if err != nil {
			return c.Failed(ctx, doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return c.Failed(ctx, doing, err)
	}
	return c.Failed(ctx, doing, ctx.Err())
}

// Row runs a statement whose answer has exactly one row.
func (c *Conn) Row(ctx context.Context, doing string, s *schema.Statement, dest ...any) error {
	n := 0
	err := c.Rows(ctx, doing, s, dest, func() error { n++; return nil })
	if err == nil && n != 1 {
		err = c.Failed(ctx, doing, fmt.Errorf("the server returned %d rows instead of one", n))
	}
	return err
}

// Exec runs a statement that has no answer.
func (c *Conn) Exec(ctx context.Context, doing string, parts ...string) error {
	return c.Failed(ctx, doing, c.Driver.Exec(ctx, strings.Join(parts, " ")))
}

// Report calls Progress, if it is set.
func (c *Conn) Report(p Progress) {
	if c.Progress == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Progress(p)
}
