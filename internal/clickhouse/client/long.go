package client

import (
	"fmt"
	"strconv"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
)

// defaultQuerySize is ClickHouse's default of max_query_size, in bytes. It is assumed where a
// server doesn't tell its own.
const defaultQuerySize = 256 << 10

// raisedQuerySize is the max_query_size, in bytes, of statements that the user's is too small
// for. The longest statements have a megabyte.
const raisedQuerySize = 1 << 30

// writtenOut is the largest factor by which a statement may grow when a server sends it to its
// shards with the aliases written out. Statements for tables with names grow up to 16 times on
// 26.7 (EXPLAIN QUERY TREE dump_ast = 1); 18.16.1 sends them unchanged.
const writtenOut = 16

// unlimitedShards is the first version whose shards take statements of any length from
// another server (ClickHouse pull request 34078).
var unlimitedShards = schema.Version{Major: 22, Minor: 2}

// raised returns the settings to send beside a statement of the given size in bytes, nil if the
// user's max_query_size allows it. A SETTINGS clause would come too late: it stands at the end of
// the text that the server refuses to read. If the user may not change it, raised returns an
// error for a statement that is too long.
func (c *Conn) raised(doing string, size int) (driver.Settings, error) {
	limit, err := strconv.Atoi(c.Profile(querySize))
	if err != nil {
		limit = defaultQuerySize
	}
	most := size
	if !c.Release.AtLeast(unlimitedShards.Major, unlimitedShards.Minor) {
		most *= writtenOut
	}
	switch {
	case limit == 0 || most <= limit:
		return nil, nil
	case c.Profile(Readonly) != "1" && !c.fixedSize.Load():
		return driver.Settings{querySize: raisedQuerySize}, nil
	case size <= limit:
		return nil, nil
	}
	return nil, &Error{Host: c.At.Host, Doing: doing, Err: fmt.Errorf("the statement has %d bytes, and the user's %s is %d", size, querySize, limit),
		Advice: "name fewer networks and domains, or connect as a user who may change settings"}
}
