package client

import (
	"fmt"
	"strconv"

	driver "github.com/ClickHouse/clickhouse-go/v2"

	"beacon/internal/clickhouse/schema"
)

// defaultQuerySize is the max_query_size, in bytes, of a server that doesn't tell it:
// ClickHouse's default.
const defaultQuerySize = 256 << 10

// raisedQuerySize is the max_query_size of statements that the user's is too small for. The
// longest have a megabyte.
const raisedQuerySize = 1 << 30

// writtenOut is how many times as long a statement may become where a server hands it on to
// its shards with aliases written out. 26.7 makes up to 16 times of those for tables with
// names (EXPLAIN QUERY TREE dump_ast = 1), 18.16.1 hands them on as they are.
const writtenOut = 16

// unlimitedShards is the first version whose shards take statements of any length from
// another server (ClickHouse pull request 34078).
var unlimitedShards = schema.Version{Major: 22, Minor: 2}

// raised returns the settings beside a statement of so many bytes, nil where the user's
// max_query_size allows it. A SETTINGS clause in the statement would come too late, for it
// stands at the end of the text that the server refuses to read.
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
	case c.Profile(Readonly) != "1":
		return driver.Settings{querySize: raisedQuerySize}, nil
	case size <= limit:
		return nil, nil
	}
	return nil, &Error{Host: c.At.Host, Doing: doing, Err: fmt.Errorf("the statement has %d bytes, and the user's %s is %d", size, querySize, limit),
		Advice: "name fewer networks and domains, or connect as a user who may change settings"}
}
