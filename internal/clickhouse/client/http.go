package client

import (
	"context"
	"crypto/rand"
	"time"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
)

// By HTTP a server says nothing before the answer is whole: its table of running statements
// is looked at to see whether one makes progress.

const (
	httpPolls   = 4              // looks within Options.Timeout
	httpWait    = 24 * time.Hour // for an answer; a statement that makes no progress ends earlier
	httpLongest = 10 * time.Second
)

// poll tells the progress of a statement until stop is called. It returns what names the
// statement to the server.
func (c *Conn) poll(ctx context.Context, advance func(), doing string) (name driver.QueryOption, stop func()) {
	id := rand.Text()
	ctx, stop = context.WithCancel(ctx)
	ask := &schema.Statement{Columns: []string{"toUInt64(max(read_rows))", "toUInt64(max(read_bytes))"}, From: "system.processes",
		Where: "initial_query_id = " + schema.Text(id), Settings: c.unsafe}
	looks := time.NewTicker(min(c.timeout()/httpPolls, httpLongest))
	go func() {
		defer looks.Stop()
		var last uint64
		for {
			select {
			case <-ctx.Done():
				return
			case <-looks.C:
			}
			var rows, bytes uint64
			if c.Driver.QueryRow(ctx, ask.String()).Scan(&rows, &bytes) == nil && rows+bytes > last {
				last = rows + bytes
				advance()
				c.Report(Progress{Doing: doing, Rows: int64(rows), Bytes: int64(bytes)})
			}
		}
	}()
	return driver.WithQueryID(id), stop
}
